"""Requests of the engine's own commands on a stack where nothing changed.

The real engine runs a program of `INSTANCES` instances that all exist as declared. Each command is
counted by itself. A command with a preview starts the provider twice, once for each phase, and the
two share nothing: so it needs two tokens, and a refresh looks at everything twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.figures import Figure
from bench.stacks import stack
from bench.traffic import Traffic, since_reset
from support.emulator import running_emulator
from support.engine import CompletedRun

NAME = "engine"

INSTANCES = 20

#: A refresh asks for each instance once, and for little else.
REFRESH_LIMIT = INSTANCES + 2


def measure() -> Iterator[Figure]:
    """Refresh in its forms, then preview and `up`."""
    with running_emulator() as emulator, stack(emulator, INSTANCES) as project:
        project.up("--parallel", str(INSTANCES), skip_preview=True)

        def asked(command: Callable[..., CompletedRun], *arguments: str) -> Traffic:
            emulator.control.reset_requests()
            command(*arguments)
            return since_reset(emulator.control)

        yield _refresh("refresh", asked(project.refresh))
        yield _refresh("refresh --skip-preview", asked(project.refresh, "--skip-preview"))
        yield _refresh("refresh --preview-only", asked(project.refresh, "--preview-only"))
        yield from _unchanged("preview", asked(project.preview, "--expect-no-changes"))
        yield from _unchanged("up", asked(project.up, "--expect-no-changes"))


def _refresh(command: str, traffic: Traffic) -> Figure:
    return Figure(
        NAME,
        f"requests, {command}, {INSTANCES} instances",
        traffic.calls,
        limit=REFRESH_LIMIT,
        tokens=traffic.tokens,
        note=str(traffic),
    )


def _unchanged(command: str, traffic: Traffic) -> Iterator[Figure]:
    what = f"unchanged {command}, {INSTANCES} instances"
    yield Figure(NAME, f"changing requests, {what}", traffic.mutating, limit=0)
    yield Figure(NAME, f"requests, {what}", traffic.calls, tokens=traffic.tokens, note=str(traffic))
