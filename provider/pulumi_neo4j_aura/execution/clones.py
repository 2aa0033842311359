"""Throwaway clones: made for one export, deleted and seen gone, and findable whatever happens.

A clone costs money for as long as it exists. It keeps the pending name under which it is created,
`aura-export-<instance>~<owner>`, where the owner stands for the export: any machine finds it by
listing the project, the export's next run takes it up, and nothing else has such a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from pulumi_neo4j_aura.domain import duration, naming, size
from pulumi_neo4j_aura.domain.instance import CreatedInstance, Instance, NewInstance
from pulumi_neo4j_aura.errors import AuraError, NotFound, Refused
from pulumi_neo4j_aura.execution import creation, deletion, presence
from pulumi_neo4j_aura.execution.services import Services

SLUG = "aura-export"

_NAME = re.compile(rf"^{SLUG}[a-z0-9-]*~[0-9a-f]{{8}}$")

#: The newest Neo4j: what a create without a wish gets (v1 document, POST /instances).
_VERSION = "5"

#: A clone younger than this may belong to an export that is under way on another machine.
YOUNG = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Leftover:
    """A clone that some export made and that still exists. `age` None: Aura does not say."""

    id: str
    name: str
    project_id: str
    age: timedelta | None

    @property
    def owner(self) -> str:
        """The mark of the export that it was made for."""
        return self.name.rpartition("~")[2]


def owner_of(export_id: str) -> str:
    """The mark that an export's clone carries in its name."""
    return naming.owner("export", export_id)


def make(
    services: Services,
    origin: Instance,
    snapshot_id: str,
    export_id: str,
    *,
    memory: str | None = None,
    patience_seconds: float = 3600.0,
) -> CreatedInstance:
    """Create the export's clone, or take up the one that an interrupted run created here.

    Args:
        services: whom to ask, and where to write the intent down.
        origin: the instance that the snapshot is of.
        snapshot_id: what the clone holds.
        export_id: whose clone it is.
        memory: its size; the origin's when None (a smaller one is refused by Aura).
        patience_seconds: for the deletion of an orphan.

    Raises:
        Refused: a clone for this export exists that this machine did not ask for. Its password is
            not known here, and an export on another machine may be reading it.
        AuraError: as for every create.
    """
    owner = owner_of(export_id)
    ours = known(services, export_id) is not None or _lost_here(services, owner)
    if not ours:
        _refuse_anothers(services, origin.project_id, owner)
    return creation.create(
        services,
        creation.Request(
            new=NewInstance(
                project_id=origin.project_id,
                name=f"{SLUG}-{origin.name}",
                cloud_provider=origin.cloud_provider,
                region=origin.region,
                type=origin.type,
                version=_VERSION,
                memory=memory or origin.memory or "",
                storage=None if memory else origin.storage,
                source_instance_id=origin.id,
                source_snapshot_id=snapshot_id,
                customer_managed_key_id=origin.customer_managed_key_id,
            ),
            owner=owner,
            on_orphan=creation.REPLACE if ours else creation.REFUSE,
            stays_pending=True,
            patience_seconds=patience_seconds,
        ),
    )


def _lost_here(services: Services, owner: str) -> bool:
    """Whether this machine sent a create whose answer nobody has: then the orphan is its own."""
    tries = services.journal.unfinished(creation.KIND, owner, {})
    return any(entry.answer is None for entry in tries)


def _refuse_anothers(services: Services, project_id: str, owner: str) -> None:
    for row in services.listing.fresh(project_id):
        if naming.pending_for(row.name, owner):
            raise Refused(
                f"A clone for this export exists that this machine did not make: {row.id} "
                f"({row.name}). An export may be under way on another machine; no second clone was "
                "made.",
                way_out="Let that export end. If none is running, remove the clone with "
                "`aura-backup clones --remove` and run again.",
            )


def remove(
    services: Services,
    project_id: str,
    clone_id: str,
    export_id: str,
    patience_seconds: float = 3600.0,
) -> None:
    """Delete an export's clone, wait until it is gone, and only then forget its password.

    Raises:
        Transient: it is not known to be gone; the next run goes on.
        Permanent: Aura will not delete it.
    """
    owner = owner_of(export_id)
    request = deletion.Request(project_id, clone_id, owner, patience_seconds)
    deletion.delete(services, request)
    creation.close(services, owner, clone_id)


def known(services: Services, export_id: str) -> str | None:
    """The id of the clone that this machine's journal still has for an export."""
    for entry in reversed(services.journal.unfinished(creation.KIND, owner_of(export_id), {})):
        if entry.answer is not None:
            return entry.answer["id"]
    return None


def owned(services: Services, owner: str) -> bool:
    """Whether a journal of ours knows that a clone with this mark was asked for.

    However that ended: one create may have made two instances, if a proxy sent it twice.
    """
    return services.journal.knows(creation.KIND, owner)


def leftovers(services: Services, project_id: str) -> tuple[Leftover, ...]:
    """The project's clones, oldest first, by their names: a fresh list.

    Raises:
        AuraError: the project cannot be listed, so what is left is unknown.
    """
    now = services.clock.now()
    found = [
        Leftover(row.id, row.name, row.project_id, now - row.created_at if row.created_at else None)
        for row in services.listing.fresh(project_id)
        if is_clone(row.name)
    ]
    return tuple(sorted(found, key=lambda each: (-(each.age or timedelta()), each.id)))


def is_clone(name: str) -> bool:
    """Whether an instance of this name was made for an export."""
    return _NAME.match(name) is not None


def sweep(
    services: Services,
    leftover: Leftover,
    *,
    older_than: timedelta = YOUNG,
    patience_seconds: float = 3600.0,
) -> None:
    """Delete a clone that was left behind, after a second look at what it is.

    Raises:
        Refused: it is younger than `older_than`, its age is unknown, or it is not what it was.
        Transient: it is not known to be gone.
    """
    if leftover.age is None or leftover.age < older_than:
        age = "of unknown age" if leftover.age is None else _shown(leftover.age)
        raise Refused(
            f"Clone {leftover.id} ({leftover.name}) is {age}: an export that is under way on "
            "another machine may be using it. It was not deleted.",
            way_out=f"Wait until it is older than {duration.show(older_than.total_seconds())}, or "
            "ask for a shorter time with --older-than when you know that no export is running.",
        )
    seen = presence.look(services, leftover.project_id, leftover.id)
    if isinstance(seen, presence.Absent):
        return
    if seen.name != leftover.name:
        raise Refused(
            f"Instance {leftover.id} was listed as {leftover.name} and is now {seen.name}: it is "
            "no clone of an export any more. It was not deleted.",
            way_out="Look at it in the Aura Console.",
        )
    request = deletion.Request(leftover.project_id, leftover.id, leftover.owner, patience_seconds)
    deletion.delete(services, request)
    creation.close(services, leftover.owner, leftover.id)


def sweep_all(
    services: Services, found: Iterable[Leftover], *, older_than: timedelta = YOUNG
) -> dict[str, str]:
    """Delete those that may go; for each that stays its id and why. One never stops the others."""
    kept: dict[str, str] = {}
    for each in found:
        try:
            sweep(services, each, older_than=older_than)
        except AuraError as error:
            kept[each.id] = str(error)
    return kept


def _shown(age: timedelta) -> str:
    return f"{duration.show(max(age.total_seconds(), 0))} old"


def gigabyte_hours(memory: str | None, seconds: float) -> float | None:
    """What Aura bills a clone by, for a time; None when the size is not known."""
    gigabytes = size.gigabytes(memory or "")
    return None if gigabytes is None else gigabytes * seconds / 3600


def origin_of(services: Services, instance_id: str) -> Instance:
    """The instance that is to be exported.

    Raises:
        NotFound: Aura does not know it; nothing is concluded beyond this export.
    """
    try:
        return services.client.instances.get(instance_id)
    except NotFound as error:
        raise NotFound(
            f"Instance {instance_id} cannot be exported: {error.message}",
            way_out="Check the id and the credentials.",
            status=error.status,
            reason=error.reason,
            request_id=error.request_id,
        ) from error
