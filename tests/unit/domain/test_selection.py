from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain.selection import (
    Choice,
    Skipped,
    Wanted,
    describe,
    newest,
    objection,
)
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from support.fakes import taken

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("fields", "wanted", "reason"),
    [
        ({}, Wanted(), None),
        ({"status": "Pending"}, Wanted(), "is Pending, not Completed"),
        ({"status": "Failed"}, Wanted(), "is Failed, not Completed"),
        ({"status": ""}, Wanted(), "is of unknown status, not Completed"),
        ({"exportable": False}, Wanted(), "is not exportable"),
        ({"exportable": None}, Wanted(), "is not said to be exportable"),
        ({"exportable": False}, Wanted(exportable=False), None),
        ({"exportable": None}, Wanted(exportable=False), None),
        ({"timestamp": None}, Wanted(), "has no timestamp"),
        ({"timestamp": NOW}, Wanted(), None),
        ({"timestamp": NOW + timedelta(microseconds=1)}, Wanted(), "lies in the future"),
        ({"timestamp": NOW - HOUR}, Wanted(before=NOW), None),
        ({"timestamp": NOW - HOUR}, Wanted(before=NOW - HOUR),
         "was not taken before the given time"),
        ({"timestamp": NOW - HOUR}, Wanted(max_age=HOUR), None),
        ({"timestamp": NOW - HOUR}, Wanted(max_age=HOUR - timedelta(microseconds=1)),
         "is older than max_age"),
    ],
)  # fmt: skip
def test_a_snapshot_does_or_a_reason_says_why_not(fields, wanted, reason):
    """A missing fact is an objection and never a yes; the borders themselves are inside."""
    assert objection(taken(**fields), wanted, NOW) == reason


def test_the_newest_that_does_is_chosen_and_newer_ones_say_why_not():
    """The preview shows the skipped ones with their reasons, newest first."""
    snapshots = [
        taken(id="old", timestamp=NOW - 9 * HOUR),
        taken(id="good", timestamp=NOW - 3 * HOUR),
        taken(id="failed", timestamp=NOW - 2 * HOUR, status="Failed"),
        taken(id="differential", timestamp=NOW - HOUR, exportable=False),
    ]
    assert newest(snapshots, Wanted(), NOW) == Choice(
        snapshots[1],
        (
            Skipped("differential", "is not exportable"),
            Skipped("failed", "is Failed, not Completed"),
        ),
    )


def test_nothing_to_choose_from_is_an_answer():
    """No snapshot at all, or none that does."""
    assert newest([], Wanted(), NOW) == Choice(None)
    lost = taken(timestamp=None)
    assert newest([lost], Wanted(), NOW) == Choice(None, (Skipped(lost.id, "has no timestamp"),))


MOMENTS = st.none() | st.integers(-50, 50).map(lambda hours: NOW + hours * HOUR)
SNAPSHOTS = st.lists(
    st.builds(
        Snapshot,
        id=st.uuids().map(str),
        instance_id=st.just("ab12cd34"),
        status=st.sampled_from(["Completed", "Completed", "Pending", "Failed", "odd", ""]),
        timestamp=MOMENTS,
        exportable=st.sampled_from([True, True, False, None]),
    ),
    max_size=8,
    unique_by=lambda snapshot: snapshot.id,
)
WISHES = st.builds(
    Wanted,
    exportable=st.booleans(),
    before=MOMENTS,
    max_age=st.none() | st.integers(1, 60).map(lambda hours: hours * HOUR),
)


@given(SNAPSHOTS, WISHES, st.randoms(use_true_random=False))
def test_the_order_of_the_list_never_matters(snapshots, wanted, random):
    """Aura promises no order, and ids break ties."""
    shuffled = random.sample(snapshots, len(snapshots))
    assert newest(shuffled, wanted, NOW) == newest(snapshots, wanted, NOW)


@given(SNAPSHOTS, WISHES)
def test_the_choice_is_the_newest_without_an_objection(snapshots, wanted):
    """Never one with an objection; None only when every one has one."""
    chosen = newest(snapshots, wanted, NOW).snapshot
    fitting = [each for each in snapshots if objection(each, wanted, NOW) is None]

    assert chosen == max(fitting, key=lambda each: (each.timestamp, each.id), default=None)


@given(SNAPSHOTS, WISHES)
def test_everything_newer_than_the_choice_is_skipped_with_its_own_objection(snapshots, wanted):
    """Nothing is passed over in silence, and nothing older is blamed."""
    choice = newest(snapshots, wanted, NOW)
    named = {skipped.snapshot_id: skipped.reason for skipped in choice.skipped}
    reasons = {each.id: objection(each, wanted, NOW) for each in snapshots}
    chosen = choice.snapshot

    assert all(reason and reason == reasons[each] for each, reason in named.items())
    if chosen is None:
        assert set(named) == set(reasons)
        return
    stamps = {each.id: each.timestamp for each in snapshots if each.timestamp}
    assert {each for each, at in stamps.items() if at > chosen.timestamp} <= set(named)
    assert all(stamps[each] >= chosen.timestamp for each in named)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (Wanted(), "exportable snapshot"),
        (Wanted(exportable=False), "snapshot"),
        (Wanted(before=NOW), "exportable snapshot, taken before 2026-11-22T12:00:00+00:00"),
        (Wanted(max_age=timedelta(days=2)), "exportable snapshot, at most 2 d old"),
        (Wanted(False, NOW, HOUR),
         "snapshot, taken before 2026-11-22T12:00:00+00:00, at most 1 h old"),
    ],
)  # fmt: skip
def test_a_wish_is_told_in_words(wanted, text):
    """For the error that says that nothing fits it."""
    assert describe(wanted) == text
