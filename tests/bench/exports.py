"""What an export costs beside merely reading: compressing, hashing, encrypting, the fingerprint.

The same rows each time, in the same process, in turns; medians. "Drain" asks the server for the
rows and throws the bytes away. Everything else goes into a vault in a folder of this machine.
"""

from __future__ import annotations

import hashlib
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

import pyrage  # type: ignore[import-untyped] # it has no types

from bench.figures import Figure
from bench.reading import _QUERIES, NODES, RELATIONSHIPS, _drained
from pulumi_neo4j_aura.execution.databases import Database
from pulumi_neo4j_aura.execution.exports import archiving
from pulumi_neo4j_aura.execution.exports.archiving import Archived, Place
from pulumi_neo4j_aura.execution.ledger import Ledger
from pulumi_neo4j_aura.execution.progress import Silent
from pulumi_neo4j_aura.graph import reading
from pulumi_neo4j_aura.graph.endpoint import Login
from pulumi_neo4j_aura.graph.fingerprint import Fingerprint, Fingerprinter
from pulumi_neo4j_aura.graph.fingerprint.beside import Beside
from pulumi_neo4j_aura.graph.ids import IdSet
from pulumi_neo4j_aura.vault import encryption
from pulumi_neo4j_aura.vault.archive import compression
from pulumi_neo4j_aura.vault.manifest import Part
from pulumi_neo4j_aura.vault.store import open_store
from support.databases import running_databases

NAME = "exports"

ROUNDS: Final = 3
WHOLE, ALONE = "archived, with fingerprint", "the fingerprint alone"
ALLOWED: Final = {"archived": 1 / 0.7, "archived, encrypted": 1 / 0.6}


def measure() -> Iterator[Figure]:
    """Each way's time against the drain of the same rows, and the sizes."""
    with running_databases(operation_seconds=0) as databases, tempfile.TemporaryDirectory() as name:
        instance, folder = databases.create(), Path(name)
        answer = databases.put(instance, graph={"nodes": NODES, "relationships": RELATIONSHIPS})
        assert answer.status_code == 200, answer.text
        url = str(databases.shown(instance)["connection_url"])
        database = Database(url, Login("neo4j", databases.passwords[instance]))
        yield from _against_the_drain(database, folder)
        yield from _hashing_and_encrypting(database, folder)
        snapshot = databases.take(instance)
        databases.control.dump_snapshot(snapshot, folder / "dump")
        yield from _sizes(database, folder)


def _against_the_drain(database: Database, folder: Path) -> Iterator[Figure]:
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    ways: dict[str, Callable[[], object]] = {
        "drain": lambda: _drain(database),
        "archived": lambda: archive(database, folder),
        "archived, encrypted": lambda: archive(database, folder, (recipient,)),
        WHOLE: lambda: _whole(database, folder),
        ALONE: _fingerprinting(database),
    }
    rounds = [{name: _seconds(way) for name, way in ways.items()} for _ in range(ROUNDS)]
    medians = {name: statistics.median(found[name] for found in rounds) for name in ways}
    rows = NODES + RELATIONSHIPS
    for name, seconds in medians.items():
        yield Figure(NAME, f"{name}: k rows a second", rows / seconds / 1000)
    apart = medians["archived"] + medians[ALONE]
    yield Figure(NAME, f"{WHOLE}, to the two one after the other", medians[WHOLE] / apart, "x", 1)
    for name, seconds in medians.items():
        if name not in {"drain", ALONE}:
            yield Figure(
                NAME, f"{name}, to drain", seconds / medians["drain"], "x", ALLOWED.get(name)
            )


def _fingerprinting(database: Database) -> Callable[[], object]:
    """Only the fingerprint, of rows that are in memory already."""
    nodes = [*reading.nodes(database.connect, IdSet())]
    relationships = [*reading.relationships(database.connect, IdSet())]

    def alone() -> None:
        with Fingerprinter() as prints:
            prints.add_nodes(chain.from_iterable(nodes))
            prints.add_relationships(chain.from_iterable(relationships))
            prints.finish(())

    return alone


def _hashing_and_encrypting(database: Database, folder: Path) -> Iterator[Figure]:
    """What only these two take, on the bytes of one export, beside what that export takes."""
    began = time.perf_counter()
    made = _whole(database, folder)
    whole = time.perf_counter() - began
    store = _place(folder, ()).store
    stored = [store.get(part.key) for part in made.parts]
    plain = [compression.decompressor().decompress(each) for each in stored]
    recipient = str(pyrage.x25519.Identity.generate().to_public())

    def both() -> None:
        for each in (*plain, *stored):
            hashlib.sha256(each)
        for each in stored:
            encryption.encrypt(iter((each,)), io.BytesIO(), (recipient,))

    share = min(_seconds(both) for _ in range(ROUNDS)) / whole
    yield Figure(NAME, "hashing and encrypting, of the time of an export", 100 * share, " %", 15)


def _seconds(way: Callable[[], object]) -> float:
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


def _drain(database: Database) -> None:
    for what, rows in (("nodes", NODES), ("relationships", RELATIONSHIPS)):
        for _ in _drained(database.connect, _QUERIES[what], rows):
            pass


def _place(folder: Path, recipients: tuple[str, ...]) -> Place:
    store = open_store(str(folder / "vault"))
    return Place(store, "exports/bench/now", "bench", recipients, 64 << 20)


def archive(database: Database, folder: Path, recipients: tuple[str, ...] = ()) -> list[Part]:
    """Everything but the fingerprint."""
    ledger = Ledger(folder / "ledger", {"source": str(time.monotonic_ns())})
    run = archiving._Run(_place(folder, recipients), ledger, Silent())
    return [
        part
        for kind, rows in (("nodes", reading.nodes), ("relationships", reading.relationships))
        for part in run.archive(kind, partial(rows, database.connect), lambda _batch: None)
    ]


def _whole(database: Database, folder: Path) -> Archived:
    ledger = Ledger(folder / "ledger", {"source": str(time.monotonic_ns())})
    return archiving.archive_database(database, _place(folder, ()), ledger, Silent())


def _sizes(database: Database, folder: Path) -> Iterator[Figure]:
    made = _whole(database, folder)
    stored = sum(part.stored_bytes for part in made.parts)
    dump = (folder / "dump").stat().st_size
    note = f"{stored / 1e6:.1f} MB, the dump {dump / 1e6:.1f} MB"
    yield Figure(
        NAME, "size of the archive, to the server's own dump", stored / dump, "x", note=note
    )
    plain = sum(part.plain_bytes for part in made.parts)
    yield Figure(NAME, "compression", plain / stored, "x")
    yield Figure(NAME, "peak memory of an export, both processes", _memory(database), " MB", 200)


def _memory(database: Database) -> float:
    """Resident memory at its highest: of a process that only exports, and of the fingerprint's."""
    program = (
        "import sys; sys.path[0] = sys.argv[1];"
        "from bench.exports import export_alone; export_alone(sys.argv[2], sys.stdin.read())"
    )
    tests = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-c", program, tests, database.url],
        input=database.login.password,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def export_alone(url: str, password: str) -> None:
    """One export; prints the megabytes that it took, in both processes together."""
    finish = Beside.finish

    def finish_and_look(one: Beside, statements: Iterable[str]) -> Fingerprint:
        # Nothing that comes takes more: the rows are read, their sums are there.
        megabytes.append(_peak(str(one._process.pid)))
        return finish(one, statements)

    megabytes: list[float] = []
    Beside.finish = finish_and_look  # type: ignore[method-assign, assignment]
    with tempfile.TemporaryDirectory() as folder:
        _whole(Database(url, Login("neo4j", password)), Path(folder))
    assert len(megabytes) == 1
    print(megabytes[0] + _peak("self"))


def _peak(process: str) -> float:
    """Not `getrusage`, which counts what a process was before it became this program."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1000
