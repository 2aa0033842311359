"""What the journal costs for each create, beside plain writes of the same files.

One cycle is what a create that goes well does: the intent, the answer, the end. Plain writes make
the same folder and files with the same contents and flush nothing; the second baseline also
flushes each file, which is the least that survives a power cut. The three take turns, and the
median cycle counts. How much a flush costs is the disk's affair: the ratio moves with it.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.figures import Figure
from pulumi_neo4j_aura.bootstrap import SystemClock
from pulumi_neo4j_aura.vault.journal import Journal

NAME = "journal"

CYCLES = 300

_OWNER = "0a1b2c3d"
_FACTS = {
    "api_url": "https://api.neo4j.io",
    "project_id": "a0000000-0000-4000-8000-000000000001",
    "pending_name": "orders~0a1b2c3d",
    "name": "orders",
}
_ANSWER = {
    "id": "ab12cd34",
    "name": "orders~0a1b2c3d",
    "project_id": "a0000000-0000-4000-8000-000000000001",
    "connection_url": "neo4j+s://ab12cd34.databases.neo4j.io",
    "username": "neo4j",
    "password": "a-password-of-the-usual-length-of-43-letters",
}


def measure() -> Iterator[Figure]:
    """The journal's cycle against both baselines."""
    with tempfile.TemporaryDirectory(prefix="bench-journal-") as folder:
        root = Path(folder)
        journalled, plain, flushed = _medians(
            _journal_cycle(root / "journal"),
            _plain_cycle(root / "plain", flush=False),
            _plain_cycle(root / "flushed", flush=True),
        )
    note = f"{journalled * 1000:.2f} ms a create to {{:.2f}} ms"
    yield _ratio("plain writes", journalled / plain, note.format(plain * 1000))
    yield _ratio("writes with fsync", journalled / flushed, note.format(flushed * 1000))


def _ratio(baseline: str, ratio: float, note: str) -> Figure:
    return Figure(NAME, f"journal of one create to {baseline}", ratio, "x", note=note)


def _medians(*cycles: Callable[[], None]) -> list[float]:
    """The median seconds of each, taken in turns so that a busy moment hits all of them."""
    taken: list[list[float]] = [[] for _ in cycles]
    for _ in range(CYCLES):
        for seconds, cycle in zip(taken, cycles, strict=True):
            began = time.perf_counter()
            cycle()
            seconds.append(time.perf_counter() - began)
    return [statistics.median(seconds) for seconds in taken]


def _journal_cycle(root: Path) -> Callable[[], None]:
    journal = Journal(root, SystemClock())

    def cycle() -> None:
        entry = journal.begin("create-instance", _OWNER, _FACTS)
        journal.record_answer(entry, _ANSWER)
        journal.finish(entry, "in the state")

    return cycle


def _plain_cycle(root: Path, *, flush: bool) -> Callable[[], None]:
    began_at = SystemClock().now().isoformat()
    intent = {"kind": "create-instance", "began_at": began_at, "facts": _FACTS}

    def cycle() -> None:
        folder = root / _OWNER / uuid.uuid4().hex
        folder.mkdir(parents=True)
        _write(folder / "intent.json", intent, flush=flush)
        _write(folder / "answer.json", _ANSWER, flush=flush)
        outcome = {"outcome": "in the state", "at": began_at}
        _write(folder / "outcome.json", outcome, flush=flush)
        (folder / "answer.json").unlink()

    return cycle


def _write(path: Path, body: Mapping[str, object], *, flush: bool) -> None:
    with path.open("w") as file:
        file.write(json.dumps(body, indent=2, sort_keys=True))
        if flush:
            file.flush()
            os.fsync(file.fileno())
