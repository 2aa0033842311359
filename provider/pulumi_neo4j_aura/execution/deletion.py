"""Delete an instance: intent first, then wait until two readings agree that it is gone."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_neo4j_aura.aura.waiting import when_not_busy
from pulumi_neo4j_aura.domain import duration, status
from pulumi_neo4j_aura.domain.instance import Instance
from pulumi_neo4j_aura.errors import LostAnswer, NotFound, Permanent, TimedOut, Transient
from pulumi_neo4j_aura.execution import presence
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.vault.journal import Entry

KIND = "delete-instance"

#: Seconds slept at least between two looks, so that a gap of zero does not spin.
_TICK = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """One deletion. Whether it is allowed was decided before."""

    project_id: str
    instance_id: str
    owner: str
    patience_seconds: float = 1800.0


def delete(services: Services, request: Request) -> None:
    """Make the instance be gone. An instance that is certainly gone already is fine.

    Raises:
        Transient: whether it is gone cannot be told, or it is not gone in time.
        Permanent: Aura will not delete it.
    """
    found = presence.look(services, request.project_id, request.instance_id)
    if isinstance(found, presence.Absent):
        return
    facts = {"api_url": services.client.api_url, "instance_id": request.instance_id}
    entry = services.journal.begin(KIND, request.owner, facts)
    if not status.leaving(found.status):
        _send(services, request, found, entry)
    _wait_until_gone(services, request, found)
    services.journal.finish(entry, "gone")


def _send(services: Services, request: Request, found: Instance, entry: Entry) -> None:
    called = f"{found.name} ({found.id})"
    services.report(f"deleting instance {called}")
    waiter = services.waiter(request.patience_seconds)
    try:
        when_not_busy(
            lambda: services.client.instances.delete(found.id), waiter, f"deletion of {called}"
        )
    except (NotFound, LostAnswer):
        # Both are settled by looking, which happens next. Nothing is concluded here.
        return
    except Permanent:
        services.journal.finish(entry, "not deleted")
        raise


def _wait_until_gone(services: Services, request: Request, found: Instance) -> None:
    """Look until a get says 404, then until both readings agree."""
    polling, clock = services.settings.polling, services.clock
    began = clock.monotonic()
    while True:
        waited = clock.monotonic() - began
        clock.sleep(max(polling.seconds, polling.fraction * waited, _TICK))
        seen = _seen(services, request)
        if seen is None:
            return
        waited = clock.monotonic() - began
        if waited > request.patience_seconds:
            raise TimedOut(
                f"Instance {found.name} ({found.id}) is not known to be gone after "
                f"{duration.show(waited)} of waiting for its deletion; last seen: {seen}.",
                way_out="Run again: it goes on waiting and asks for nothing twice.",
            )
        services.report(f"{found.name} ({found.id}): {seen}, {duration.show(waited)}")


def _seen(services: Services, request: Request) -> str | None:
    """The status in words, or None when gone. Unknown is a reason to look again, not an end."""
    try:
        found = presence.look(services, request.project_id, request.instance_id)
    except Transient as error:
        return f"unknown ({error.message})"
    return None if isinstance(found, presence.Absent) else found.status
