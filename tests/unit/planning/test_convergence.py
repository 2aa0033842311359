from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain.instance import InstanceChanges
from pulumi_neo4j_aura.planning.canonical import COMPARED, comparable_live
from pulumi_neo4j_aura.planning.convergence import (
    Change,
    Impossible,
    Pause,
    Resume,
    Step,
    Upgrade,
    next_step,
)
from support.fakes import live

ONLY = "only professional-db to business-critical is possible in place"


@pytest.mark.parametrize(
    ("wanted", "fields", "step"),
    [
        ({}, {}, None),
        ({"name": "orders", "memory": "4GB", "paused": False}, {}, None),
        ({"name": "new"}, {}, Change(InstanceChanges(name="new"))),
        ({"memory": "8GB"}, {}, Change(InstanceChanges(memory="8GB"))),
        ({"memory": "8GB", "storage": "16GB", "vector_optimized": True}, {},
         Change(InstanceChanges(memory="8GB", storage="16GB", vector_optimized=True))),
        ({"graph_analytics_plugin": True}, {},
         Change(InstanceChanges(graph_analytics_plugin=True))),
        ({"secondaries_count": 2}, {}, Change(InstanceChanges(secondaries_count=2))),
        ({"secondaries_count": 0}, {"secondaries_count": 2},
         Change(InstanceChanges(secondaries_count=0))),
        ({"cdc_enrichment_mode": "FULL"}, {}, Change(InstanceChanges(cdc_enrichment_mode="FULL"))),
        ({"paused": True}, {}, Pause()),
        ({"paused": False}, {"status": "paused"}, Resume()),
        ({"paused": True}, {"status": "paused"}, None),
        ({"type": "business-critical"}, {}, Upgrade()),
        ({"type": "business-critical", "memory": "8GB", "storage": "16GB"}, {},
         Upgrade("8GB", "16GB")),
        ({"type": "business-critical", "memory": "4GB", "storage": "16GB"}, {},
         Upgrade("4GB", "16GB")),
        ({"type": "business-critical", "memory": "4GB", "storage": "8GB"}, {}, Upgrade()),
        ({"type": "enterprise-db"}, {},
         Impossible("Aura cannot turn a professional-db instance into a enterprise-db one; "
                    f"{ONLY}")),
        ({"type": "professional-db"}, {"type": "business-critical"},
         Impossible("Aura cannot turn a business-critical instance into a professional-db one; "
                    f"{ONLY}")),
    ],
)  # fmt: skip
def test_the_next_step(wanted, fields, step):
    """One step for what differs, none for what does not."""
    assert next_step(wanted, live(**fields)) == step


def test_an_upgrade_never_sends_one_size_with_the_old_value_of_the_other():
    """A memory that is declared alone is resized afterwards, and its storage follows it.

    Sent with the storage that it has, the pair would be one that Aura does not offer.
    """
    wanted = {"type": "business-critical", "memory": "8GB"}

    assert next_step(wanted, live()) == Upgrade()
    assert next_step(wanted, live(type="business-critical")) == Change(
        InstanceChanges(memory="8GB")
    )


def test_steps_have_one_order():
    """Resume, upgrade, sizes, secondaries, change capture, name, and pause as the last."""
    wanted = {
        "type": "business-critical",
        "vector_optimized": True,
        "secondaries_count": 2,
        "cdc_enrichment_mode": "DIFF",
        "name": "new",
        "paused": False,
    }
    assert steps(wanted, live(status="paused")) == [
        Resume(),
        Upgrade(),
        Change(InstanceChanges(vector_optimized=True)),
        Change(InstanceChanges(secondaries_count=2)),
        Change(InstanceChanges(cdc_enrichment_mode="DIFF")),
        Change(InstanceChanges(name="new")),
    ]
    assert steps({"paused": True, "name": "new", "memory": "8GB"}, live()) == [
        Change(InstanceChanges(memory="8GB")),
        Change(InstanceChanges(name="new")),
        Pause(),
    ]


def apply(instance, step):
    """The instance as Aura leaves it after a step."""
    match step:
        case Pause():
            return replace(instance, status="paused")
        case Resume():
            return replace(instance, status="running")
        case Upgrade(memory, storage):
            sizes = {"memory": memory, "storage": storage} if memory else {}
            return replace(instance, type="business-critical", **sizes)
        case Change(changes):
            given_ = {key: value for key, value in asdict(changes).items() if value is not None}
            return replace(instance, **given_)
    raise AssertionError(step)


def steps(wanted, instance, most=12):
    """The steps taken until none is left."""
    taken: list[Step] = []
    while (step := next_step(wanted, instance)) is not None and len(taken) < most:
        taken.append(step)
        if isinstance(step, Impossible):
            break
        instance = apply(instance, step)
    return taken


SIZES = st.sampled_from(["2GB", "4GB", "8GB"])
TYPES = st.sampled_from(["professional-db", "business-critical"])
SETTINGS = {
    "name": st.sampled_from(["orders", "new", "~"]),
    "type": TYPES,
    "memory": SIZES,
    "storage": SIZES,
    "vector_optimized": st.booleans(),
    "graph_analytics_plugin": st.booleans(),
    "secondaries_count": st.integers(0, 15),
    "cdc_enrichment_mode": st.sampled_from(["OFF", "DIFF", "FULL"]),
}
WANTED = st.fixed_dictionaries({}, optional={**SETTINGS, "paused": st.booleans()})
LIVE = st.fixed_dictionaries(
    {"status": st.sampled_from(["running", "paused"])},
    optional={key: values | st.none() for key, values in SETTINGS.items() if key != "name"},
).map(lambda fields: live(**fields))


@given(LIVE, st.sets(st.sampled_from(COMPARED)))
def test_an_instance_that_is_as_wanted_needs_no_step(instance, managed):
    """A plan for an unchanged world is empty, whatever part of it is managed."""
    seen = comparable_live(instance)
    assert next_step({key: seen[key] for key in managed & seen.keys()}, instance) is None


@given(WANTED, LIVE)
def test_steps_lead_to_what_is_wanted_and_none_is_taken_twice(wanted, instance):
    """At most one step for each group of settings, and then nothing differs that is known."""
    taken = steps(wanted, instance)
    if taken and isinstance(taken[-1], Impossible):
        assert len([step for step in taken if step != Resume()]) == 1
        return
    for step in taken:
        instance = apply(instance, step)
    seen = comparable_live(instance)

    assert len(taken) <= 7
    assert all(step not in taken[:index] for index, step in enumerate(taken))
    assert {key: value for key, value in wanted.items() if key in seen}.items() <= seen.items()


@given(WANTED, LIVE)
def test_settings_that_are_not_managed_never_change(wanted, instance):
    """None means: leave it alone."""
    after = instance
    for step in steps(wanted, instance):
        if not isinstance(step, Impossible):
            after = apply(after, step)
    unmanaged = set(SETTINGS) - set(wanted)

    assert {key: getattr(after, key) for key in unmanaged} == {
        key: getattr(instance, key) for key in unmanaged
    }
    if "paused" not in wanted:
        assert after.status == instance.status


@given(WANTED, st.sampled_from(["creating", "updating", "odd", ""]))
def test_unknown_live_values_never_produce_a_step(wanted, status):
    """What Aura does not say is not a difference; a switch left out is off, and known."""
    unknown = live(name="", type="", memory=None, storage="", status=status)
    switches = {"vector_optimized", "graph_analytics_plugin", "secondaries_count",
                "cdc_enrichment_mode"}  # fmt: skip

    assert next_step({key: wanted[key] for key in set(wanted) - switches}, unknown) is None
