"""The fingerprint of a graph whose rows come one after the other, in one process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pulumi_neo4j_aura.graph.fingerprint import refinement
from pulumi_neo4j_aura.graph.fingerprint.result import ROUNDS, Fingerprint, fingerprint
from pulumi_neo4j_aura.graph.fingerprint.rows import Nodes, Relationships
from pulumi_neo4j_aura.graph.fingerprint.slots import Slots


class Fingerprinter:
    """Takes in all nodes, then all relationships, and says what they come down to.

    A context manager: its temporary files have no names, and are gone when the block or the
    process ends, however it does. Memory stays the same whatever comes; on disk are 32 bytes a node
    and, with more than one round, 32 a relationship.
    """

    def __init__(self, *, rounds: int = ROUNDS, folder: Path | None = None) -> None:
        """Begin.

        Args:
            rounds: of neighbourhood refinement, 0 or more. Fingerprints of different rounds are
                not comparable.
            folder: where temporary files are made; None: where the system has them.
        """
        if rounds < 0:
            raise ValueError(f"{rounds} rounds: there cannot be fewer than none")
        self._rounds = rounds
        self._folder = folder
        self._colours = Slots.unnamed(folder)
        self._nodes = Nodes(self._colours.put)
        self._sums: Slots | None = None
        self._spool: IO[bytes] | None = None
        self._relationships: Relationships | None = None

    def add_nodes(self, records: Iterable[bytes]) -> int:
        """Take in nodes; says how many came.

        Raises:
            Permanent: a row is no node, or its id came before; or there is no room on disk.
            ValueError: relationships have come already.
        """
        if self._relationships is not None:
            raise ValueError("nodes come before relationships")
        return self._nodes.add(records)

    def add_relationships(self, records: Iterable[bytes]) -> int:
        """Take in relationships; says how many came. All nodes must have come.

        Raises:
            Permanent: a row is no relationship; or there is no room on disk.
        """
        return self._second_phase().add(records)

    def finish(self, schema_statements: Iterable[str]) -> Fingerprint:
        """What all rows come down to; nothing can be added afterwards.

        Args:
            schema_statements: what makes the constraints and indexes, in any order.
        """
        relationships = self._second_phase().take()
        result = fingerprint(
            self._rounds, self._nodes.take(), relationships, self._near(), schema_statements
        )
        self.close()
        return result

    def close(self) -> None:
        """Remove everything; twice is no error."""
        if self._relationships is not None:
            self._relationships.close()
        for each in (self._colours, self._sums, self._spool):
            if each is not None:
                each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _second_phase(self) -> Relationships:
        if self._relationships is None:
            if self._rounds > 0:
                self._sums = Slots.unnamed(self._folder)
                self._sums.reserve(self._colours.chunks)
            if self._rounds > 1:
                self._spool = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - see close
            self._relationships = Relationships(self._colours, self._sums, self._spool)
        return self._relationships

    def _near(self) -> int:
        """The sum over all nodes after the last round."""
        if self._sums is None:
            return 0
        sums, colours = self._sums, self._colours
        for _ in range(self._rounds - 1):
            refinement.recolour(colours, (sums,), colours.chunks)
            sums.clear()
            if self._spool is not None:
                refinement.connect(self._spool, colours, sums)
        return refinement.total(colours, (sums,), colours.chunks)
