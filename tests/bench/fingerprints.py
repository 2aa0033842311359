"""What a fingerprint costs: processor time a row, one process and two, and memory a node.

Rows are made beforehand and lie in memory, as PackStream: nothing but the fingerprint is measured.
Processor time of one process is what "on a core" means, and moves little when others are at work;
the gain of two processes is wall time and moves a lot. Two graphs: rows with eleven properties of
many types and a little on each relationship, and fat rows (a text of a kilobyte, an embedding).
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.figures import Figure
from pulumi_neo4j_aura.domain.packstream import Structure, encode
from pulumi_neo4j_aura.graph.fingerprint import ROUNDS, Fingerprinter, of_parts

NAME = "fingerprints"

NODES, RELATIONSHIPS = 50_000, 150_000
FAT_NODES, FAT_RELATIONSHIPS = 10_000, 30_000
MANY = 500_000
ROUNDS_OF_MEASURING = 3
PARTS = 4

_KINDS: Final = ("nodes", "relationships")
#: 50,000 rows a second on a core.
_MICROSECONDS: Final = 20.0
_BYTES_A_NODE: Final = 32.0

Rows = list[bytes]


def measure() -> Iterator[Figure]:
    """Both graphs, more and fewer rounds of refinement, two processes, memory."""
    usual = _usual(random.Random(1))
    yield from (_a_row("many types", usual, rounds) for rounds in range(4))
    yield _a_row("fat rows", _fat(random.Random(2)), ROUNDS)
    yield from _two_processes(usual)
    yield from _memory()


# --- rows -----------------------------------------------------------------------------------------


def _usual(chance: random.Random) -> tuple[Rows, Rows]:
    nodes = [encode([number, *_person(number, chance)]) for number in range(NODES)]
    between = (
        (chance.randrange(NODES), chance.randrange(NODES), *_between(number, chance))
        for number in range(RELATIONSHIPS)
    )
    return nodes, [encode([number, *each]) for number, each in enumerate(between)]


def _person(number: int, chance: random.Random) -> tuple[list[str], dict[str, Any]]:
    labels = ["Person", "Employee"] if number % 6 == 0 else ["Person"]
    return labels, {
        "id": number,
        "name": f"Name {number} Ærø 日本",
        "age": chance.randint(0, 99),
        "score": chance.random(),
        "active": number % 2 == 0,
        "tags": ["a", "b", str(number % 7)],
        "born": Structure(0x44, (18_000 + number % 999,)),
        "seen": Structure(0x69, (1_600_000_000 + number, 123_456_789, "Europe/Copenhagen")),
        "changed": Structure(0x64, (1_500_000_000 + number, 0)),
        "place": Structure(0x58, (4326, chance.random(), chance.random())),
        "lasts": Structure(0x45, (number % 14, number % 40, number, 7)),
    }


def _between(number: int, chance: random.Random) -> tuple[str, dict[str, Any]]:
    match number % 3:
        case 0:
            return "KNOWS", {"number": number, "weight": chance.random()}
        case 1:
            return "WORKS_WITH", {"since": number, "role": "dev" if number % 2 else "ops"}
        case _:
            return "LIVES_NEAR", {}


def _fat(chance: random.Random) -> tuple[Rows, Rows]:
    nodes = [
        encode(
            [
                number,
                ["Chunk"],
                {
                    "text": chance.randbytes(500).hex(),
                    "embedding": [chance.random() for _ in range(768)],
                },
            ]
        )
        for number in range(FAT_NODES)
    ]
    edges = [
        encode([number, chance.randrange(FAT_NODES), chance.randrange(FAT_NODES), "NEXT", {}])
        for number in range(FAT_RELATIONSHIPS)
    ]
    return nodes, edges


# --- time -----------------------------------------------------------------------------------------


def _a_row(what: str, graph: tuple[Rows, Rows], rounds: int) -> Figure:
    seconds = statistics.median(_own_seconds(graph, rounds) for _ in range(ROUNDS_OF_MEASURING))
    rows = sum(map(len, graph))
    size = sum(len(row) for part in graph for row in part)
    note = f"{rows / seconds / 1000:.0f} k rows, {size / seconds / 1e6:.0f} MB a second on a core"
    default = " (default)" if rounds == ROUNDS else ""
    label = f"{what}, {rounds} rounds{default}: processor time a row"
    return Figure(NAME, label, seconds / rows * 1e6, " us", _MICROSECONDS, note=note)


def _own_seconds(graph: tuple[Rows, Rows], rounds: int) -> float:
    began = time.process_time()
    with Fingerprinter(rounds=rounds) as one:
        one.add_nodes(graph[0])
        one.add_relationships(graph[1])
        one.finish(())
    return time.process_time() - began


@dataclass(frozen=True)
class Part:
    """Rows in a file: what another process is told."""

    path: Path

    def __call__(self) -> Iterable[bytes]:
        rows: Rows = pickle.loads(self.path.read_bytes())  # we wrote it
        return rows


def _two_processes(graph: tuple[Rows, Rows]) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-fingerprints-") as folder:
        _store(Path(folder), graph)
        taken: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
        for _ in range(ROUNDS_OF_MEASURING):
            for processes, seconds in taken.items():
                seconds.append(_seconds(folder, processes))
    one, two = (statistics.median(wall for wall, _ in seconds) for seconds in taken.values())
    alone, longest = (statistics.median(own for _, own in seconds) for seconds in taken.values())
    rows = sum(map(len, graph))
    note = f"{rows / two / 1000:.0f} k to {rows / one / 1000:.0f} k rows a second, starts included"
    yield Figure(NAME, "many types: two processes' wall time, to one's", two / one, "x", note=note)
    yield Figure(
        NAME, "many types: the same in processor time, half of what two share counted",
        longest / alone, "x", note=f"{rows / longest / 1000:.0f} k rows a second on two idle cores",
    )  # fmt: skip


def _store(folder: Path, graph: tuple[Rows, Rows]) -> None:
    for kind, rows in zip(_KINDS, graph, strict=True):
        for first in range(PARTS):
            (folder / f"{kind}-{first}").write_bytes(pickle.dumps(rows[first::PARTS]))


def _seconds(folder: str, processes: int) -> tuple[float, float]:
    """Of the clock, and of processors; in a program of its own, which has nothing else to start."""
    program = (sys.executable, __file__, folder, str(processes))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    wall, own, others = map(float, done.stdout.split())
    return wall, own + others / processes


def main(folder: str, processes: str) -> None:
    """Print the seconds that these processes take for all parts in a folder."""
    wall, own = time.perf_counter(), time.process_time()
    nodes, edges = ([Part(path) for path in Path(folder).glob(f"{kind}-*")] for kind in _KINDS)
    of_parts(nodes, edges, (), processes=int(processes))
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(time.perf_counter() - wall, time.process_time() - own, others.ru_utime + others.ru_stime)


# --- memory ---------------------------------------------------------------------------------------


def _memory() -> Iterator[Figure]:
    """In a process of its own, so that nothing else is in it."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        private, mapped = pool.apply(_grown)
    yield Figure(
        NAME, "memory a node, the operating system's own pages of files not counted",
        private / MANY, " B", _BYTES_A_NODE, note=f"{MANY} nodes, a relationship each",
    )  # fmt: skip
    yield Figure(
        NAME, "mapped files a node (the system may drop them at any time)",
        mapped / MANY, " B", _BYTES_A_NODE,
    )  # fmt: skip


def _grown() -> tuple[float, float]:
    """Growth of private and of mapped memory while a graph is taken in."""
    with Fingerprinter() as one:
        one.add_nodes(encode([number, ["A"], {"n": 1}]) for number in range(10_000))
        before = _resident()
        one.add_nodes(encode([number, ["A"], {"n": 1}]) for number in range(10_000, MANY))
        one.add_relationships(encode([n, n, MANY - 1 - n, "T", {}]) for n in range(MANY))
        after = _resident()
        one.finish(())
    private, mapped = (now - then for now, then in zip(after, before, strict=True))
    return float(private), float(mapped)


def _resident() -> tuple[int, int]:
    """Private, and mapped from files, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Rss")}
    kilobytes = {name: int(size) for name, size in sizes.items()}
    return 1024 * kilobytes["RssAnon"], 1024 * (kilobytes["RssFile"] + kilobytes["RssShmem"])


if __name__ == "__main__":
    main(*sys.argv[1:])
