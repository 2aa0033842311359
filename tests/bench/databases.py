"""What real databases behind the instances cost, beside Neo4j without an emulator.

The same data three times: behind an instance, in a plain home that this starts with the same Java,
flags and class data, and as a dump. What the emulator does is compared with what a person would
type for the same end: start a server; dump; load and start. The last step of a clone or a restore
is the server's own recovery of a store that was not closed, which a dump has behind it: how long it
takes is measured on a plain server with the same copy, shown, and left out of the ratio.

Rounds of both in turns, medians. Nothing else should run meanwhile: a start takes both cores.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psutil

from aura_emulator.data_plane.interface import Login
from aura_emulator.data_plane.neo4j import bolt, installation
from aura_emulator.data_plane.neo4j.copying import copy_store
from aura_emulator.data_plane.neo4j.home import Home
from aura_emulator.data_plane.neo4j.ports import reserve
from bench.figures import Figure
from support.databases import Databases, neo4j_home, running_databases, wait_until

NAME = "databases"

#: Entities, as nodes and relationships.
SIZES = {"10 k": (2_500, 7_500), "1 M": (250_000, 750_000)}
STARTS = 5
ROUNDS = 3
ALLOWED = 1.10
#: What of ours is compared with what of a person's.
_COMPARISONS = {
    "snapshot": "plain dump",
    "clone": "plain load and start",
    "restore": "plain stop, load and start",
}
_RECOVERED = ("clone", "restore")
_PASSWORD = "plain-password"
_GIB = 2**30
_MIB = 2**20


def measure() -> Iterator[Figure]:
    """Starts and memory, then copies of a small and a large graph."""
    with running_databases(operation_seconds=0) as databases, _plain_folder() as folder:
        yield from _starts(databases, folder)
        for size, (nodes, relationships) in SIZES.items():
            yield from _graph(databases, folder, size, nodes, relationships)


# --- starts and memory ----------------------------------------------------------------------------


def _starts(databases: Databases, folder: Path) -> Iterator[Figure]:
    ours, plain, instances = [], [], []
    for _ in range(STARTS):
        began = time.perf_counter()
        instances.append(_created(databases))
        ours.append(time.perf_counter() - began)
        with Plain(folder / "start") as server:
            plain.append(server.start())
    yield from _compared("create to running", "plain start", ours, plain)
    yield from _memory([databases.condition(instance)["pid"] for instance in instances])
    for instance in instances:
        databases.control.vanish(instance)


def _created(databases: Databases, **fields: str) -> str:
    """An instance, looked at as often as a start deserves: 20 ms are nothing of it."""
    instance = databases.create(wait=False, **fields)
    wait_until(lambda: databases.status(instance), lambda status: status == "running")
    return instance


def _memory(processes: list[int]) -> Iterator[Figure]:
    """Resident memory counts the archive of classes for each; shared once, proportionally less."""
    seen = [psutil.Process(process).memory_full_info() for process in processes]
    resident = statistics.median(info.rss for info in seen)
    own = statistics.median(info.pss for info in seen)
    yield Figure(NAME, "resident memory of a new instance", resident / _MIB, " MiB")
    note = f"{len(seen)} at once, shared memory divided by its users"
    yield Figure(NAME, "its share of memory", own / _MIB, " MiB", note=note)
    yield Figure(NAME, "instances in 16 GiB", 16 * _GIB // own, note="by that share")


# --- copies ---------------------------------------------------------------------------------------


def _graph(
    databases: Databases, folder: Path, size: str, nodes: int, relationships: int
) -> Iterator[Figure]:
    source = _created(databases)
    began = time.perf_counter()
    answer = databases.put(source, graph={"nodes": nodes, "relationships": relationships})
    assert answer.status_code == 200, answer.text
    yield Figure(NAME, f"writing {size} entities", time.perf_counter() - began, " s")
    taken = databases.take(source)
    rounds = [_round(databases, folder, source, taken) for _ in range(ROUNDS)]
    columns = {name: [found[name] for found in rounds] for name in rounds[0]}
    stored = databases.condition(source)["stored_bytes"] / _MIB
    resident = databases.condition(source)["resident_bytes"] / _MIB
    yield Figure(NAME, f"store, {size}", stored, " MiB", note=f"{resident:.0f} MiB resident")
    for what, beside in _COMPARISONS.items():
        apart = columns["recovery"] if what in _RECOVERED else [0.0] * ROUNDS
        yield from _compared(f"{what}, {size}", beside, columns[what], columns[beside], apart)
    databases.control.vanish(source)


def _round(databases: Databases, folder: Path, source: str, taken: str) -> dict[str, float]:
    """Everything once, ours and plain, in seconds."""
    ours = {
        "snapshot": _seconds(lambda: databases.take(source)),
        "clone": _seconds(lambda: _cloned(databases, source, taken)),
        "restore": _seconds(lambda: databases.restore(source, taken)),
    }
    return ours | _plain_round(databases, folder, source, taken)


def _cloned(databases: Databases, source: str, taken: str) -> None:
    clone = _created(databases, source_instance_id=source, source_snapshot_id=taken)
    databases.control.vanish(clone)


def _plain_round(databases: Databases, folder: Path, source: str, taken: str) -> dict[str, float]:
    """The same by hand: a closed store is dumped, loaded elsewhere and started there."""
    with Plain(folder / "closed") as closed, Plain(folder / "loaded") as loaded:
        copy_store(_copy_of(databases, source, taken), closed.home.data)
        unclosed = closed.start()
        closed.stop()
        again = closed.start()
        stopping = _seconds(closed.stop)
        dump = _seconds(lambda: closed.admin("dump", f"--to-path={folder}"))
        load = _seconds(lambda: loaded.admin("load", f"--from-path={folder}"))
        start = loaded.start()
        (folder / "neo4j.dump").unlink()
    return {
        "plain dump": dump,
        "plain load and start": load + start,
        "plain stop, load and start": stopping + load + start,
        "recovery": max(0.0, unclosed - again),
    }


def _copy_of(databases: Databases, source: str, taken: str) -> Path:
    """Where the emulator keeps the data of a snapshot."""
    for listed in (databases.emulator.state / "neo4j" / "copies" / source).glob("*/*.json"):
        if taken in listed.read_text():
            return listed.parent / "data"
    raise AssertionError(f"no copy of {taken}")


# --- Neo4j without an emulator --------------------------------------------------------------------


class Plain:
    """One server as a person would run it: same Java, same flags, a home of its own."""

    def __init__(self, path: Path) -> None:
        self.home = Home(path)
        self._found = installation.find(neo4j_home(), os.environ)
        self._reservation = reserve()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.home.make(self._reservation.port, 32, calendar=self._found.calendar)
        self.home.set_password(_PASSWORD)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._reservation.release()
        shutil.rmtree(self.home.path)

    def _java(self, *arguments: str) -> list[str]:
        return [
            str(self._found.java.executable), "-Xms64m", "-Xmx256m", *installation.SERVER_FLAGS,
            *self._found.java_options, *arguments,
        ]  # fmt: skip

    def start(self) -> float:
        """Seconds until the database answers its first query."""
        folders = [f"--home-dir={self.home.path}", f"--config-dir={self.home.path / 'conf'}"]
        classes = ["-cp", self._found.class_path, self._found.entry_point]
        port = self._reservation.port
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [*self._java(*self._found.class_data_options, *classes), *folders, "--console-mode"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while not bolt.shakes_hands(port):
            time.sleep(0.02)
        bolt.require_database(self.login)
        return time.perf_counter() - began

    @property
    def login(self) -> Login:
        """Where it answers, and to whom."""
        return Login(f"bolt://127.0.0.1:{self._reservation.port}", "neo4j", _PASSWORD)

    def stop(self) -> None:
        """As Ctrl-C does."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def admin(self, command: str, path: str) -> None:
        """`neo4j-admin database <command> neo4j <path>`."""
        environment = {
            **os.environ,
            "NEO4J_HOME": str(self.home.path),
            "NEO4J_CONF": str(self.home.path / "conf"),
        }
        tool = ["-cp", self._found.class_path, "org.neo4j.cli.AdminTool", "database", command]
        overwrite = ["--overwrite-destination=true"]
        subprocess.run(
            [*self._java(*tool), "neo4j", path, *overwrite],
            env=environment, check=True, capture_output=True,
        )  # fmt: skip


@contextmanager
def _plain_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="plain-neo4j-") as folder:
        yield Path(folder)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _compared(
    what: str, beside: str, ours: list[float], plain: list[float], apart: Sequence[float] = (0.0,)
) -> Iterator[Figure]:
    """The time that the server needs to recover is shown, and left out of the ratio."""
    mine, others = statistics.median(ours), statistics.median(plain)
    recovery = statistics.median(apart)
    note = f"{beside}: {others:.2f} s"
    if recovery:
        note += f"; of ours, recovery: {recovery:.2f} s"
    yield Figure(NAME, what, mine, " s", note=note)
    yield Figure(NAME, f"{what}, to {beside}", (mine - recovery) / others, "x", ALLOWED)
