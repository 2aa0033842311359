"""Wall time of an `up` of a hundred instances against that of one, in the same run.

The real engine, `--parallel 100 --skip-preview`; in the emulator a creation takes two seconds and
there is no rate limit, and the client's own is as good as off. Everything else is as users have it
unless a case says otherwise. The time is that of the whole command, so that both sides hold what
the engine needs to start. One and a hundred take turns, and the medians of the rounds are compared.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.figures import Figure
from bench.stacks import stack
from support.emulator import EmulatorProcess, running_emulator

NAME = "parallel"

RATIO_LIMIT = 4.0
MANY = 100
OPERATION_SECONDS = 2


@dataclass(frozen=True)
class Case:
    """Settings that both sides run with."""

    how: str
    environment: Mapping[str, str] = field(default_factory=dict)
    limit: float | None = None
    rounds: int = 1


CASES = (
    Case("poll default", limit=RATIO_LIMIT, rounds=3),
    Case("poll 0.5", {"AURA_POLL_SECONDS": "0.5"}, limit=RATIO_LIMIT, rounds=3),
    # The SDK's own pool.
    Case("4 threads", {"AURA_THREADS": "4"}),
    # Shows the engine's share: it writes the whole state anew at the begin and end of each step.
    # Not for use: after a crash the state would know nothing of what was created.
    Case("no checkpoints", {"PULUMI_SKIP_CHECKPOINTS": "true"}),
)


def measure() -> Iterator[Figure]:
    """The ratio of each case."""
    with running_emulator(operation_seconds=OPERATION_SECONDS) as emulator:
        for case in CASES:
            yield _ratio(emulator, case)


def _ratio(emulator: EmulatorProcess, case: Case) -> Figure:
    sizes = (1, MANY)
    rounds = [[_seconds(emulator, size, case) for size in sizes] for _ in range(case.rounds)]
    one, many = (statistics.median(column) for column in zip(*rounds, strict=True))
    return Figure(
        NAME,
        f"time of up, {MANY} to 1, {case.how}",
        many / one,
        "x",
        limit=case.limit,
        note=f"{many:.1f} s to {one:.1f} s, {case.rounds} round{'s' if case.rounds > 1 else ''}",
    )


def _seconds(emulator: EmulatorProcess, instances: int, case: Case) -> float:
    """The wall time of an `up` in an empty Aura."""
    emulator.control.reset()
    with stack(emulator, instances, **case.environment) as project:
        began = time.perf_counter()
        project.up("--parallel", str(MANY), skip_preview=True)
        return time.perf_counter() - began
