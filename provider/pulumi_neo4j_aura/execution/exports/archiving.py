"""Stream a database into the vault: part after part, each finished for good before the next.

The rows of an earlier, killed run are read again, because the fingerprint needs them all, and are
not archived again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.execution.databases import Database
from pulumi_neo4j_aura.execution.ledger import Ledger
from pulumi_neo4j_aura.execution.progress import Progress
from pulumi_neo4j_aura.graph import reading
from pulumi_neo4j_aura.graph.fingerprint import Fingerprint
from pulumi_neo4j_aura.graph.fingerprint.beside import taking
from pulumi_neo4j_aura.graph.ids import IdSet
from pulumi_neo4j_aura.graph.reading import Batch, Batches
from pulumi_neo4j_aura.graph.schema import Schema
from pulumi_neo4j_aura.vault import archive
from pulumi_neo4j_aura.vault.manifest import Part
from pulumi_neo4j_aura.vault.store import Store

NODES, RELATIONSHIPS, SCHEMA = "nodes", "relationships", "schema"

Observe = Callable[[Batch], object]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parts go; encrypted for `recipients`, if there are any."""

    store: Store
    folder: str
    export_id: str
    recipients: tuple[str, ...]
    part_bytes: int


@dataclass(frozen=True, slots=True)
class Archived:
    """What is in the vault now; nothing counts before the manifest says so."""

    parts: tuple[Part, ...]
    schema: Schema
    fingerprint: Fingerprint


def archive_database(
    database: Database, place: Place, ledger: Ledger, progress: Progress
) -> Archived:
    """Archive schema, nodes and relationships, and take the fingerprint on the way.

    Raises:
        AuraError: the database or the vault did not hold; finished parts are in the ledger.
    """
    found, totals = database.schema(), database.totals()
    run = _Run(place, ledger, progress)
    with taking(totals.nodes + totals.relationships) as prints:
        progress.stage("nodes", totals.nodes)
        nodes = run.archive(
            NODES, lambda seen: reading.nodes(database.connect, seen), prints.add_nodes
        )
        progress.stage("relationships", totals.relationships)
        relationships = run.archive(
            RELATIONSHIPS,
            lambda seen: reading.relationships(database.connect, seen),
            prints.add_relationships,
        )
        fingerprint = prints.finish(found.statements())
    statements = run.archive_schema(found)
    return Archived((*statements, *nodes, *relationships), found, fingerprint)


@dataclass(frozen=True, slots=True)
class _Run:
    place: Place
    ledger: Ledger
    progress: Progress

    def archive(
        self, kind: str, read: Callable[[IdSet], Batches], observe: Observe
    ) -> tuple[Part, ...]:
        """All records of one kind, in parts; those of an earlier run first.

        Args:
            kind: of the records.
            read: gives the records in batches; the ids of one are in the set when it is handed
                over, and none of a later one.
            observe: sees every record, those of an earlier run as well.
        """
        done = [each for each in self.ledger.done() if each.part.kind == kind]
        archived = IdSet()
        for each in done:
            archived.merge(IdSet.from_bytes(each.ids))
        parts = [each.part for each in done]
        seen, before = IdSet(), IdSet()
        fresh = self._unarchived(read(seen), archived, observe)
        while (made := self._write(kind, len(parts), fresh)) is not None:
            # What was handed over since the last part is in this one, or was in an earlier run's:
            # a part ends with a batch.
            self.ledger.add(made, seen.without(before).to_bytes())
            before = seen.copy()
            parts.append(made)
        return tuple(parts)

    def archive_schema(self, found: Schema) -> tuple[Part, ...]:
        """The statements, each a record of one text; no part when there are none."""
        part = self._write(SCHEMA, 0, ([packstream.encode([each])] for each in found.statements()))
        return () if part is None else (part,)

    def _unarchived(self, batches: Batches, archived: IdSet, observe: Observe) -> Iterator[Batch]:
        """What is to be written; everything is observed."""
        for batch in observed(batches, observe, self.progress):
            if archived:
                ids = zip(batch, reading.ids_of(batch), strict=True)
                if left := [each for each, number in ids if number not in archived]:
                    yield left
            else:
                yield batch

    def _write(self, kind: str, number: int, batches: Iterator[Batch]) -> Part | None:
        place = self.place
        return archive.write_part(
            place.store,
            place.folder,
            kind,
            number,
            batches,
            export_id=place.export_id,
            recipients=place.recipients,
            max_plain_bytes=place.part_bytes,
        )


def observed(batches: Iterator[Batch], observe: Observe, progress: Progress) -> Iterator[Batch]:
    """The batches, of which two others are told."""
    for batch in batches:
        observe(batch)
        progress.advance(len(batch), sum(map(len, batch)))
        yield batch
