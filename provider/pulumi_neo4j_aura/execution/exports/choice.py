"""What an export is of, and how it is made: decided before anything is done or paid for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pulumi_neo4j_aura.domain import selection, status
from pulumi_neo4j_aura.domain.instance import Instance
from pulumi_neo4j_aura.domain.selection import Skipped
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.domain.tier import TIERS
from pulumi_neo4j_aura.errors import Permanent, Refused
from pulumi_neo4j_aura.execution import clones, snapshots
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.vault import layout

CLONE, LIVE, AUTO = "clone", "live", "auto"
METHODS = (AUTO, CLONE, LIVE)

#: Instead of a snapshot's id: the newest that can be cloned, or one taken now.
NEWEST, TAKE = "newest", "take"

_NAMED_SKIPPED = 5


@dataclass(frozen=True, slots=True)
class Request:
    """One wished export.

    `occasion` tells exports of a live instance apart: the same occasion is the same export.
    `passwords` are tried after the one that Aura gave the clone; reading live needs one.
    """

    instance_id: str
    snapshot_id: str = NEWEST
    method: str = AUTO
    recipients: tuple[str, ...] = ()
    clone_memory: str | None = None
    occasion: str = ""
    passwords: tuple[str, ...] = field(default=(), repr=False)
    #: 64 MiB: what a kill may cost, against the number of objects.
    part_bytes: int = 64 << 20
    patience_seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class Choice:
    """What will be exported and why. `snapshot` None: the running instance is read."""

    export_id: str
    #: The snapshot's id, or what stands for the occasion of a live read.
    copy_id: str
    origin: Instance
    snapshot: Snapshot | None
    method: str
    reason: str
    skipped: tuple[Skipped, ...] = ()


def checked_method(method: str) -> str:
    """The method, when there is one of this name.

    Raises:
        Permanent: there is none.
    """
    if method not in METHODS:
        raise Permanent(
            f"There is no method {method!r}.", way_out=f"Use one of {', '.join(METHODS)}."
        )
    return method


def choose(services: Services, request: Request) -> Choice:
    """Settle the method, the snapshot and the export's id. Takes a snapshot only when told to.

    Raises:
        NotFound: Aura does not know the instance or the snapshot.
        Refused: there is nothing that can be exported this way; the message names the ways out.
    """
    origin = clones.origin_of(services, request.instance_id)
    method, reason = _method(origin, request)
    if method == LIVE:
        return _live(services, request, origin, reason)
    snapshot, skipped = _snapshot(services, request, origin)
    export_id = layout.export_id(origin.id, snapshot.id)
    return Choice(export_id, snapshot.id, origin, snapshot, CLONE, reason, skipped)


def _method(origin: Instance, request: Request) -> tuple[str, str]:
    tier = TIERS.get(origin.type)
    clonable = tier is None or tier.clonable
    title = tier.title if tier else origin.type
    if request.method == CLONE and not clonable:
        raise Refused(
            f"Instance {origin.name} ({origin.id}) is {title}, which Aura does not clone.",
            way_out="Use the method live, or auto.",
        )
    if request.method == AUTO and not clonable:
        return LIVE, f"{title} cannot be cloned, so the running instance is read"
    if request.method == LIVE:
        return LIVE, "asked for; what is written meanwhile may be half in it"
    return CLONE, "nobody writes to a clone, so the export is the snapshot's moment"


def _live(services: Services, request: Request, origin: Instance, reason: str) -> Choice:
    if request.snapshot_id not in {NEWEST, ""}:
        raise Refused(
            f"Snapshot {request.snapshot_id} cannot be read live: that reads what instance "
            f"{origin.id} holds now.",
            way_out="Leave the snapshot out, or use the method clone.",
        )
    if status.normal(origin.status) != status.RUNNING:
        raise Refused(
            f"Instance {origin.name} ({origin.id}) is {origin.status}; only a running one can be "
            "read.",
            way_out="Resume it first.",
        )
    occasion = request.occasion or f"{services.clock.now():%Y%m%dT%H%M%SZ}"
    copy_id = f"live-{occasion}"
    return Choice(layout.export_id(origin.id, copy_id), copy_id, origin, None, LIVE, reason)


def _snapshot(
    services: Services, request: Request, origin: Instance
) -> tuple[Snapshot, tuple[Skipped, ...]]:
    if request.snapshot_id == TAKE:
        taken = snapshots.take(
            services,
            snapshots.Request(origin.id, clones.owner_of(origin.id), request.patience_seconds),
        )
        return taken, ()
    if request.snapshot_id == NEWEST:
        return _newest(services, origin)
    return _named(services, origin, request.snapshot_id), ()


def _newest(services: Services, origin: Instance) -> tuple[Snapshot, tuple[Skipped, ...]]:
    wanted = selection.Wanted()
    choice = snapshots.newest_of(services, origin, wanted)
    if choice.snapshot is None:
        raise Refused(
            f"Instance {origin.name} ({origin.id}) has no {selection.describe(wanted)} to export "
            f"({_told(choice.skipped)}).",
            way_out=f"Take one: snapshot {TAKE!r} does.",
        )
    return choice.snapshot, choice.skipped


def _told(skipped: Iterable[Skipped]) -> str:
    named = [f"{each.snapshot_id} {each.reason}" for each in skipped][:_NAMED_SKIPPED]
    return "; ".join(named) or "there is none on the days that were looked at"


def _named(services: Services, origin: Instance, snapshot_id: str) -> Snapshot:
    snapshot = services.client.snapshots.get(origin.id, snapshot_id)
    now = services.clock.now()
    dated = replace(snapshot, timestamp=snapshot.timestamp or now)
    objection = selection.objection(dated, selection.Wanted(), now)
    if objection:
        raise Refused(
            f"Snapshot {snapshot_id} of instance {origin.name} ({origin.id}) {objection}; no clone "
            "can be made of it.",
            way_out="Export another one, or 'newest'.",
        )
    return snapshot
