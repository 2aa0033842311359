"""Write an export into an empty instance, and prove that it is the same graph."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.domain.tier import TIERS
from pulumi_neo4j_aura.errors import OperationFailed, Refused
from pulumi_neo4j_aura.execution.databases import Database
from pulumi_neo4j_aura.execution.exports.archiving import NODES, RELATIONSHIPS, observed
from pulumi_neo4j_aura.execution.exports.contents import (
    recorded_fingerprint,
    rows_of,
    schema_of,
)
from pulumi_neo4j_aura.execution.progress import Progress
from pulumi_neo4j_aura.graph import reading, schema
from pulumi_neo4j_aura.graph.fingerprint import Fingerprint
from pulumi_neo4j_aura.graph.fingerprint.beside import taking
from pulumi_neo4j_aura.graph.ids import IdSet
from pulumi_neo4j_aura.graph.reading import Totals
from pulumi_neo4j_aura.graph.writing import Kind, Limits, Writer
from pulumi_neo4j_aura.vault import archive
from pulumi_neo4j_aura.vault.encryption import Identities
from pulumi_neo4j_aura.vault.manifest import FILE, Manifest
from pulumi_neo4j_aura.vault.store import Store


@dataclass(frozen=True, slots=True)
class Job:
    """One import: which export, into which database, and where its journal lies.

    `state_folder` is of this import alone; with it an import that was killed goes on.
    """

    store: Store
    manifest: Manifest
    identities: Identities
    database: Database
    instance_type: str
    state_folder: Path
    allow_existing: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What is in the database now. `proven`: its fingerprint is the export's."""

    nodes: int
    relationships: int
    proven: bool
    remark: str = ""


def objection(manifest: Manifest, instance_type: str) -> str | None:
    """Why an instance of this type can never hold the export, or None."""
    if manifest.method == FILE:
        return f"export {manifest.export_id} is an adopted file, which cannot be written over Bolt"
    limits, totals = _limits(instance_type), _totals(manifest)
    for what, has, most in (
        ("nodes", totals.nodes, limits.max_nodes),
        ("relationships", totals.relationships, limits.max_relationships),
    ):
        if most is not None and has > most:
            return (
                f"export {manifest.export_id} has {has:,} {what} and {instance_type} holds {most:,}"
            )
    return None


def _limits(instance_type: str) -> Limits:
    """Of a type that is not known: none."""
    found = TIERS.get(instance_type)
    return Limits(found.most_nodes, found.most_relationships) if found else Limits()


def import_export(
    job: Job, clock: Clock, progress: Progress, report: Callable[[str], None]
) -> Imported:
    """Bring every row into the database, then the schema, then compare fingerprints.

    Nothing is written before every object of the export was read and found whole.

    Raises:
        Refused: the database is not empty, is too small, or the export is a file.
        Damaged: the export is not what its manifest says.
        OperationFailed: the fingerprints differ: the database is not a faithful copy.
        AuraError: it cannot go on now; the same call goes on later.
    """
    _require_rows(job.manifest)
    _read_whole(job, progress)
    with Writer(
        job.database.connect,
        job.state_folder,
        export_id=job.manifest.export_id,
        allow_existing=job.allow_existing,
        observe=progress.advance,
        sleep=clock.sleep,
    ) as writer:
        writer.check_target(_totals(job.manifest), _limits(job.instance_type))
        _write(job, writer, progress)
    progress.stage("constraints and indexes")
    with job.database.session() as session:
        made = schema.create(session, schema_of(job.manifest), clock=clock, report=report)
    made.require_whole()
    return prove(job, progress)


def _require_rows(manifest: Manifest) -> None:
    if manifest.method == FILE:
        raise Refused(
            f"Export {manifest.export_id} is a file that was adopted; it holds no rows that could "
            "be written over Bolt.",
            way_out="Upload the file in the Aura Console, or load it with neo4j-admin.",
        )


def _totals(manifest: Manifest) -> Totals:
    def rows(kind: str) -> int:
        return sum(part.rows for part in manifest.of_kind(kind))

    return Totals(rows(NODES), rows(RELATIONSHIPS))


def _read_whole(job: Job, progress: Progress) -> None:
    """Half an export in a database is worse than none: damage shows before the first row."""
    progress.stage("checking the export")
    for part in job.manifest.parts:
        archive.check_part(job.store, part)
        progress.advance(part.rows, part.stored_bytes)


def _write(job: Job, writer: Writer, progress: Progress) -> None:
    totals = _totals(job.manifest)
    progress.stage("nodes", totals.nodes)
    for part in job.manifest.of_kind(NODES):
        if not writer.done(Kind.NODES, part.number):
            rows = rows_of(job.store, job.manifest, part, job.identities)
            writer.write_nodes(part.number, rows)
    progress.stage("relationships", totals.relationships)
    for part in job.manifest.of_kind(RELATIONSHIPS):
        if not writer.done(Kind.RELATIONSHIPS, part.number):
            rows = rows_of(job.store, job.manifest, part, job.identities)
            writer.write_relationships(part.number, rows)


def prove(job: Job, progress: Progress) -> Imported:
    """Compare what is in the database with the export, by their fingerprints.

    Raises:
        OperationFailed: they differ: the database is not a faithful copy.
    """
    totals = _totals(job.manifest)
    if job.allow_existing:
        remark = "other data was there, so the fingerprints cannot be compared"
        return Imported(totals.nodes, totals.relationships, proven=False, remark=remark)
    recorded = recorded_fingerprint(job.manifest)
    found = live_fingerprint(job.database, progress)
    if not recorded.comparable(found):
        remark = "the export's fingerprint was made in another way than this version makes one"
        return Imported(totals.nodes, totals.relationships, proven=False, remark=remark)
    differences = recorded.differences(found)
    if differences:
        raise OperationFailed(
            f"The database is not a faithful copy of export {job.manifest.export_id}: "
            f"{'; '.join(differences)}.",
            way_out="Do not use it. Was it written to meanwhile? Empty it and import again.",
        )
    return Imported(totals.nodes, totals.relationships, proven=True)


def live_fingerprint(database: Database, progress: Progress) -> Fingerprint:
    """The fingerprint of what a database holds now; exact while nobody writes to it."""
    found, totals = database.schema(), database.totals()
    with taking(totals.nodes + totals.relationships) as prints:
        progress.stage("comparing nodes", totals.nodes)
        deque(observed(reading.nodes(database.connect, IdSet()), prints.add_nodes, progress), 0)
        progress.stage("comparing relationships", totals.relationships)
        found_between = reading.relationships(database.connect, IdSet())
        deque(observed(found_between, prints.add_relationships, progress), 0)
        return prints.finish(found.statements())
