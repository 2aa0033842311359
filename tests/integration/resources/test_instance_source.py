"""Where the data comes from: looked up once in `check`, with a reason for whatever will not do."""

import pytest

from pulumi_neo4j_aura.errors import Transient
from pulumi_neo4j_aura.resources.core.instance_request import check
from support.resources import (
    ago,
    asked,
    checked,
    existing_instance,
    failures,
    instance_inputs,
    instance_source,
    plant,
    snapshot_source,
)


@pytest.fixture
def production(services, control):
    """A running instance whose snapshots a test plants."""
    return existing_instance(services, control)


def staging(source, **changes):
    return instance_inputs(name="staging", source=source, **changes)


def refusal(services, source, **changes):
    """Why the source will not do."""
    found = failures(check(services, {}, staging(source, **changes)))
    assert set(found) == {"source"}
    return found["source"]


# --- one snapshot, by its id ----------------------------------------------------------------------


def test_an_explicit_snapshot_is_recorded_with_its_facts(services, control, production):
    """The state says for ever where the data came from, also when Aura has forgotten."""
    planted = plant(control, production, "snap-1")

    inputs = checked(services, staging(snapshot_source(production, "snap-1")))

    assert inputs["provenance"] == {
        "kind": "snapshot",
        "instance_id": production,
        "chosen": "explicit",
        "snapshot_id": "snap-1",
        "snapshot_timestamp": planted["timestamp"].replace("Z", "+00:00"),
        "snapshot_profile": "AdHoc",
    }


def test_an_explicit_snapshot_costs_two_calls_and_the_project(services, control, production):
    """Its instance and itself; no listing of days."""
    plant(control, production, "snap-1")
    control.reset_requests()

    checked(services, staging(snapshot_source(production, "snap-1")))

    assert [path for _, path in asked(control)][1:] == [
        f"/v1/instances/{production}",
        f"/v1/instances/{production}/snapshots/snap-1",
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"exportable": False}, "is not exportable"),
        ({"status": "InProgress"}, "is InProgress, not Completed"),
        ({"status": "Failed"}, "is Failed, not Completed"),
    ],
)
def test_a_snapshot_that_cannot_be_cloned_is_refused_by_name(
    services, control, production, fields, reason
):
    """Aura would answer so after the create; the preview says it first."""
    plant(control, production, "snap-1", **fields)
    assert f"snapshot snap-1 {reason}" in refusal(services, snapshot_source(production, "snap-1"))


def test_a_snapshot_of_another_instance_is_refused(services, control, production):
    """Aura knows it under the other instance only."""
    other = existing_instance(services, control, name="other")
    plant(control, other, "snap-of-other")

    reason = refusal(services, snapshot_source(production, "snap-of-other"))

    assert f"instance {production} has no snapshot snap-of-other" in reason
    assert "another instance or have expired" in reason


def test_an_expired_snapshot_is_refused(services, control, production):
    """Aura removes it when its retention ends; the request id helps to ask why."""
    plant(control, production, "snap-1")
    control.advance_clock(days=8)

    reason = refusal(services, snapshot_source(production, "snap-1"))

    assert "have expired" in reason
    assert "request id" in reason


def test_the_age_of_an_explicit_snapshot_does_not_matter(services, control, production):
    """Who names one wants that one."""
    plant(control, production, "snap-1", timestamp=ago(days=6))
    checked(services, staging(snapshot_source(production, "snap-1")))


# --- the instance behind it -----------------------------------------------------------------------


def test_a_source_that_does_not_exist_is_refused_by_its_id(services):
    """404 of the source, not of what is made."""
    reason = refusal(services, snapshot_source("0badcafe", "snap-1"))
    assert "the source instance cannot be read" in reason
    assert "0badcafe" in reason


def test_a_source_on_free_is_refused(services, control):
    """Aura does not clone Free."""
    free = existing_instance(services, control, type="free-db", memory="1GB")
    for source in (snapshot_source(free, "snap-1"), snapshot_source(free), instance_source(free)):
        reason = refusal(services, source)
        assert free in reason
        assert "AuraDB Free, which Aura does not clone" in reason


def test_a_source_that_is_larger_is_refused_with_the_size_to_declare(services, control):
    """Aura compares allocated sizes, not data, and says so only with a 500."""
    large = existing_instance(services, control, memory="8GB")
    plant(control, large, "snap-1")

    reason = refusal(services, snapshot_source(large, "snap-1"))

    assert "has 8GB of memory" in reason
    assert "memory is 2GB, declare 8GB or more" in reason


def test_a_storage_smaller_than_the_sources_is_refused_too(services, control):
    """Memory and storage both count."""
    large = existing_instance(services, control, storage="8GB")
    plant(control, large, "snap-1")

    reason = refusal(services, snapshot_source(large, "snap-1"), storage="4GB")

    assert "has 8GB of storage" in reason
    assert "storage is 4GB, declare 8GB or more" in reason


def test_a_source_of_the_same_size_is_fine(services, control):
    """And a larger target is, too."""
    source = existing_instance(services, control, memory="8GB", storage="16GB")
    plant(control, source, "snap-1")
    checked(services, staging(snapshot_source(source, "snap-1"), memory="8GB", storage="16GB"))
    checked(services, staging(snapshot_source(source, "snap-1"), memory="16GB"))


def test_a_running_instance_can_be_a_source(services, production):
    """Its data at the time of the create."""
    inputs = checked(services, staging(instance_source(production)))
    assert inputs["provenance"] == {
        "kind": "instance",
        "instance_id": production,
        "chosen": "current data",
    }


def test_a_paused_instance_has_no_current_data(services, control, production):
    """But its snapshots can be used."""
    control.set_status(production, "paused")
    plant(control, production, "snap-1")

    assert "is paused" in refusal(services, instance_source(production))
    checked(services, staging(snapshot_source(production, "snap-1")))


def test_a_source_that_cannot_be_asked_about_is_unknown_and_not_missing(
    services, control, production
):
    """No choice is made from half a world, and nothing is called wrong that may be right."""
    control.add_fault("status", path=f"/v1/instances/{production}", times=0, status=503)
    with pytest.raises(Transient, match=production):
        check(services, {}, staging(snapshot_source(production, "snap-1")))


# --- the newest that does -------------------------------------------------------------------------


def newest_of(services, production, **wanted):
    source = snapshot_source(production, newest=wanted)
    return checked(services, staging(source))["provenance"]


def test_the_newest_is_found_and_named(services, control, production):
    """Whatever order Aura lists them in."""
    plant(control, production, "older", timestamp=ago(hours=3))
    plant(control, production, "newest", timestamp=ago(hours=1))
    plant(control, production, "old", timestamp=ago(hours=2))

    provenance = newest_of(services, production)

    assert provenance["snapshot_id"] == "newest"
    assert provenance["chosen"] == "newest"
    assert "skipped" not in provenance


def test_what_was_passed_over_is_recorded_with_its_reason(services, control, production):
    """The preview answers "why not the one of today?"."""
    plant(control, production, "running", timestamp=ago(minutes=1), status="InProgress")
    plant(control, production, "failed", timestamp=ago(minutes=2), status="Failed")
    plant(control, production, "locked", timestamp=ago(minutes=3), exportable=False)
    plant(control, production, "good", timestamp=ago(minutes=4))

    provenance = newest_of(services, production)

    assert provenance["snapshot_id"] == "good"
    assert {each["snapshot_id"]: each["reason"] for each in provenance["skipped"]} == {
        "running": "is InProgress, not Completed",
        "failed": "is Failed, not Completed",
        "locked": "is not exportable",
    }
    assert provenance["skipped_count"] == 3


def test_only_some_of_many_skipped_are_named_and_all_are_counted(services, control, production):
    """A state is no place for a month of failures."""
    for number in range(12):
        plant(control, production, f"failed-{number}", status="Failed")
    plant(control, production, "good", timestamp=ago(hours=2))

    provenance = newest_of(services, production)

    assert len(provenance["skipped"]) == 10
    assert provenance["skipped_count"] == 12


def test_the_newest_before_a_moment(services, control, production):
    """The state before the accident, though newer ones exist."""
    plant(control, production, "before", timestamp=ago(hours=5))
    plant(control, production, "after", timestamp=ago(hours=1))

    provenance = newest_of(services, production, before=ago(hours=3))

    assert provenance["snapshot_id"] == "before"


def test_the_newest_of_several_days_ago_is_found(services, control, production):
    """Aura lists one day at a time."""
    plant(control, production, "of-the-week", timestamp=ago(days=5))
    assert newest_of(services, production)["snapshot_id"] == "of-the-week"


def test_one_that_is_too_old_is_not_taken(services, control, production):
    """An environment with stale data is worse than a failed preview."""
    plant(control, production, "stale", timestamp=ago(days=3))

    source = snapshot_source(production, newest={"max_age": "2d"})
    reason = refusal(services, source)

    assert "at most 2 d old" in reason
    assert "Take one with a Snapshot resource" in reason


def test_one_that_is_just_young_enough_is_taken(services, control, production):
    """The other side of the same boundary."""
    plant(control, production, "young", timestamp=ago(hours=47))
    assert newest_of(services, production, max_age="2d")["snapshot_id"] == "young"


def test_none_found_says_what_was_seen(services, control, production):
    """Ids and reasons, so that the reader knows which condition to loosen."""
    plant(control, production, "failed", status="Failed")
    plant(control, production, "locked", exportable=False)

    reason = refusal(services, snapshot_source(production))

    assert f"instance {production} has no exportable snapshot" in reason
    assert "failed is Failed, not Completed" in reason
    assert "locked is not exportable" in reason


def test_none_at_all_says_that(services, production):
    """Nothing seen is not the same as nothing that does."""
    reason = refusal(services, snapshot_source(production))
    assert "it has no snapshot on the days that were looked at" in reason


def test_a_broken_list_is_no_empty_list(services, control, production):
    """Choosing an older one because today's list was cut short would be silent data loss."""
    plant(control, production, "older", timestamp=ago(days=2))
    plant(control, production, "newest", timestamp=ago(minutes=5))
    control.add_fault("truncated", path=f"/v1/instances/{production}/snapshots", times=0)

    with pytest.raises(Transient):
        check(services, {}, staging(snapshot_source(production)))


def test_the_choice_is_made_once_and_kept(machine, control, production):
    """A newer snapshot must not change an environment that exists."""
    plant(control, production, "first", timestamp=ago(hours=2))
    program = staging(snapshot_source(production))
    olds = checked(machine.process(), program)
    plant(control, production, "newer", timestamp=ago(hours=1))
    control.reset_requests()

    again = checked(machine.process(), program, olds)

    assert again == olds
    assert again["provenance"]["snapshot_id"] == "first"
    assert asked(control) == []


def test_a_new_wording_of_newest_is_a_warning_and_changes_nothing(machine, control, production):
    """The choice was made; the wish for another one is told how to come true elsewhere."""
    plant(control, production, "first")
    olds = checked(machine.process(), staging(snapshot_source(production)))
    program = staging(snapshot_source(production, newest={"max_age": "1d"}))

    result = check(machine.process(), olds, program)

    assert result.failures == ()
    assert result.inputs == olds
    assert len(result.warnings) == 1
    assert "made already" in result.warnings[0]
