"""Create an instance at most once, whatever happens to the answer.

Steps: (1) take up an answer that this machine already has, (2) look for an instance that an earlier
try left under its pending name, (3) write the intent, (4) send the create, (5) write the answer
down before anything else happens to it. A create is sent only when (1) and (2) found nothing, and
never a second time after a lost answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pulumi_neo4j_aura.domain import duration, naming
from pulumi_neo4j_aura.domain.instance import (
    CreatedInstance,
    Instance,
    InstanceSummary,
    NewInstance,
)
from pulumi_neo4j_aura.errors import AuraError, LostAnswer, Refused, Transient
from pulumi_neo4j_aura.execution import deletion, presence
from pulumi_neo4j_aura.execution.listing import Rows
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.vault.journal import Entry

KIND = "create-instance"

REFUSE, REPLACE = "refuse", "replace"
ON_ORPHAN = (REFUSE, REPLACE)


@dataclass(frozen=True, slots=True)
class Request:
    """One create: what is wanted under its declared name, for whom, and what an orphan means."""

    new: NewInstance
    owner: str
    on_orphan: str = REFUSE
    #: Instances of the declared name that the stack itself has (it is about to replace them).
    own_namesakes: int = 0
    #: The instance that the state has (it is about to be replaced): no orphan, and not the answer
    #: to this create, whatever an entry that a kill left open says.
    own_id: str = ""
    #: It keeps its pending name for as long as it lives, so that it can have no namesake.
    stays_pending: bool = False
    patience_seconds: float = 1800.0


def create(services: Services, request: Request) -> CreatedInstance:
    """Make the instance exist once and return its first answer, password included.

    Raises:
        Refused: an orphan or a namesake is in the way, or the journal cannot be written.
        Transient: Aura gave no usable answer; nothing was found under the pending name (yet).
        Permanent: Aura will not create it.
    """
    known = _answered(services, request)
    if known is not None:
        return known
    rows = _rows(services, request)
    orphans = _orphans(request, rows)
    if orphans:
        _settle_orphans(services, request, orphans)
    if not request.stays_pending:
        _refuse_namesakes(services, request, rows)
    return _send(services, request)


def close(services: Services, owner: str, instance_id: str) -> None:
    """Close the journal's entries for an instance that is safely in Pulumi's state."""
    for entry in services.journal.unfinished(KIND, owner, {}):
        if entry.answer and entry.answer.get("id") == instance_id:
            services.journal.finish(entry, "in the state")


def _facts(services: Services, project_id: str) -> dict[str, str]:
    return {"api_url": services.client.api_url, "project_id": project_id}


def _answered(services: Services, request: Request) -> CreatedInstance | None:
    """The instance of an earlier try whose answer this machine has, if it still exists."""
    facts = _facts(services, request.new.project_id)
    for entry in reversed(services.journal.unfinished(KIND, request.owner, facts)):
        if entry.answer is None or entry.answer["id"] == request.own_id:
            continue
        found = presence.look(services, request.new.project_id, entry.answer["id"])
        if isinstance(found, presence.Absent) and not _answered_just_now(services, entry.answer):
            services.journal.finish(entry, "gone")
            continue
        edited = _edited_since(request, entry)
        if edited and _replaceable(request, found):
            return None
        if edited:
            raise _another_was_made(request, entry, edited)
        services.report(f"taking up instance {entry.answer['id']}, created by an earlier run")
        services.taken_up.add(entry.answer["id"])
        return _from_answer(entry.answer)
    return None


def _answered_just_now(services: Services, answer: Mapping[str, str]) -> bool:
    """Whether Aura may not know the instance yet: then two 404s do not make it gone."""
    at = answer.get("answered_at")
    if at is None:
        return False
    age = (services.clock.now() - datetime.fromisoformat(at)).total_seconds()
    return age < services.settings.look_seconds


def _edited_since(request: Request, entry: Entry) -> list[str]:
    """What cannot change on an instance and differs between the earlier try and this request."""
    wanted = _fixed(request.new)
    return [key for key in _FIXED if entry.facts.get(key, wanted[key]) != wanted[key]]


def _replaceable(request: Request, found: Instance | presence.Absent) -> bool:
    """Whether it is an orphan that `_settle_orphans` will find in the list and may delete."""
    pending = isinstance(found, Instance) and naming.pending_for(found.name, request.owner)
    return pending and request.on_orphan == REPLACE


def _another_was_made(request: Request, entry: Entry, edited: Iterable[str]) -> Refused:
    answer, wanted = entry.answer or {}, _fixed(request.new)
    made = f"{answer.get('id')} ({answer.get('name')})"
    told = "; ".join(f"{key} was {entry.facts[key]!r}, is {wanted[key]!r}" for key in edited)
    return Refused(
        f"An earlier run created instance {made} from another declaration "
        f"({told}). It was not taken up, and no second one was created.",
        way_out=(
            "Take the edit back, so that what that one was made with is declared, run again, and "
            'edit then; or have it deleted and created again with on_orphan="replace".'
        ),
    )


#: What an instance has for life; an answer is taken up only for a request that agrees on it.
_FIXED = (
    "cloud_provider",
    "region",
    "type",
    "version",
    "customer_managed_key_id",
    "source_instance_id",
    "source_snapshot_id",
)


def _fixed(new: NewInstance) -> dict[str, str]:
    return {key: getattr(new, key) or "" for key in _FIXED}


def _from_answer(answer: Mapping[str, str]) -> CreatedInstance:
    return CreatedInstance(
        id=answer["id"],
        name=answer["name"],
        project_id=answer["project_id"],
        connection_url=answer.get("connection_url"),
        username=answer["username"],
        password=answer["password"],
    )


def _to_answer(created: CreatedInstance, at: datetime) -> dict[str, str]:
    values = {
        "id": created.id,
        "name": created.name,
        "project_id": created.project_id,
        "connection_url": created.connection_url,
        "username": created.username,
        "password": created.password,
        "answered_at": at.isoformat(),
    }
    return {key: value for key, value in values.items() if value is not None}


def _rows(services: Services, request: Request) -> Rows:
    """The project's instances, at a time when an earlier try must show among them.

    Somebody who interrupts a run starts the next one at once, and a new instance may be missing
    from lists for some seconds: a try whose answer nobody saw is looked for as long as in the run
    that made it.
    """
    facts = _facts(services, request.new.project_id)
    tries = services.journal.unfinished(KIND, request.owner, facts)
    unanswered = [entry for entry in tries if entry.answer is None]
    if not unanswered:
        return services.listing.recent(request.new.project_id)
    seconds = services.settings.look_seconds
    services.report(
        f"an earlier create of {request.new.name} got no answer; looking for its instance "
        f"for {duration.show(seconds)}"
    )
    rows = _watch(services, request, seconds)
    if not _orphans(request, rows):
        for entry in unanswered:
            services.journal.finish(entry, "no effect found")
    return rows


def _watch(services: Services, request: Request, seconds: float) -> Rows:
    """Fresh lists until one has an orphan or the seconds are over; the last one.

    Raises:
        AuraError: the project could not be listed, in the end.
    """
    deadline = services.clock.monotonic() + seconds
    gap = max(services.settings.polling.seconds, 0.05)
    while True:
        over = services.clock.monotonic() >= deadline
        try:
            rows = services.listing.fresh(request.new.project_id)
        except Transient:
            if over:
                raise
        else:
            if over or _orphans(request, rows):
                return rows
        services.clock.sleep(gap)


def _orphans(request: Request, rows: Iterable[InstanceSummary]) -> list[InstanceSummary]:
    return [
        row
        for row in rows
        if naming.pending_for(row.name, request.owner) and row.id != request.own_id
    ]


def _settle_orphans(
    services: Services, request: Request, orphans: Iterable[InstanceSummary]
) -> None:
    if request.on_orphan != REPLACE:
        raise _orphaned(services, orphans)
    for orphan in orphans:
        _remove_orphan(services, request, orphan)
    for entry in services.journal.unfinished(
        KIND, request.owner, _facts(services, request.new.project_id)
    ):
        services.journal.finish(entry, "replaced: the orphan was deleted")


def _orphaned(services: Services, orphans: Iterable[InstanceSummary]) -> Refused:
    named = "; ".join(_describe(services, orphan) for orphan in orphans)
    return Refused(
        "An earlier try to create this resource left an instance behind whose password is not "
        f"known here: {named}. It may also belong to an `up` that is running on another machine. "
        "It was neither taken over nor deleted, and no second one was created.",
        way_out=(
            'Either set on_orphan="replace" to have it deleted and created again, or keep it: '
            "set adopt_instance_id to its id and password_override to a password that you set."
        ),
    )


def _describe(services: Services, row: InstanceSummary) -> str:
    if row.created_at is None:
        return f"{row.id} ({row.name}, age unknown)"
    age = (services.clock.now() - row.created_at).total_seconds()
    return f"{row.id} ({row.name}, {duration.show(max(age, 0))} old)"


def _remove_orphan(services: Services, request: Request, orphan: InstanceSummary) -> None:
    """Delete an orphan only after a second, fresh reading agrees about its id and name."""
    services.clock.sleep(services.settings.gone_seconds)
    again = services.listing.fresh(request.new.project_id)
    if not any(row.id == orphan.id and row.name == orphan.name for row in again):
        raise Transient(
            f"Instance {orphan.id} ({orphan.name}) was listed once and not again; "
            "it was not deleted.",
            way_out="Run again.",
        )
    services.report(f"deleting the orphan {orphan.id} ({orphan.name}), as on_orphan says")
    deletion.delete(
        services,
        deletion.Request(
            project_id=request.new.project_id,
            instance_id=orphan.id,
            owner=request.owner,
            patience_seconds=request.patience_seconds,
        ),
    )
    services.listing.fresh(request.new.project_id)


def _refuse_namesakes(
    services: Services, request: Request, rows: Iterable[InstanceSummary]
) -> None:
    """Aura allows equal names; people and `find_instance` cannot tell such instances apart."""
    name = (request.new.project_id, request.new.name)
    if services.claimed_names.setdefault(name, request.owner) != request.owner:
        raise Refused(
            f"Two resources of this stack declare the name {request.new.name!r} in project "
            f"{request.new.project_id}. Only one instance was created.",
            way_out="Give one of them another name.",
        )
    same = [row.id for row in rows if row.name == request.new.name]
    if len(same) > request.own_namesakes:
        raise Refused(
            f"Project {request.new.project_id} already has an instance named "
            f"{request.new.name!r}: {', '.join(sorted(same))}. No second one was created.",
            way_out=(
                "Choose another name, or set adopt_instance_id to that id to manage the one that "
                "exists."
            ),
        )


def _send(services: Services, request: Request) -> CreatedInstance:
    new = replace(request.new, name=naming.pending(request.new.name, request.owner))
    names = {"pending_name": new.name, "name": request.new.name}
    facts = _facts(services, new.project_id) | names | _fixed(new)
    entry = services.journal.begin(KIND, request.owner, facts)
    renamed = "" if request.stays_pending else f" (as {new.name} until it is ready)"
    services.report(f"creating instance {request.new.name}{renamed}")
    try:
        created = services.client.instances.create(new)
    except LostAnswer as lost:
        raise _after_lost_answer(services, request, entry, lost) from lost
    except AuraError:
        # Aura said no, or was never reached: there is no effect to look for.
        services.journal.finish(entry, "not created")
        raise
    _remember(services, entry, created)
    return created


def _remember(services: Services, entry: Entry, created: CreatedInstance) -> None:
    """Keep the answer on disk; a full disk must not lose what only this process still knows."""
    try:
        services.journal.record_answer(entry, _to_answer(created, services.clock.now()))
    except Refused as error:
        services.warn(f"instance {created.id} exists, but its answer was not journalled: {error}")


def _after_lost_answer(
    services: Services, request: Request, entry: Entry, lost: LostAnswer
) -> AuraError:
    """Look for what the lost answer made, until it shows or the time for looking is over."""
    looking = services.settings.look_seconds
    try:
        rows = _watch(services, request, looking)
    except AuraError as error:
        found = f"the project cannot be listed, so whether it exists is unknown ({error})"
        return _still_unknown(request, lost, found)
    orphans = _orphans(request, rows)
    if orphans:
        return _orphaned(services, orphans)
    pending = entry.facts["pending_name"]
    found = f"no instance named {pending!r} appeared there within {duration.show(looking)}"
    return _still_unknown(request, lost, found)


def _still_unknown(request: Request, lost: LostAnswer, found: str) -> Transient:
    return Transient(
        f"Aura did not answer the create of {request.new.name!r} in project "
        f"{request.new.project_id}, and {found}. It was not sent again.",
        way_out="Run again: the next run looks for it first.",
        status=lost.status,
        reason=lost.reason,
        request_id=lost.request_id,
    )
