from datetime import timedelta

import pytest

from pulumi_neo4j_aura.domain import tier
from pulumi_neo4j_aura.domain.tier import TIERS

SIX = ("free-db", "professional-db", "business-critical", "enterprise-db", "professional-ds",
       "enterprise-ds")  # fmt: skip


def test_there_is_a_tier_for_each_type_of_the_api():
    """The v1 document's enum, each under its own name."""
    assert set(TIERS) == set(SIX)
    assert all(each.type == key for key, each in TIERS.items())


@pytest.mark.parametrize(
    ("kind", "days"),
    [
        ("free-db", None),
        ("professional-db", 7),
        ("business-critical", 30),
        ("enterprise-db", 90),
        ("professional-ds", 30),
        ("enterprise-ds", 90),
    ],
)
def test_the_longest_exportable_span_is_that_of_the_better_kind_of_snapshot(kind, days):
    """On demand or scheduled, whichever lasts longer; Free exports nothing."""
    expected = None if days is None else timedelta(days=days)
    assert TIERS[kind].longest_exportable == expected


def test_only_free_cannot_be_cloned_paused_or_resized():
    """Aura documentation, tier limits."""
    for able in ("clonable", "pausable", "resizable"):
        assert [key for key in SIX if not getattr(TIERS[key], able)] == ["free-db"]


@pytest.mark.parametrize(
    ("able", "kinds"),
    [
        ("secondaries", {"business-critical", "enterprise-db"}),
        ("change_capture", {"business-critical", "enterprise-db"}),
        ("graph_analytics_plugin", {"professional-db"}),
        ("customer_managed_keys", {"enterprise-db", "enterprise-ds"}),
    ],
)
def test_each_capability_belongs_to_its_tiers(able, kinds):
    """The tables of the Aura documentation."""
    assert {key for key in SIX if getattr(TIERS[key], able)} == kinds


def test_only_professional_to_business_critical_happens_in_place():
    """Every other change of type is another instance (v1: POST …/upgrade)."""
    pairs = [(old, new) for old in SIX for new in SIX if tier.upgrade_in_place(old, new)]
    assert pairs == [("professional-db", "business-critical")]
