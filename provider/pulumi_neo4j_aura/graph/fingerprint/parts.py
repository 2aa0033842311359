"""The fingerprint of a graph whose rows lie in parts, in as many processes as there are cores.

This process keeps the colours; the others read parts, each into files of its own below one folder,
which this process removes. Between the phases everybody waits: a relationship needs the colours of
both its ends. The result is that of a `Fingerprinter`, bit by bit.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Final, Self, TypeVar

from pulumi_neo4j_aura.graph.fingerprint import desk
from pulumi_neo4j_aura.graph.fingerprint.desk import Desk, Source
from pulumi_neo4j_aura.graph.fingerprint.fingerprinter import Fingerprinter
from pulumi_neo4j_aura.graph.fingerprint.result import ROUNDS, Fingerprint, fingerprint
from pulumi_neo4j_aura.graph.fingerprint.rows import Partial
from pulumi_neo4j_aura.graph.fingerprint.slots import Slots

#: Told after each part: `nodes` or `relationships`, and how many rows the part had.
Report = Callable[[str, int], None]

#: Pieces for each process, so that one that is slow does not keep all others waiting.
_PIECES: Final = 4

_Result = TypeVar("_Result")


def _say_nothing(what: str, rows: int) -> None:
    del what, rows


def of_parts(
    nodes: Sequence[Source],
    relationships: Sequence[Source],
    schema_statements: Iterable[str],
    *,
    rounds: int = ROUNDS,
    processes: int = 1,
    folder: Path | None = None,
    report: Report = _say_nothing,
) -> Fingerprint:
    """The fingerprint of what all parts hold together.

    Args:
        nodes: each gives the rows of one part when it is called. With several processes they must
            be picklable: functions of a module, or instances of its classes.
        relationships: the same.
        schema_statements: what makes the constraints and indexes, in any order.
        rounds: of neighbourhood refinement.
        processes: how many read; 1 reads here and starts none.
        folder: where temporary files are made; None: where the system has them.
        report: told after each part.

    Raises:
        Permanent: a row cannot be read, a node came twice, or there is no room on disk.
    """
    if processes <= 1:
        with Fingerprinter(rounds=rounds, folder=folder) as one:
            for source in nodes:
                report("nodes", one.add_nodes(source()))
            for source in relationships:
                report("relationships", one.add_relationships(source()))
            return one.finish(schema_statements)
    with (
        tempfile.TemporaryDirectory(prefix="aura-fingerprint-", dir=folder) as made,
        _Crew(Desk(Path(made), rounds), processes, report) as crew,
    ):
        of_nodes = crew.take_in_nodes(nodes)
        of_relationships = crew.take_in_relationships(relationships)
        near = crew.look_around()
        return fingerprint(rounds, of_nodes, of_relationships, near, schema_statements)


class _Crew:
    """The processes, and what this one keeps for them."""

    def __init__(self, place: Desk, processes: int, report: Report) -> None:
        # Not forked: this process may have threads, and a lock that one of them holds would be
        # held for ever in a copy.
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(processes, mp_context=spawn)
        self._pieces = _PIECES * processes
        self._place = place
        self._report = report
        self._colours = Slots.at(place.colours)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._colours.close()

    def take_in_nodes(self, sources: Sequence[Source]) -> Partial:
        """Every part read by some process; here the colours are put where all see them."""
        everything = Partial()
        begun = [
            self._pool.submit(desk.read_nodes, self._place, number, source)
            for number, source in enumerate(sources)
        ]
        for partial, file in _as_they_come(begun):
            everything.merge(partial)
            for node, colour in desk.coloured(file):
                self._colours.put(node, colour)
            file.unlink()
            self._report("nodes", partial.rows)
        return everything

    def take_in_relationships(self, sources: Sequence[Source]) -> Partial:
        """Every part read by some process, which adds up in a file of its own."""
        everything = Partial()
        chunks = sorted(self._colours.chunks)
        begun = [
            self._pool.submit(desk.read_relationships, self._place, chunks, source)
            for source in sources
        ]
        for partial in _as_they_come(begun):
            everything.merge(partial)
            self._report("relationships", partial.rows)
        return everything

    def look_around(self) -> int:
        """The sum over all nodes after the last round."""
        place, chunks = self._place, sorted(self._colours.chunks)
        if place.rounds == 0:
            return 0
        for number in range(1, place.rounds):
            self._each_piece(chunks, desk.recolour, number - 1)
            begun = [
                self._pool.submit(desk.connect, place, number, spool, chunks)
                for spool in place.spools()
            ]
            for _ in _as_they_come(begun):
                pass
            for old in place.sums(number - 1):
                old.unlink()
        return sum(self._each_piece(chunks, desk.total, place.rounds - 1))

    def _each_piece(
        self,
        chunks: Sequence[int],
        work: Callable[[Desk, int, Sequence[int]], _Result],
        number: int,
    ) -> list[_Result]:
        pieces = [chunks[first :: self._pieces] for first in range(self._pieces)]
        begun = [self._pool.submit(work, self._place, number, piece) for piece in pieces if piece]
        return list(_as_they_come(begun))


def _as_they_come(begun: Sequence[Future[_Result]]) -> Iterator[_Result]:
    """Each result; the first failure is raised and what has not begun is left."""
    with contextlib.ExitStack() as at_the_end:
        for future in begun:
            at_the_end.callback(future.cancel)
        for future in as_completed(begun):
            yield future.result()
