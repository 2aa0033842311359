"""`aura-backup watch`: the daemon. One pass whenever something is due, until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pulumi_neo4j_aura.cli import declared
from pulumi_neo4j_aura.cli.declared import PolicyOption, VaultOption
from pulumi_neo4j_aura.cli.frame import clock, ending, say

if TYPE_CHECKING:
    from types import FrameType

    from pulumi_neo4j_aura.cli.health import Answer
    from pulumi_neo4j_aura.reconciler.notifying import Notifier
    from pulumi_neo4j_aura.reconciler.passes import Reconciler
    from pulumi_neo4j_aura.reconciler.watching import Beat
    from pulumi_neo4j_aura.reporting.metrics import Metrics

#: A pass that is this much overdue makes the daemon unhealthy: an export may take hours, and then
#: the lease is what tells a living daemon from a dead one.
_LATE: Final = timedelta(minutes=30)


def run(
    *,
    policy: PolicyOption = [],  # noqa: B006 - typer wants a list
    target: VaultOption = "",
    listen: Annotated[
        str, typer.Option(help="Where /health and /metrics are served; empty: nowhere.")
    ] = "127.0.0.1:9464",
    webhook: Annotated[
        str, typer.Option(envvar="AURA_BACKUP_WEBHOOK", help="POST new findings here as JSON.")
    ] = "",
    ping: Annotated[
        str,
        typer.Option(
            envvar="AURA_BACKUP_PING", help="GET this after each pass: a dead man's bell."
        ),
    ] = "",
    passes: Annotated[int, typer.Option(help="End after so many passes; 0: never.")] = 0,
) -> None:
    """Reconcile for ever. SIGTERM ends it after the actions that are under way."""
    with ending(as_json=False):
        from pulumi_neo4j_aura.reconciler.watching import Watch  # noqa: PLC0415 - not for help

        stopping = threading.Event()
        _stop_on_signals(stopping)
        state = _State()
        watch = Watch(
            lambda: _reconciler(policy, target), clock(), _teller(state, webhook, ping), stopping
        )
        with _served(listen, _pages(state)) as port:
            if port:
                say(f"health and metrics at port {port}")
            watch.run(passes or None)
        say("stopped")


def _reconciler(files: Any, target: str) -> Reconciler:
    # Read anew for each pass: an edited file or a policy published since holds from the next on.
    found = declared.policies(files, target)
    if files:
        from pulumi_neo4j_aura import bootstrap, settings  # noqa: PLC0415 - not for `--help`

        bootstrap.publish(settings.load(), found, say, claim=False)
    return declared.reconciler(found, as_json=False)


def _served(listen: str, pages: dict[str, Callable[[], Answer]]) -> AbstractContextManager[int]:
    from pulumi_neo4j_aura.cli import health  # noqa: PLC0415 - not for `--help`

    return health.serving(health.address(listen), pages) if listen else nullcontext(0)


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        say("stopping: what is under way is finished, nothing new is begun")
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


@dataclass(slots=True)
class _State:
    """What the pages show."""

    beat: Beat | None = None
    metrics: Metrics | None = None
    began: datetime | None = field(default=None)


def _pages(state: _State) -> dict[str, Callable[[], Answer]]:
    from pulumi_neo4j_aura.cli import health  # noqa: PLC0415
    from pulumi_neo4j_aura.reporting.metrics import CONTENT_TYPE, Metrics  # noqa: PLC0415

    metrics, now = Metrics(), clock().now
    state.metrics, state.began = metrics, now()

    def healthy() -> Answer:
        due = state.beat.next_at if state.beat else state.began
        late = due is not None and now() - due > _LATE
        return health.health(_shown(state.beat), late=late)

    return {"/health": healthy, "/metrics": lambda: (200, CONTENT_TYPE, metrics.text())}


def _shown(beat: Beat | None) -> dict[str, Any]:
    if beat is None:
        return {"last_pass": None}
    found = beat.applied.left.findings if beat.applied else ()
    return {
        "last_pass": beat.at,
        "next_pass": beat.next_at,
        "error": beat.error,
        "findings": sorted({each.code for each in found}),
    }


def _teller(state: _State, webhook: str, ping: str) -> Callable[[Beat], None]:
    notifier = _notifier(webhook, ping)

    def tell(beat: Beat) -> None:
        state.beat = beat
        _count(state.metrics, beat)
        _say(beat)
        if notifier is not None:
            notifier.tell(beat)

    return tell


def _notifier(webhook: str, ping: str) -> Notifier | None:
    from pulumi_neo4j_aura import bootstrap  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.reconciler.notifying import Notifier  # noqa: PLC0415

    if not webhook and not ping:
        return None
    return Notifier(bootstrap.plain_sender(), webhook, ping)


def _count(metrics: Metrics | None, beat: Beat) -> None:
    if metrics is None:
        return
    metrics.passed(beat.at, beat.next_at, success=not beat.error)
    if beat.applied is not None:
        metrics.seen(beat.applied.left)
        metrics.acted(
            (type(each.action).__name__, type(each.outcome).__name__.lower())
            for each in beat.applied.ended
        )


def _say(beat: Beat) -> None:
    if beat.error:
        say(f"this pass could not be made: {beat.error}")
    for finding in beat.new_findings:
        name = finding.instance_name or finding.policy
        say(f"{finding.severity.value}: {name}: {finding.message} [{finding.code}]")
    say(f"next pass at {beat.next_at.isoformat(timespec='seconds')}")
