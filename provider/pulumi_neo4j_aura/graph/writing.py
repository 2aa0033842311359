"""The bulk import of an export into an empty database: each row exactly once, whatever dies.

Rows stay the bytes that they were in the export. Nodes first: each batch is created by one query
with its labels in the text and returns the ids that the nodes got. Then relationships, by these
ids. So nothing of ours, no label and no property, is ever in the user's graph.

What was done is in a journal in a folder of the caller's; with that folder an import that was
killed at any moment goes on where it stopped (`write_journal.py`, `doubts.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.graph import batches
from pulumi_neo4j_aura.graph.batches import Batch, Grouping, Kind, Row, Sizes
from pulumi_neo4j_aura.graph.delivery import CONNECTIONS, Delivery
from pulumi_neo4j_aura.graph.doubts import Doubts
from pulumi_neo4j_aura.graph.patience import Patience
from pulumi_neo4j_aura.graph.reading import Totals
from pulumi_neo4j_aura.graph.target import Connect, Target
from pulumi_neo4j_aura.graph.write_journal import Header, Journal

__all__ = ["Kind", "Limits", "Sizes", "Writer"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that the target's tier holds; None where there is no such limit."""

    max_nodes: int | None = None
    max_relationships: int | None = None


NO_LIMITS = Limits()
_AS_MEASURED = Sizes()

#: How many rows that are there already are reported at once.
_OBSERVED_ROWS = 5_000


def _ignore(_rows: int, _plain_bytes: int) -> None:
    """Nobody wants to see the progress."""


class Writer:
    """One import of one export into one database, as a context manager.

    Call `check_target` first, then `write_nodes` for every part of nodes, then
    `write_relationships`. After a failure, do the same again with another writer on the same
    folder, from the beginning or with only the parts that are not `done`.

    Args:
        connect: opens a connection to the target.
        state_folder: where the journal is kept; of this import alone. May be removed when the
            import is complete.
        export_id: which export this is; a journal of another one is refused.
        allow_existing: import beside nodes that are there. A batch of nodes whose answer was lost
            is then never deleted, because it cannot be told from them: such an import may end
            Refused.
        observe: called with rows and their bytes in the export when they are in the target, also
            for rows that were there before; not for parts that were done, which are not read.
        sizes: of transactions.
        sleep: waits.
    """

    def __init__(
        self,
        connect: Connect,
        state_folder: Path,
        *,
        export_id: str,
        allow_existing: bool = False,
        observe: Callable[[int, int], None] = _ignore,
        sizes: Sizes = _AS_MEASURED,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._export_id = export_id
        self._allow_existing = allow_existing
        self._observe = observe
        self._sizes = sizes
        self._patience = Patience(sleep)
        self._sleep = sleep
        self._targets = [Target(connect) for _ in range(max(CONNECTIONS.values()))]
        self._target = self._targets[0]
        self._journal = Journal(state_folder)
        self._doubts = Doubts(self._journal, self._target, sleep)
        self._deliveries = {kind: self._delivery(kind) for kind in Kind}
        self._checked = False

    def close(self) -> None:
        """Let go of the connections and the journal."""
        for target in self._targets:
            target.close()
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def check_target(self, expected: Totals, limits: Limits = NO_LIMITS) -> None:
        """See that the target can take the export, or go on with it; nothing is written to it.

        Only nodes of our own that a crash left behind are deleted here.

        Raises:
            Refused: the target is not empty and that is not allowed; the export is too large for
                its tier; the journal belongs to another export or database; or the target does not
                hold what the journal says.
            Transient: the target cannot be asked now.
        """
        database = self._patience.ask(self._target.identity)
        found = self._patience.ask(self._target.totals)
        header = self._journal.header
        if header is None:
            self._require_empty(found)
            header = self._new_header(database, found)
            _require_room(header, expected, limits)
            self._journal.begin(header)
        else:
            self._require_ours(header, database)
            _require_room(header, expected, limits)
            self._patience.ask(self._doubts.settle)
        self._require_expected()
        self._checked = True

    def done(self, kind: Kind, part: int) -> bool:
        """Whether all rows of a part are in the target."""
        return self._journal.finished(kind, part)

    def write_nodes(self, part: int, records: Iterable[bytes]) -> None:
        """Bring the nodes of a part into the target; those that are there already are passed by.

        Raises:
            Refused: somebody else changes the target, or the journal cannot be written.
            Transient: the target cannot be reached, or has no memory even for small batches.
            Permanent: the export or a constraint of the target does not allow it.
        """
        self._write(Kind.NODES, part, batches.node_rows(records))

    def write_relationships(self, part: int, records: Iterable[bytes]) -> None:
        """Bring the relationships of a part into the target, after all nodes.

        Raises:
            Refused, Transient, Permanent: as `write_nodes`.
        """
        rows = batches.relationship_rows(records, self._journal.ids)
        self._write(Kind.RELATIONSHIPS, part, rows)

    def _write(self, kind: Kind, part: int, rows: Iterable[Row]) -> None:
        if not self._checked:
            raise RuntimeError("check_target comes before anything is written")
        if self.done(kind, part):
            return
        self._patience.ask(self._doubts.settle)
        missing = self._missing(kind, part, rows)
        self._deliveries[kind].deliver(part, Grouping(kind, self._sizes).batches(missing))
        self._require_expected()
        self._journal.finish(kind, part)

    def _delivery(self, kind: Kind) -> Delivery:
        targets = self._targets[: CONNECTIONS[kind]]
        return Delivery(self._journal, self._doubts, targets, self._applied, self._sleep)

    def _missing(self, kind: Kind, part: int, rows: Iterable[Row]) -> Iterator[Row]:
        """Those rows that are not in the target."""
        if kind is Kind.RELATIONSHIPS and not self._journal.begun(kind, part):
            yield from rows
            return
        passed = plain_bytes = 0
        for row in rows:
            if self._is_there(kind, part, row.id):
                passed, plain_bytes = passed + 1, plain_bytes + row.plain_bytes
            else:
                yield row
            if passed == _OBSERVED_ROWS:
                self._observe(passed, plain_bytes)
                passed = plain_bytes = 0
        if passed:
            self._observe(passed, plain_bytes)

    def _is_there(self, kind: Kind, part: int, old: int) -> bool:
        if kind is Kind.NODES:
            return old in self._journal.ids
        return self._journal.has_relationship(part, old)

    def _applied(self, batch: Batch) -> None:
        self._observe(len(batch.rows), batch.plain_bytes)

    def _new_header(self, database: str, found: Totals) -> Header:
        beside = self._allow_existing
        return Header(self._export_id, database, found.nodes, found.relationships, beside)

    def _require_empty(self, found: Totals) -> None:
        if found != Totals(0, 0) and not self._allow_existing:
            raise Refused(
                f"The target is not empty: it holds {found.nodes} nodes and "
                f"{found.relationships} relationships.",
                way_out="Import into an empty instance, or allow existing data.",
            )

    def _require_ours(self, header: Header, database: str) -> None:
        for what, known, given in (
            ("export", header.export, self._export_id),
            ("database", header.database, database),
        ):
            if known != given:
                raise Refused(
                    f"The journal {self._journal.path} belongs to {what} {known}, and this is "
                    f"{given}.",
                    way_out="Use another folder, or remove this one if that import is given up.",
                )

    def _require_expected(self) -> None:
        found, expected = self._patience.ask(self._target.totals), self._journal.expected
        if found != expected:
            raise Refused(
                f"The target holds {found.nodes} nodes and {found.relationships} relationships. By "
                f"the journal {self._journal.path} it must hold {expected.nodes} and "
                f"{expected.relationships}: somebody else changes it. Nothing was deleted.",
                way_out="Keep others out, empty the target, remove the journal and import anew.",
            )


def _require_room(header: Header, expected: Totals, limits: Limits) -> None:
    for kind, before, more, most in (
        (Kind.NODES, header.nodes, expected.nodes, limits.max_nodes),
        (Kind.RELATIONSHIPS, header.relationships, expected.relationships,
         limits.max_relationships),
    ):  # fmt: skip
        if most is not None and before + more > most:
            beside = f" beside {before} that are there" if before else ""
            raise Refused(
                f"The export has {more} {kind}{beside}; the target's tier holds {most}.",
                way_out="Choose a larger tier.",
            )
