"""One instance under one policy: what counts of it."""

from dataclasses import replace
from datetime import timedelta

from pulumi_neo4j_aura.domain.observed import Past
from pulumi_neo4j_aura.planning.case import Case, Part
from pulumi_neo4j_aura.planning.plan import Severity
from support.planning import (
    DAY,
    DONE,
    HOUR,
    NOW,
    SUNDAY,
    a_policy,
    export,
    instance,
    snapshot,
    vault,
)


def a_case(*exports, **fields):
    return Case(a_policy(), instance(**fields), vault(*exports, slots=DONE), tuple(exports), NOW)


def test_good_exports_come_newest_first_and_ids_break_ties():
    """Damaged ones, those from the future and others' are not among them."""
    exports = (
        export(2 * DAY, "b"),
        export(DAY, "c"),
        export(2 * DAY, "a"),
        export(HOUR, "damaged", good=False),
        export(HOUR, "unread", moment=None),
        export(-HOUR, "future"),
        export(HOUR, "theirs", ours=False),
    )
    assert [each.export_id for each in a_case(*exports).good] == ["c", "b", "a"]
    assert a_case(*exports[::-1]).good == a_case(*exports).good


def test_completed_snapshots_are_those_of_the_past():
    """With five minutes for clocks that differ."""
    seen = (
        snapshot(HOUR, "done"),
        snapshot(-HOUR / 20, "just-now"),
        snapshot(-HOUR, "future"),
        snapshot(HOUR, "begun", status="InProgress"),
        replace(snapshot(HOUR, "untimed"), timestamp=None),
    )
    found = [each.id for _, each in a_case(snapshots=seen).completed()]
    assert found == ["done", "just-now"]


def test_what_is_not_known_has_a_careful_default():
    """A type of tomorrow has no tier, a rule without records no past, a new policy no outage."""
    case = a_case(type="something-new")
    assert case.tier is None
    assert case.past(SUNDAY[1]) == DONE[SUNDAY]
    assert case.past("another rule") == Past()
    assert case.since == NOW - 3 * DAY
    assert replace(case, policy=a_policy(name="new")).since == NOW


def test_a_finding_names_policy_and_instance():
    """And nothing else than what it is told."""
    found = a_case().finding("a-code", Severity.INFO, "It is so.", "Do this.")
    assert (found.policy, found.instance_id, found.instance_name, found.way_out) == (
        "production",
        "orders-id",
        "orders",
        "Do this.",
    )


def test_of_all_that_is_due_the_soonest_is_told():
    """With the rule that it comes from; what is never due does not count."""
    part = Part()
    part.due(None, "never")
    assert Part() == part
    part.due(NOW + DAY, "daily")
    part.due(NOW + HOUR, "hourly")
    part.due(NOW + HOUR, "also hourly")
    assert part.next_due == NOW + HOUR
    assert part.next_rule == "hourly"


def test_a_snapshot_may_be_dated_five_minutes_ahead():
    """And no second more."""
    five = timedelta(minutes=5)
    seen = (snapshot(-five, "near"), snapshot(-five - timedelta(seconds=1), "far"))
    assert [each.id for _, each in a_case(snapshots=seen).completed()] == ["near"]
