"""The tiers as data: what each offers, how often it is snapshotted and how long that is kept.

Sources: Neo4j's Aura documentation (branches `console` and `main`, August 2025) for cadence and
retention, the official v1 document for types and versions, and the sizes that a provider tested
against the service accepts. Version "5" means the newest calendar version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aura_emulator.control_plane import regions
from aura_emulator.control_plane.model import Kind

LATEST: Final = "5"
LEGACY: Final = "4"
CLOUDS: Final = ("gcp", "aws", "azure")
MAX_SECONDARIES: Final = 15
VECTOR_MIN_MEMORY: Final = 4

_MEMORY: Final = (1, 2, 4, 8, 16, 24, 32, 48, 64, 128, 192, 256, 384, 512)
_STORAGE: Final = (
    2, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048,
)  # fmt: skip


@dataclass(frozen=True)
class Cadence:
    """Hours between scheduled snapshots of each kind; None is never."""

    full: int | None = None
    short: int | None = None
    differential: int | None = None


@dataclass(frozen=True)
class Keep:
    """Days for which a snapshot can be restored, and exported; 0 exportable days is never."""

    restorable: float
    exportable: float


Retention = dict[Kind, Keep]


@dataclass(frozen=True)
class Tier:
    """One value of the v1 field `type`."""

    type: str
    versions: tuple[str, ...]
    memory: tuple[int, ...]
    regions: regions.Regions
    adjustable_storage: bool = True
    vector: bool = False
    plugin: bool = False
    secondaries: bool = False
    cdc: bool = False
    metrics: bool = False
    customer_keys: bool = False
    dedicated: bool = False  # a Virtual Dedicated Cloud
    free: bool = False
    quota: int | None = None  # of one account, over all its projects
    max_nodes: int | None = None
    max_relationships: int | None = None

    def storages(self, memory: int, cloud: str, version: str) -> tuple[int, ...]:
        """The storage sizes offered with a memory size, the usual one first.

        1:2 everywhere. Adjustable storage exists on GCP with the newest version; the published
        list of sizes has no entry beyond 1:4, which is taken as the limit.
        """
        usual = memory * 2
        if not (self.adjustable_storage and cloud == "gcp" and version == LATEST):
            return (usual,)
        return (usual, *(size for size in _STORAGE if usual < size <= memory * 4))


def _between(low: int, high: int) -> tuple[int, ...]:
    return tuple(size for size in _MEMORY if low <= size <= high)


TIERS: Final[dict[str, Tier]] = {
    tier.type: tier
    for tier in (
        Tier(
            "free-db", (LEGACY, LATEST), (1,), regions.FREE,
            adjustable_storage=False, free=True, quota=1,
            max_nodes=200_000, max_relationships=400_000,
        ),
        Tier(
            "professional-db", (LEGACY, LATEST), _between(1, 128), regions.PROFESSIONAL,
            vector=True, plugin=True,
        ),
        Tier(
            "business-critical", (LATEST,), _between(2, 512), regions.BUSINESS_CRITICAL,
            vector=True, secondaries=True, cdc=True, metrics=True,
        ),
        Tier(
            "enterprise-db", (LEGACY, LATEST), _between(2, 512), regions.DEDICATED,
            vector=True, secondaries=True, cdc=True, metrics=True, customer_keys=True,
            dedicated=True,
        ),
        Tier(
            "professional-ds", (LATEST,), _between(2, 384), regions.PROFESSIONAL,
            adjustable_storage=False,
        ),
        Tier(
            "enterprise-ds", (LATEST,), _between(2, 384), regions.DEDICATED,
            adjustable_storage=False, customer_keys=True,
        ),
    )
}  # fmt: skip

_NEVER: Final = Cadence()
_DAILY: Final = Cadence(full=24)
_DAILY_AND_HOURLY: Final = Cadence(full=24, differential=1)
_SIX_HOURLY: Final = Cadence(full=24, short=6)


def cadence(tier_type: str, version: str) -> Cadence:
    """How often a tier takes scheduled snapshots."""
    match tier_type:
        case "free-db":
            return _NEVER
        case "business-critical":
            return _DAILY_AND_HOURLY
        case "enterprise-db":
            return _DAILY_AND_HOURLY if version == LATEST else _SIX_HOURLY
        case _:
            return _DAILY


def _keeps(on_demand: float, full: tuple[float, float], differential: float = 0) -> Retention:
    kept = {Kind.ON_DEMAND: Keep(on_demand, on_demand), Kind.FULL: Keep(*full)}
    return kept | {Kind.DIFFERENTIAL: Keep(differential, 0)}


_DEDICATED_LEGACY: Final = {**_keeps(90, (60, 14)), Kind.SHORT: Keep(7, 7)}

_CONSOLE: Final[dict[str, Retention]] = {
    "free-db": _keeps(30, (0, 0)),  # this table gives no number for Free: the other's is used
    "professional-db": _keeps(7, (7, 7)),
    "business-critical": _keeps(30, (30, 30), differential=30),
    "enterprise-db": _keeps(90, (60, 60), differential=60),
    "professional-ds": _keeps(30, (7, 7)),
    "enterprise-ds": _keeps(90, (14, 7)),
}
_CLASSIC: Final[dict[str, Retention]] = {
    "free-db": _keeps(30, (0, 0)),
    "professional-db": _keeps(30, (30, 7)),
    "business-critical": _keeps(30, (30, 7), differential=30),
    "enterprise-db": _keeps(90, (60, 14), differential=60),
    "professional-ds": _keeps(30, (7, 7)),
    "enterprise-ds": _keeps(90, (14, 14)),
}


def retention(tier_type: str, version: str, table: str) -> Retention:
    """How long each kind of snapshot is kept, by the `console` or the `classic` table."""
    if tier_type == "enterprise-db" and version == LEGACY:
        return _DEDICATED_LEGACY
    return (_CLASSIC if table == "classic" else _CONSOLE)[tier_type]
