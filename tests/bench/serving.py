"""How quick the emulator is, beside the same server with an application that does nothing.

Requests a second on GET of one instance, from one process over keep-alive connections on the
loopback: one connection (each request waits for the answer before it) and several (the server
always has one to work on). Emulator and bare application take turns, and the median of the rounds
counts. Starting is from the start of the process to the line that says ready.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.load import INSTANCE, Subject, rate
from support.emulator import EmulatorProcess, running_emulator

NAME = "emulator"

REQUESTS = 4000
ROUNDS = 5
STARTS = 5
CONNECTIONS = (1, 8)

_BARE = Path(__file__).with_name("bare_app.py")


def measure() -> Iterator[Figure]:
    """Throughput for each number of connections, then starting."""
    with running_emulator(operation_seconds=0) as emulator, _bare() as url:
        subject = _instance(emulator)
        bare = Subject(url, subject.path, subject.headers)
        for connections in CONNECTIONS:
            yield from _throughput(subject, bare, connections)
    yield from _starting()


def _throughput(subject: Subject, bare: Subject, connections: int) -> Iterator[Figure]:
    rounds = [
        (rate(subject, REQUESTS, connections), rate(bare, REQUESTS, connections))
        for _ in range(ROUNDS)
    ]
    emulated, plain = (statistics.median(column) for column in zip(*rounds, strict=True))
    what = f"GET instance, {connections} connection{'s' if connections > 1 else ''}"
    yield Figure(NAME, f"requests a second, {what}", emulated, note=f"bare app: {plain:.0f}")
    yield Figure(NAME, f"bare app's rate to emulator's, {what}", plain / emulated, "x")


def _starting() -> Iterator[Figure]:
    emulated = statistics.median(_emulator_start() for _ in range(STARTS))
    plain = statistics.median(_bare_start() for _ in range(STARTS))
    note = f"{emulated:.2f} s to {plain:.2f} s, medians of {STARTS}"
    yield Figure(NAME, "start until ready, emulator to bare app", emulated / plain, "x", note=note)


def _emulator_start() -> float:
    with running_emulator() as emulator:
        return emulator.start_seconds


def _bare_start() -> float:
    began = time.perf_counter()
    with _bare():
        return time.perf_counter() - began


def _instance(emulator: EmulatorProcess) -> Subject:
    """One running instance, and a request for it."""
    with emulator.api() as api:
        made = api.post("/instances", json=INSTANCE).raise_for_status().json()["data"]["id"]
    return Subject(emulator.url, f"/v1/instances/{made}", emulator.authorization())


@contextlib.contextmanager
def _bare() -> Iterator[str]:
    """The bare application in a process of its own; its address."""
    with subprocess.Popen(
        [sys.executable, str(_BARE)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the bare application did not start; its error is above")
            yield url
        finally:
            process.terminate()
