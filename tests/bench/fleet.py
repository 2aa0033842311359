"""What it costs the emulator to hold many instances, beside one that holds a few.

Both are processes of their own without a data plane, and all instances are made through the API,
one after the other on one connection, each with its first scheduled snapshot. Then the small and
the large one take turns with the same requests, and the median of the rounds counts; creates come
last, because the small one grows by them. Memory and file are looked at when the last instance is
made, and memory again at the end.
"""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.load import INSTANCE, Subject, rate
from support.emulator import EmulatorProcess, running_emulator

NAME = "fleet"

FEW = 10
MANY = 10_000
ROUNDS = 5
LOOKS = 2000
LISTS = 20
CREATES = 50

_MIB = 2**20


def measure() -> Iterator[Figure]:
    """What the large one takes, then how much slower it answers than the small one."""
    with (
        running_emulator(operation_seconds=0) as small,
        running_emulator(operation_seconds=0) as large,
    ):
        _make(small, FEW)
        empty = _resident(large)
        began = time.perf_counter()
        _make(large, MANY)
        yield from _held(large, time.perf_counter() - began, empty)
        yield from _compared("GET instance", LOOKS, _look(small), _look(large))
        yield from _compared("GET instances", LISTS, _list(small), _list(large))
        yield from _compared("POST instances", CREATES, _create(small), _create(large))
        yield Figure(NAME, "resident memory after these requests", _resident(large), " MiB")


def _held(emulator: EmulatorProcess, seconds: float, empty: float) -> Iterator[Figure]:
    made = f"{MANY / seconds:.0f} a second"
    yield Figure(NAME, f"making {MANY} instances", seconds, " s", note=made)
    resident = _resident(emulator)
    yield Figure(NAME, "resident memory", resident, " MiB", note=f"{empty:.0f} MiB when empty")
    size = sum(file.stat().st_size for file in emulator.state.glob("aura.sqlite3*")) / _MIB
    yield Figure(NAME, "SQLite file with its log", size, " MiB")


def _compared(what: str, requests: int, few: Subject, many: Subject) -> Iterator[Figure]:
    rounds = [
        (rate(few, requests, warming=1), rate(many, requests, warming=1)) for _ in range(ROUNDS)
    ]
    rate_few, rate_many = (statistics.median(column) for column in zip(*rounds, strict=True))
    note = f"with {FEW}: {rate_few:.0f}"
    yield Figure(NAME, f"requests a second, {what}, {MANY}", rate_many, note=note)
    yield Figure(NAME, f"rate with {FEW} to rate with {MANY}, {what}", rate_few / rate_many, "x")


def _make(emulator: EmulatorProcess, count: int) -> None:
    rate(_create(emulator), count, warming=0)


def _create(emulator: EmulatorProcess) -> Subject:
    return Subject(emulator.url, "/v1/instances", emulator.authorization(), "POST", INSTANCE)


def _list(emulator: EmulatorProcess) -> Subject:
    return Subject(emulator.url, "/v1/instances", emulator.authorization())


def _look(emulator: EmulatorProcess) -> Subject:
    """A request for the instance in the middle of the list."""
    with emulator.api() as api:
        rows = api.get("/instances").raise_for_status().json()["data"]
    path = f"/v1/instances/{rows[len(rows) // 2]['id']}"
    return Subject(emulator.url, path, emulator.authorization())


def _resident(emulator: EmulatorProcess) -> float:
    """Memory that the process has in use now, in MiB."""
    told = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(emulator.pid)], capture_output=True, text=True, check=True
    )
    return int(told.stdout) * 1024 / _MIB
