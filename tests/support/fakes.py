"""An Aura in memory for tests of effects: it remembers every call and fails as it is told to.

It speaks the language of `AuraClient`, not of HTTP: same methods, same values, same errors. Time is
the test's `FakeClock`, so that a busy operation ends when somebody slept long enough.
"""

import functools
import itertools
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar, cast

from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.domain import status
from pulumi_neo4j_aura.domain.instance import (
    CreatedInstance,
    Instance,
    InstanceChanges,
    InstanceSummary,
    NewInstance,
)
from pulumi_neo4j_aura.domain.project import Project, ProjectSummary
from pulumi_neo4j_aura.domain.snapshot import AD_HOC, COMPLETED, PENDING, Snapshot
from pulumi_neo4j_aura.errors import Busy, NotFound
from pulumi_neo4j_aura.execution.listing import Listing
from pulumi_neo4j_aura.execution.projects import Projects
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.settings import Settings
from pulumi_neo4j_aura.vault.journal import Journal
from support.clock import FakeClock

API_URL = "https://aura.test"
PROJECT = "project-1"

P = ParamSpec("P")
T = TypeVar("T")


#: What a new instance takes over from its create as it is.
_SHARED = ("name", "project_id", "cloud_provider", "region", "type", "memory")


class Killed(BaseException):
    """The process dies here: nothing that our code could catch."""


@dataclass(frozen=True)
class Call:
    """One call as Aura got it: `instances.create` and its arguments."""

    name: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Then:
    """A scripted item: do it, and then raise `error`. The answer is lost, the effect is there."""

    error: BaseException


#: A scripted item: behave as usual this once.
USUAL = object()


@dataclass
class Row(Generic[T]):
    """An instance or snapshot in memory, and the operation that is under way on it."""

    seen: T
    #: Fields that it has when the operation ends; None: it is gone then.
    result: dict[str, Any] | None = None
    ends_at: float | None = None
    listed_from: float = 0.0
    known_from: float = 0.0


class FakeAura:
    """Instances, projects and snapshots in memory.

    Attributes:
        calls: every call that reached Aura, oldest first.
        busy_seconds: how long an operation takes.
        list_lag: seconds for which a new instance is missing from lists.
        get_lag: seconds for which a get of a new instance says 404.
        zone: the zone in which a day of the snapshot list begins.
        reported: what `make_services` was told to show as progress.
        warned: what it was told to warn about.
        before: called with each call before it has any effect.
    """

    api_url = API_URL

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.calls: list[Call] = []
        self.scripts: dict[str, deque[Any]] = {}
        self.rows: dict[str, Row[Instance]] = {}
        self.taken: dict[str, Row[Snapshot]] = {}
        self.offers: dict[str, Project] = {PROJECT: Project(PROJECT, "Orders")}
        self.busy_seconds = 60.0
        self.list_lag = 0.0
        self.get_lag = 0.0
        self.ends_as = COMPLETED
        self.zone: tzinfo = UTC
        self.reported: list[str] = []
        self.warned: list[str] = []
        self.before: Callable[[Call], None] = lambda _call: None
        self.numbers = itertools.count(0xAB120001)
        self._lock = threading.RLock()
        self.instances = FakeInstances(self)
        self.projects = FakeProjects(self)
        self.snapshots = FakeSnapshots(self)

    def script(self, name: str, *items: object) -> None:
        """What the next calls of `name` do.

        An item is an exception to raise, `Then` (act, then raise), `USUAL`, a function that makes
        the answer, or the answer itself.
        """
        self.scripts.setdefault(name, deque()).extend(items)

    def add(self, **fields: Any) -> Instance:
        """An instance that is there already."""
        instance = live(**fields)
        self.rows[instance.id] = Row(instance)
        return instance

    def add_snapshot(self, **fields: Any) -> Snapshot:
        """A snapshot that is there already."""
        snapshot = taken(**fields)
        self.taken[snapshot.id] = Row(snapshot)
        return snapshot

    def begin(self, instance_id: str, busy: str, result: dict[str, Any] | None) -> Instance:
        """Put an instance under an operation that ends after `busy_seconds`."""
        row = self.rows[instance_id]
        row.seen = replace(row.seen, status=busy)
        row.result, row.ends_at = result, self.clock.monotonic() + self.busy_seconds
        return row.seen

    def sent(self, name: str) -> list[Call]:
        """The calls of this name, oldest first."""
        return [call for call in self.calls if call.name == name]

    @property
    def alive(self) -> list[Instance]:
        """The instances that are there now, and cost money."""
        self.settle()
        return [row.seen for row in self.rows.values()]

    def serve(self, name: str, arguments: tuple[Any, ...], act: Callable[[], T]) -> T:
        """Remember one call and do what the script, or else `act`, says."""
        with self._lock:
            call = Call(name, arguments)
            self.before(call)
            self.calls.append(call)
            self.settle()
            queue = self.scripts.get(name)
            item = queue.popleft() if queue else USUAL
            if isinstance(item, BaseException):
                raise item
            if isinstance(item, Then):
                act()
                raise item.error
            if item is USUAL:
                return act()
            return cast(T, item() if callable(item) else item)

    def settle(self) -> None:
        """End the operations whose time has come."""
        for rows in (self.rows, self.taken):
            for key, row in list(cast(dict[str, Row[Any]], rows).items()):
                if row.ends_at is None or self.clock.monotonic() < row.ends_at:
                    continue
                row.ends_at = None
                if row.result is None:
                    del rows[key]
                else:
                    row.seen = replace(row.seen, **row.result)


def served(method: Callable[P, T]) -> Callable[P, T]:
    """A method that is a call to Aura: remembered and scripted under its group and name."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        group: Any = args[0]
        name = f"{group.called}.{method.__name__}"
        given = (*args[1:], *kwargs.values())
        return cast(T, group.aura.serve(name, given, lambda: method(*args, **kwargs)))

    return call


@dataclass
class FakeInstances:
    """`aura.instances` in memory; the promises are those of `AuraClient.instances`."""

    aura: FakeAura
    called = "instances"

    @served
    def list(self, project_id: str | None = None) -> tuple[InstanceSummary, ...]:
        now = self.aura.clock.monotonic()
        shown = (row.seen for row in self.aura.rows.values() if row.listed_from <= now)
        return tuple(
            InstanceSummary(each.id, each.name, each.project_id, "gcp", each.created_at)
            for each in shown
            if project_id in (None, each.project_id)
        )

    @served
    def get(self, instance_id: str) -> Instance:
        return self._known(instance_id)

    @served
    def create(self, new: NewInstance) -> CreatedInstance:
        aura, now = self.aura, self.aura.clock.monotonic()
        made = f"{next(aura.numbers):08x}"
        fields = {key: getattr(new, key) for key in _SHARED}
        aura.add(id=made, created_at=aura.clock.now(), **fields)
        aura.begin(made, "creating", {"status": status.RUNNING})
        row = aura.rows[made]
        row.listed_from, row.known_from = now + aura.list_lag, now + aura.get_lag
        url = f"neo4j+s://{made}.databases.neo4j.io"
        return CreatedInstance(made, new.name, new.project_id, url, "neo4j", f"password-of-{made}")

    @served
    def update(self, instance_id: str, changes: InstanceChanges) -> Instance:
        self._idle(instance_id)
        names = InstanceChanges.__slots__
        given = {key: value for key in names if (value := getattr(changes, key)) is not None}
        if set(given) == {"name"}:
            row = self.aura.rows[instance_id]
            row.seen = replace(row.seen, name=given["name"])
            return row.seen
        return self._begin(instance_id, "updating", **given)

    @served
    def delete(self, instance_id: str) -> Instance | None:
        self._idle(instance_id)
        return self.aura.begin(instance_id, status.DESTROYING, None)

    @served
    def pause(self, instance_id: str) -> Instance:
        return self._begin(instance_id, "pausing", status=status.PAUSED)

    @served
    def resume(self, instance_id: str) -> Instance:
        return self._begin(instance_id, "resuming")

    @served
    def overwrite(
        self, instance_id: str, source_instance_id: str, source_snapshot_id: str | None = None
    ) -> Instance:
        return self._begin(instance_id, "overwriting")

    @served
    def upgrade(
        self, instance_id: str, *, memory: str | None = None, storage: str | None = None
    ) -> Instance:
        sizes = {"memory": memory, "storage": storage} if memory else {}
        return self._begin(instance_id, "upgrading", type="business-critical", **sizes)

    def _begin(self, instance_id: str, busy: str, **result: Any) -> Instance:
        self._idle(instance_id)
        return self.aura.begin(instance_id, busy, {"status": status.RUNNING} | result)

    def _known(self, instance_id: str) -> Instance:
        row = self.aura.rows.get(instance_id)
        if row is None or row.known_from > self.aura.clock.monotonic():
            raise gone(instance_id)
        return row.seen

    def _idle(self, instance_id: str) -> None:
        if status.busy(self._known(instance_id).status):
            raise busy()


@dataclass
class FakeProjects:
    """`aura.projects` in memory."""

    aura: FakeAura
    called = "projects"

    @served
    def list(self) -> tuple[ProjectSummary, ...]:
        return tuple(ProjectSummary(each.id, each.name) for each in self.aura.offers.values())

    @served
    def get(self, project_id: str) -> Project:
        if project_id not in self.aura.offers:
            raise NotFound(f"no project {project_id}", status=404, reason="tenant-not-found")
        return self.aura.offers[project_id]


@dataclass
class FakeSnapshots:
    """`aura.snapshots` in memory."""

    aura: FakeAura
    called = "snapshots"

    @served
    def list(self, instance_id: str, date: date | None = None) -> tuple[Snapshot, ...]:
        zone = self.aura.zone
        day = date or self.aura.clock.now().astimezone(zone).date()

        def fits(seen: Snapshot) -> bool:
            taken_on = seen.timestamp and seen.timestamp.astimezone(zone).date()
            return seen.instance_id == instance_id and taken_on == day

        return tuple(filter(fits, (row.seen for row in self.aura.taken.values())))

    @served
    def get(self, instance_id: str, snapshot_id: str) -> Snapshot:
        row = self.aura.taken.get(snapshot_id)
        if row is None or row.seen.instance_id != instance_id:
            raise NotFound("no such snapshot", status=404, reason="snapshot-not-found")
        return row.seen

    @served
    def take(self, instance_id: str) -> str:
        aura = self.aura
        if any(row.ends_at for row in aura.taken.values()):
            raise busy("snapshot-not-allowed")
        made = f"snapshot-{len(aura.taken) + 1}"
        fields = {"id": made, "instance_id": instance_id, "timestamp": aura.clock.now()}
        aura.add_snapshot(status=PENDING, exportable=False, **fields)
        row = aura.taken[made]
        row.ends_at = aura.clock.monotonic() + aura.busy_seconds
        row.result = {"status": aura.ends_as, "exportable": aura.ends_as == COMPLETED}
        return made

    @served
    def restore(self, instance_id: str, snapshot_id: str) -> Instance:
        return self.aura.begin(instance_id, "restoring", {"status": status.RUNNING})


def gone(instance_id: str = "ab12cd34") -> NotFound:
    """Aura's own 404."""
    return NotFound(f"DB not found: {instance_id}", status=404, reason="db-not-found")


def busy(reason: str = "ongoing-database-operation") -> Busy:
    """Aura's 409 while another operation is under way."""
    return Busy("the database is undergoing an operation", status=409, reason=reason)


def live(**fields: Any) -> Instance:
    """A running instance; `fields` replace what it has."""
    usual: dict[str, Any] = {
        "id": "ab12cd34",
        "name": "orders",
        "status": status.RUNNING,
        "project_id": PROJECT,
        "cloud_provider": "gcp",
        "region": "europe-west1",
        "type": "professional-db",
        "memory": "4GB",
        "storage": "8GB",
        "connection_url": "neo4j+s://ab12cd34.databases.neo4j.io",
    }
    return Instance(**(usual | fields))


def taken(**fields: Any) -> Snapshot:
    """A completed, exportable on-demand snapshot of that instance."""
    usual: dict[str, Any] = {
        "id": "snapshot-0",
        "instance_id": "ab12cd34",
        "status": COMPLETED,
        "profile": AD_HOC,
        "timestamp": datetime(2026, 11, 22, 6, 0, tzinfo=UTC),
        "exportable": True,
    }
    return Snapshot(**(usual | fields))


def make_services(aura: FakeAura, tmp_path: Path, clock: FakeClock, **settings: Any) -> Services:
    """What effects need, around a fake Aura.

    Called again, it is the next process of the machine: a new cache and the same journal.
    """
    return Services(
        client=cast(AuraClient, aura),
        journal=Journal(tmp_path / "journal", clock),
        clock=clock,
        settings=Settings(**settings),
        listing=Listing(aura.instances.list, clock),
        projects=Projects(aura.projects.get),
        report=aura.reported.append,
        warn=aura.warned.append,
    )
