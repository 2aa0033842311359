import pytest

from pulumi_neo4j_aura.planning.canonical import (
    COMPARED,
    comparable_declared,
    comparable_live,
    live_value,
)
from support.fakes import live
from unit.domain.declarations import declared


def test_only_declared_settings_are_managed_and_sizes_have_one_spelling():
    """None means that whatever Aura has is fine."""
    assert comparable_declared(declared(memory="8 gb", storage="16", secondaries_count=0)) == {
        "name": "orders",
        "type": "professional-db",
        "memory": "8GB",
        "storage": "16GB",
        "secondaries_count": 0,
    }


def test_what_cannot_change_is_not_compared():
    """A region or a version has no step; the resource replaces the instance."""
    assert set(COMPARED).isdisjoint({"region", "cloud_provider", "version", "project_id"})


def test_a_live_instance_has_defaults_where_aura_leaves_a_switch_out():
    """Off is what Aura means by a missing switch; a missing size is simply not known."""
    assert comparable_live(live(memory="4gb", storage=None)) == {
        "name": "orders",
        "type": "professional-db",
        "memory": "4GB",
        "vector_optimized": False,
        "graph_analytics_plugin": False,
        "secondaries_count": 0,
        "cdc_enrichment_mode": "OFF",
        "paused": False,
    }


@pytest.mark.parametrize(
    ("status", "paused"),
    [("running", False), ("Paused", True), ("pausing", ...), ("resuming", ...), ("odd", ...),
     ("loading failed", ...)],
)  # fmt: skip
def test_paused_is_known_only_of_an_idle_instance(status, paused):
    """In between, nobody can say."""
    assert comparable_live(live(status=status)).get("paused", ...) == paused


def test_an_empty_text_is_unknown():
    """While an instance is being created, Aura's answer may leave its sizes empty."""
    seen = comparable_live(live(name="", type="", memory="", storage=None))
    assert not {"name", "type", "memory", "storage"} & set(seen)


@pytest.mark.parametrize(
    ("fields", "key", "declared", "seen"),
    [
        ({}, "memory", "8GB", "4GB"),
        ({"memory": None}, "memory", "8GB", "8GB"),
        ({"status": "pausing"}, "paused", True, True),
        ({"cdc_enrichment_mode": None}, "cdc_enrichment_mode", "FULL", "OFF"),
    ],
)
def test_the_live_value_of_a_setting_is_the_declared_one_where_aura_does_not_say(
    fields, key, declared, seen
):
    """A refresh must not show drift in what nobody saw."""
    assert live_value(live(**fields), key, declared) == seen
