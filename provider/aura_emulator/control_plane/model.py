"""What the store holds, as frozen dataclasses. Times are seconds since the epoch, sizes are GB."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """Instance states of the official v1 document (schema Instance), two more, and `gone`."""

    CREATING = "creating"
    DESTROYING = "destroying"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    SUSPENDING = "suspending"
    SUSPENDED = "suspended"
    RESUMING = "resuming"
    LOADING = "loading"
    LOADING_FAILED = "loading failed"
    RESTORING = "restoring"
    UPDATING = "updating"
    OVERWRITING = "overwriting"
    RESIZING = "resizing"
    UPGRADING = "upgrading"
    GONE = "gone"


class Kind(StrEnum):
    """How a snapshot came about. Aura shows only `profile`; retention depends on more than that."""

    FULL = "full"
    SHORT = "short"
    DIFFERENTIAL = "differential"
    ON_DEMAND = "on-demand"


class SnapshotStatus(StrEnum):
    """Snapshot states of the official v1 document, GET …/snapshots/{snapshotId}."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


@dataclass(frozen=True)
class Project:
    """A project (a tenant in v1 paths) and what it may do."""

    id: str
    name: str
    types: tuple[str, ...] | None = None  # None: every tier
    max_instances: int | None = None
    quotas: dict[str, int] = field(default_factory=dict)  # per instance type
    billing: bool = True
    secondaries: bool = True
    cdc: bool = True
    marketplace: bool = False


@dataclass(frozen=True)
class Credential:
    """An API credential; ``projects`` None sees every project."""

    client_id: str
    secret: str
    role: str = "project-admin"
    projects: tuple[str, ...] | None = None

    def sees(self, project_id: str) -> bool:
        """Whether the credential's user is a member of the project."""
        return self.projects is None or project_id in self.projects

    @property
    def changes(self) -> bool:
        """Whether the role may change anything; viewers only read."""
        return self.role in ("project-admin", "project-member")


@dataclass(frozen=True)
class Token:
    """An access token; `expires_at` is real time."""

    token: str
    client_id: str
    expires_at: float


@dataclass(frozen=True)
class Instance:
    """One instance.

    While an operation is under way, ``status`` is its busy state, ``deadline`` its end on the
    emulator's clock, ``next_status`` what follows, and ``changes`` (JSON) the fields that take
    effect then. ``slots_until`` is the moment up to which its snapshot schedule has been played.
    """

    id: str
    project_id: str
    name: str
    type: str
    version: str
    cloud_provider: str
    region: str
    memory: int
    storage: int
    vector_optimized: bool
    graph_analytics_plugin: bool
    secondaries_count: int | None
    cdc_enrichment_mode: str | None
    created_at: float
    status: str
    operation: str | None = None
    deadline: float | None = None
    next_status: str | None = None
    changes: str | None = None
    slots_until: float | None = None
    locked_until: float | None = None
    graph_nodes: int = 0
    graph_relationships: int = 0
    deleted_at: float | None = None


class Summary(NamedTuple):
    """What a list shows of an instance, so that a long one does not read whole instances."""

    id: str
    name: str
    project_id: str
    cloud_provider: str
    created_at: float


@dataclass(frozen=True)
class Key:
    """A customer-managed key. `id` is Aura's, `key_id` the cloud provider's.

    From ``ready_at`` on it is ready; None keeps it in ``status``. See `keys.status`.
    """

    id: str
    project_id: str
    name: str
    cloud_provider: str
    region: str
    instance_type: str
    key_id: str
    created_at: float
    status: str
    ready_at: float | None


@dataclass(frozen=True)
class Snapshot:
    """One snapshot. Its state is a function of these times and now; see `snapshots.status`.

    ``ends_at`` None never leaves Pending. ``exportable_until`` None is never exportable.
    ``end_status`` is InProgress as long as nobody has seen that its data is kept.
    Sizes and version are the instance's at that moment: a clone must fit them.
    """

    id: str
    instance_id: str
    profile: str
    kind: str
    taken_at: float
    begins_at: float
    ends_at: float | None
    end_status: str
    exportable_until: float | None
    restorable_until: float
    memory: int
    storage: int
    version: str
