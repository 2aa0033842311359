"""The life of each resource, as the engine lives it: over gRPC, in a process of its own."""

import pytest
from pulumi.runtime.proto import provider_pb2

from pulumi_neo4j_aura.resources.providers import (
    InstanceReadinessProvider,
    InstanceRequestProvider,
    SnapshotProvider,
)
from support.resources import instance_inputs, is_gone, live
from support.wire import UNKNOWN, CallFailed

DIFF_UNKNOWN = provider_pb2.DiffResponse.DIFF_UNKNOWN


def readiness_inputs(outputs):
    return {key: outputs[key] for key in ("instance_id", "api_url", "operation")}


@pytest.fixture
def critical(declared):
    """Business Critical, with a number among its inputs."""
    fixed = {"type": "business-critical", "secondaries_count": 1.0, "deletion_protection": False}
    return lambda **changes: declared(**fixed, **changes)


def test_an_instance_lives_and_dies(plugin, control, critical):
    """Check, create, readiness, read, diff, update, readiness again, delete."""
    request = plugin.resource(InstanceRequestProvider)
    readiness = plugin.resource(InstanceReadinessProvider)

    checked = request.check(critical())
    assert checked.failures == {}
    id_, outputs = request.create(checked.inputs)
    assert live(control, id_)["status"] == "creating"
    waiting = readiness.check(readiness_inputs(outputs))
    ready_id, ready = readiness.create(waiting.inputs)
    assert (ready["name"], ready["status"]) == ("orders", "running")
    assert live(control, id_)["secondaries_count"] == 1

    again = request.check(critical(), checked.inputs)
    assert again.inputs == checked.inputs
    assert list(request.diff(id_, outputs, again.inputs).replaces) == []

    control.change_instance(id_, memory="8GB")
    seen_id, seen, drifted = request.read(id_, outputs)
    assert seen_id == id_
    assert drifted == {**checked.inputs, "memory": "8GB"}
    assert seen["password"] == outputs["password"]

    changed = request.check(critical(memory="4GB"), drifted)
    outputs = request.update(id_, seen, changed.inputs)
    assert live(control, id_)["memory"] == "4GB"
    ready = readiness.update(ready_id, ready, readiness_inputs(outputs))
    assert readiness.read(ready_id, ready)[0] == ready_id

    readiness.delete(ready_id, ready)
    request.delete(id_, outputs)
    assert is_gone(control, id_)
    assert request.read(id_, outputs)[0] == "", "refresh removes it from the state"


def test_a_snapshot_lives_and_is_forgotten(plugin, control, declared):
    """Check, diff, create, read, update, delete."""
    request = plugin.resource(InstanceRequestProvider)
    id_, _ = request.create(request.check(declared()).inputs)
    snapshots = plugin.resource(SnapshotProvider)

    checked = snapshots.check({"instance_id": id_, "owner": "5a5a5a5a", "triggers": {"n": 1.0}})
    assert checked.failures == {}
    snapshot_id, outputs = snapshots.create(checked.inputs)

    assert outputs["available"] is True
    assert snapshots.read(snapshot_id, outputs) == (snapshot_id, outputs, checked.inputs)
    later = snapshots.check({"instance_id": id_, "triggers": {"n": 2.0}}, checked.inputs)
    assert list(snapshots.diff(snapshot_id, outputs, later.inputs).replaces) == ["triggers"]
    longer = {**checked.inputs, "wait_timeout": "2h"}
    assert snapshots.update(snapshot_id, outputs, longer) == {**outputs, "wait_timeout": "2h"}
    snapshots.delete(snapshot_id, outputs)
    assert [each["snapshot_id"] for each in control.snapshots(id_)].count(snapshot_id) == 1


def test_diff_leaves_the_comparison_to_the_engine(plugin, declared):
    """`changes` unknown: property diffs, `ignore_changes` and `replace_on_changes` work."""
    request = plugin.resource(InstanceRequestProvider)
    inputs = request.check(declared(owner="0000cafe")).inputs

    changed = request.diff("0badcafe", inputs, {**inputs, "region": "europe-west2"})

    assert changed.changes == DIFF_UNKNOWN
    assert list(changed.replaces) == ["region"]
    assert not changed.deleteBeforeReplace, "the program's own option decides"


def test_a_replacement_of_a_half_made_instance_makes_another_one(plugin, control, declared):
    """Diff names the state's instance to create: the same process, as in every `up`."""
    request = plugin.resource(InstanceRequestProvider)
    inputs = request.check(declared(deletion_protection=False)).inputs
    first, outputs = request.create(inputs)
    program = declared(deletion_protection=False, generation="2")

    changed = request.check(program, inputs)
    assert list(request.diff(first, outputs, changed.inputs).replaces) == ["generation"]
    second, _ = request.create(request.check(program).inputs)
    request.delete(first, outputs)

    assert first != second
    assert is_gone(control, first)
    assert not is_gone(control, second)


def test_unknown_values_come_back_unknown(plugin, declared):
    """At the top and deep inside, as the engine wrote them."""
    request = plugin.resource(InstanceRequestProvider)
    source = {"kind": "snapshot", "instance_id": "0badcafe", "snapshot_id": UNKNOWN}

    checked = request.check(declared(memory=UNKNOWN, source=source))

    assert checked.failures == {}
    assert checked.inputs["memory"] == UNKNOWN
    assert checked.inputs["source"] == source
    assert list(request.diff("0badcafe", declared(), checked.inputs).replaces) == []


def test_a_readiness_whose_instance_is_not_known_yet_passes_check(plugin):
    """The preview of a first `up`."""
    readiness = plugin.resource(InstanceReadinessProvider)
    unknown = {"instance_id": UNKNOWN, "api_url": UNKNOWN, "operation": UNKNOWN}
    assert readiness.check(unknown).inputs == unknown
    assert list(readiness.diff("x-ready", {"instance_id": "x"}, unknown).replaces) == []


def test_numbers_arrive_as_floats_and_mean_the_same(plugin, control, critical):
    """Aura is sent a whole number; the state has what the engine compares with."""
    request = plugin.resource(InstanceRequestProvider)
    readiness = plugin.resource(InstanceReadinessProvider)

    checked = request.check(critical(version=5.0, generation=2.0))
    id_, outputs = request.create(checked.inputs)
    readiness.create(readiness_inputs(outputs))

    assert checked.inputs["secondaries_count"] == 1.0
    assert (checked.inputs["version"], checked.inputs["generation"]) == ("5", "2")
    assert live(control, id_)["secondaries_count"] == 1


def test_nothing_is_none_in_the_state(plugin, declared):
    """The engine drops it in inputs; an output that is None would look like a change."""
    request = plugin.resource(InstanceRequestProvider)

    checked = request.check({**declared(), "storage": None, "paused": None})
    _, outputs = request.create(checked.inputs)

    for values in (checked.inputs, outputs):
        assert None not in values.values()
    assert "storage" not in checked.inputs


def test_a_lookup_by_id_is_refused_with_the_two_ways_that_work(plugin):
    """`Instance.get` sends an id and nothing else: there is no state to read."""
    request = plugin.resource(InstanceRequestProvider)
    with pytest.raises(CallFailed) as caught:
        request.get("0badcafe")
    text = str(caught.value)
    assert "Refused: Resource 0badcafe is not in the state" in text
    assert "adopt_instance_id" in text
    assert "find_instance" in text


def test_progress_and_warnings_reach_the_engine(plugin, engine, declared):
    """Progress lasts as long as the work, a warning is counted as one."""
    request = plugin.resource(InstanceRequestProvider)
    inputs = request.check(declared()).inputs
    request.create(inputs)

    assert any("creating instance orders" in text for text in engine.texts("INFO"))
    assert all(ephemeral for kind, _, ephemeral in engine.logged if kind == "INFO")

    request.delete("0badcafe", {**inputs, "adopted": True, "deletion_protection": False})
    assert any("was adopted and is kept" in text for text in engine.texts("WARNING"))
    assert not any(ephemeral for kind, _, ephemeral in engine.logged if kind == "WARNING")


def test_a_warning_of_check_reaches_the_engine(plugin, engine, declared):
    """The same for what check says about a source that changed by itself."""
    request = plugin.resource(InstanceRequestProvider)
    source = {"kind": "snapshot", "instance_id": "a", "snapshot_id": "one", "explicit": False}
    olds = declared(version="5", source=source, provenance={"kind": "snapshot"})

    request.check(declared(source={**source, "snapshot_id": "two"}), olds)

    assert any("another resource was replaced" in text for text in engine.texts("WARNING"))


def test_nothing_but_the_port_is_on_standard_output(fresh_plugin):
    """A second line would end the engine's patience with the plugin."""
    request = fresh_plugin.resource(InstanceRequestProvider)
    request.create(request.check(instance_inputs()).inputs)
    fresh_plugin.process.kill()
    assert fresh_plugin.process.stdout.read() == ""
