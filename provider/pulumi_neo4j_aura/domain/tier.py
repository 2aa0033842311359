"""What each tier allows, keeps and lets go of, as data.

Source: the Aura documentation's tables of snapshot retention and tier limits (console edition,
August 2025) and the v1 document's notes on tiers. Aura changes these, and the classic edition of
the same week differs; `instance_configurations` of a project outranks everything here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

FREE = "free-db"
PROFESSIONAL = "professional-db"
BUSINESS_CRITICAL = "business-critical"
DEDICATED = "enterprise-db"
DS_PROFESSIONAL = "professional-ds"
DS_ENTERPRISE = "enterprise-ds"

#: Vector optimisation needs this much memory (v1 document and docs: 4 GB and more).
VECTOR_GIGABYTES = 4

#: Docs: 0 to 15 secondaries.
MOST_SECONDARIES = 15

CLOUDS = ("aws", "azure", "gcp")


@dataclass(frozen=True, slots=True)
class Tier:
    """One instance type. Spans are None where Aura does not offer the thing or does not say."""

    type: str
    title: str
    clonable: bool = True
    pausable: bool = True
    resizable: bool = True
    secondaries: bool = False
    change_capture: bool = False
    graph_analytics_plugin: bool = False
    customer_managed_keys: bool = False
    #: How much it holds; None: its storage is the limit.
    most_nodes: int | None = None
    most_relationships: int | None = None
    #: How long an on-demand snapshot stays exportable, from its timestamp.
    on_demand_exportable: timedelta | None = None
    #: How long a scheduled (full) snapshot stays exportable.
    scheduled_exportable: timedelta | None = None
    #: How often Aura takes a snapshot by itself that can be exported (a full one).
    scheduled_every: timedelta | None = None

    @property
    def longest_exportable(self) -> timedelta | None:
        """The longest that any snapshot of this tier stays exportable, if the tier exports."""
        spans = (self.on_demand_exportable, self.scheduled_exportable)
        return max((span for span in spans if span), default=None)


def _days(count: int) -> timedelta:
    return timedelta(days=count)


TIERS: Mapping[str, Tier] = {
    tier.type: tier
    for tier in (
        Tier(
            FREE,
            "AuraDB Free",
            clonable=False,
            pausable=False,
            resizable=False,
            most_nodes=200_000,  # Aura's documentation of AuraDB Free
            most_relationships=400_000,
        ),
        Tier(
            PROFESSIONAL,
            "AuraDB Professional",
            graph_analytics_plugin=True,
            on_demand_exportable=_days(7),
            scheduled_exportable=_days(7),
            scheduled_every=_days(1),
        ),
        Tier(
            BUSINESS_CRITICAL,
            "AuraDB Business Critical",
            secondaries=True,
            change_capture=True,
            on_demand_exportable=_days(30),
            scheduled_exportable=_days(30),
            scheduled_every=_days(1),
        ),
        Tier(
            DEDICATED,
            "AuraDB Virtual Dedicated Cloud",
            secondaries=True,
            change_capture=True,
            customer_managed_keys=True,
            on_demand_exportable=_days(90),
            scheduled_exportable=_days(60),
            scheduled_every=_days(1),
        ),
        Tier(
            DS_PROFESSIONAL,
            "AuraDS Professional",
            on_demand_exportable=_days(30),
            scheduled_exportable=_days(7),
            scheduled_every=_days(1),
        ),
        Tier(
            DS_ENTERPRISE,
            "AuraDS Enterprise",
            customer_managed_keys=True,
            on_demand_exportable=_days(90),
            scheduled_exportable=_days(7),
            scheduled_every=_days(1),
        ),
    )
}


def upgrade_in_place(old: str, new: str) -> bool:
    """Whether Aura turns `old` into `new` on the same instance (v1: POST …/upgrade)."""
    return (old, new) == (PROFESSIONAL, BUSINESS_CRITICAL)
