"""What a reconciler asks of Aura, and how long a simulated quarter of a year takes.

The real reconciler with the real client; the emulator's control plane in this process, without a
socket; one moved clock. Exports hold no data, their clones are made and deleted as always.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from aura_emulator.faults.rules import Fault
from bench.figures import Figure
from pulumi_neo4j_aura.errors import AuraError
from support.reconciling import MovedKeeper, policy, publish, reconciler
from support.simulated import Simulated

NAME = "reconciling"

HOUR = timedelta(hours=1)
FLEET, YEAR_FLEET = 1_000, 50
#: A quarter of a year, because the table should not take ten minutes; the target is a quarter too.
DAYS = int(os.environ.get("SIMULATED_DAYS") or 91)
LIMIT = 60 * DAYS / 365

#: Aura allows a paying credential this many calls a minute (v1 document).
CALLS_A_MINUTE = 125


def measure() -> Iterator[Figure]:
    """Calls of a steady cycle and of a sweep, and a year."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _cycles(Path(folder))
    with tempfile.TemporaryDirectory(dir=_in_memory()) as folder:
        yield from _year(Path(folder))


def _in_memory() -> str | None:
    """Where the local journal lies, as the vault does: a disk's flushes are no control plane."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _cycles(home: Path) -> Iterator[Figure]:
    world, wanted = _fleet(home, FLEET, exports=[])
    _asked(world, wanted)
    world.pass_time(minutes=30)
    yield Figure(NAME, "calls while nothing is due", _asked(world, wanted), "", 0)
    world.pass_time(hours=2)
    yield Figure(NAME, "calls when only the list is old", _asked(world, wanted), "", 1)
    world.pass_time(hours=23)
    yield _sweep(world, wanted, f"calls an instance, a day later, {FLEET:,} instances", 1)
    world.pass_time(days=6)
    yield _sweep(world, wanted, "... once a week, its type and size too", None)
    world.close()


def _sweep(world: Simulated, wanted: Any, what: str, limit: float | None) -> Figure:
    """Calls an instance of one sweep; the list is not counted, and is in the note's minutes."""
    calls = _asked(world, wanted)
    note = f"{calls / CALLS_A_MINUTE:.1f} minutes at {CALLS_A_MINUTE} calls a minute"
    return Figure(NAME, what, (calls - 1) / FLEET, "", limit, note=note)


def _asked(world: Simulated, wanted: Any) -> int:
    world.sender.sent.clear()
    reconciler(world, wanted).plan(list_age=HOUR)
    return sum("/oauth" not in path for _, path in world.sender.sent)


def _year(home: Path) -> Iterator[Figure]:
    """A cycle a day with random faults; exports weekly.

    One thing at a time: where one process does everything and nothing waits, threads only cost.
    """
    chance = random.Random(1)
    limits = {"max_deletes": 500, "max_delete_percent": 100, "concurrency": 1}
    world, wanted = _fleet(home, YEAR_FLEET, limits=limits)
    began = time.perf_counter()
    failed = 0
    for _ in range(DAYS):
        world.pass_time(days=1)
        if chance.random() < 0.3:
            world.app.state.rules.add(_fault(chance))
        try:
            reconciler(world, wanted, keeper=MovedKeeper, workers=1).apply(list_age=HOUR)
        except AuraError:
            failed += 1
    took = time.perf_counter() - began
    kept = len(world.vault.exports())
    note = f"{kept} exports in the end, {failed} passes failed"
    what = f"{DAYS} days of {YEAR_FLEET} instances, a cycle a day"
    yield Figure(NAME, what, took, " s", LIMIT, note=note)
    world.close()


def _fault(chance: random.Random) -> Fault:
    kind: Any = chance.choice(["lost_answer", "status", "html", "truncated", "drop_request"])
    return Fault(kind, chance.choice(["GET", "POST", "DELETE", None]), status=503)


def _fleet(home: Path, count: int, **fields: Any) -> tuple[Simulated, Any]:
    world = Simulated(home)
    for number in range(count):
        world.instance(f"db-{number}")
    wanted = policy(world, **fields)
    publish(world, wanted)
    return world, wanted
