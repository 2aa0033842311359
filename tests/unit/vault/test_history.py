"""What follows from the journal for the next plan."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.observed import MissingExport, Past
from pulumi_neo4j_aura.vault import history
from pulumi_neo4j_aura.vault.history import History, Intent, Record
from support.effects import DUE, PLACE, RULE

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def record(state: str, slot: timedelta | None = timedelta(), after=HOUR, **fields: Any) -> Record:
    """An export's try, for a slot so long after the first one, that ended so long after it."""
    told: dict[str, Any] = {
        "kind": "ExportSnapshot",
        "key": "export",
        "policy": "production",
        "instance_id": "ab12cd34",
        "rule": RULE,
        "due": "" if slot is None else (DUE + slot).isoformat(),
        "at": (DUE + after).isoformat(),
        "state": state,
        "reason": f"it {state}",
    }
    return Record(**{**told, **fields})


def pasts(*ended):
    """The same whatever the order in which records are read."""
    found = History(ended, ()).pasts()
    assert History(tuple(reversed(ended)), ()).pasts() == found
    return found


# --- rules ----------------------------------------------------------------------------------------


def test_a_slot_that_was_done_is_settled():
    """Its due time, not the time at which it was done."""
    assert pasts(record("done")) == {PLACE: Past(settled=DUE)}


def test_a_slot_that_was_missed_is_settled_and_shows():
    """Until the next one is done."""
    missed = record("settled", facts={"ended": "missed"})

    assert pasts(missed) == {PLACE: Past(settled=DUE, missed=True)}
    assert pasts(missed, record("done", DAY, DAY)) == {PLACE: Past(settled=DUE + DAY)}


def test_failures_are_counted_until_a_slot_is_done():
    """With the newest time and reason."""
    failed = [record("failed", after=HOUR * n, reason=f"reason {n}") for n in (1, 2, 3)]

    assert pasts(*failed) == {PLACE: Past(None, DUE + 3 * HOUR, 3, "reason 3")}
    assert pasts(*failed, record("done", after=HOUR * 4)) == {PLACE: Past(settled=DUE)}


def test_failures_after_a_slot_that_was_done_keep_it_settled():
    """The next slot's failures stand beside it."""
    found = pasts(record("done"), record("failed", DAY, DAY))

    assert found == {PLACE: Past(DUE, DUE + DAY, 1, "it failed")}


def test_a_failure_of_an_older_slot_than_the_settled_one_counts_for_nothing():
    """It is settled, and is not tried again."""
    found = pasts(record("done", DAY, DAY), record("failed", after=DAY + HOUR))

    assert found == {PLACE: Past(settled=DUE + DAY)}


def test_an_older_slot_that_is_settled_later_moves_nothing_back():
    """Two machines whose records cross."""
    assert pasts(record("done", DAY, DAY), record("done", after=DAY + HOUR)) == {
        PLACE: Past(settled=DUE + DAY)
    }


def test_a_skipped_try_settles_nothing():
    """It is looked at again."""
    assert pasts(record("skipped")) == {PLACE: Past()}


def test_rules_policies_and_instances_do_not_mix():
    """Each has a past of its own."""
    found = pasts(
        record("done"),
        record("failed", rule="other"),
        record("failed", policy="other"),
        record("failed", instance_id="other"),
    )

    assert len(found) == 4
    assert found[PLACE] == Past(settled=DUE)


def test_what_is_for_no_slot_settles_none():
    """Prunes and clones that were removed."""
    assert pasts(record("done", None)) == {}


# --- deletes --------------------------------------------------------------------------------------


def pruned(at=timedelta(), state="done", policy="production", kind="PruneExport"):
    return record(state, None, at, kind=kind, policy=policy)


def test_prunes_count_from_a_moment_on_by_policy():
    """Of each policy, in the order of time."""
    found = History((pruned(2 * HOUR), pruned(), pruned(HOUR), pruned(policy="other")), ())

    assert found.deletes_since(DUE + HOUR) == {"production": (DUE + HOUR, DUE + 2 * HOUR)}
    assert found.deletes_since(DUE)["other"] == (DUE,)


def test_only_prunes_that_deleted_count():
    """Not failed and skipped ones, nor what the vault itself wrote about the same one."""
    ended = (
        pruned(state="failed"),
        pruned(state="skipped"),
        pruned(kind="PruneObjects"),
        pruned(kind="DeleteClone"),
    )

    assert History(ended, ()).deletes_since(DUE) == {}


def open_prune(kind="PruneExport"):
    return Intent("journal/x-001", "prune s3://b/x ab-1", kind, "production", "ab", DUE + HOUR)


def test_a_prune_that_was_cut_short_counts_when_its_export_is_gone():
    """Whoever dies after each delete has no endless budget."""
    found = History((), (open_prune(),))

    assert found.deletes_since(DUE, {"ab-2"}) == {"production": (DUE + HOUR,)}
    assert found.deletes_since(DUE, {"ab-1"}) == {}
    assert found.deletes_since(DUE + 2 * HOUR) == {}
    assert History((), (open_prune("ExportSnapshot"),)).deletes_since(DUE) == {}


# --- missing --------------------------------------------------------------------------------------


def made(after=HOUR, state="done", **fields):
    """A slot's export that was made."""
    facts = {"export_id": "ab-1", "moment": DUE.isoformat()}
    return record(state, after=after, **{"facts": facts, **fields})


def removed(after, kind="PruneObjects", state="done"):
    return record(state, None, after, kind=kind, key="prune s3://b/x ab-1")


MISSED = (MissingExport("ab-1", "ab12cd34", DUE),)


def test_an_export_that_was_made_and_is_not_there_is_missing():
    """One that is there is not, nor one that was tried and failed."""
    assert History((made(), made(2 * HOUR)), ()).missing(()) == MISSED
    assert History((made(),), ()).missing({"ab-1"}) == ()
    assert History((made(state="failed"),), ()).missing(()) == ()
    assert History((record("done"),), ()).missing(()) == ()


@pytest.mark.parametrize("kind", ["PruneObjects", "PruneExport"])
def test_what_was_pruned_is_not_missing(kind):
    """Whoever decided on it; unless it was made once more afterwards."""
    assert History((made(), removed(2 * HOUR, kind)), ()).missing(()) == ()
    assert History((made(), removed(2 * HOUR, kind, "failed")), ()).missing(()) == MISSED
    again = (made(), removed(2 * HOUR, kind), made(3 * HOUR))
    assert History(again, ()).missing(()) == MISSED


def test_what_is_being_pruned_is_not_missing():
    """Its intent is written before anything of it is removed."""
    for kind in ("PruneObjects", "PruneExport"):
        assert History((made(),), (open_prune(kind),)).missing(()) == ()
    assert History((made(),), (open_prune("ExportSnapshot"),)).missing(()) == MISSED


# --- measured and recreated -----------------------------------------------------------------------


def test_the_newest_measured_restore_counts():
    """By the instance that was copied; failures that measured one count as well."""
    ended = (
        record("done", after=2 * HOUR, facts={"restore_seconds": "90"}),
        record("done", after=HOUR, facts={"restore_seconds": "61.5"}),
        record("failed", after=3 * HOUR),
        record("done", instance_id="other", facts={"restore_seconds": "5"}),
    )

    for each in (ended, ended[::-1]):
        assert History(each, ()).restore_seconds() == {
            "ab12cd34": timedelta(seconds=90),
            "other": timedelta(seconds=5),
        }


def test_instances_that_were_created_again_are_known_by_both_ids():
    """Only when it was done."""
    facts = {"recreated": "old", "instance_id": "new"}

    assert History((record("done", None, facts=facts),), ()).recreated() == {"old": "new"}
    assert History((record("failed", None, facts=facts),), ()).recreated() == {}


# --- records that make no sense -------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"at": "soon"},
        {"at": "2026-11-22T12:00:00"},
        {"at": "2026-11-22T12:00:00+01:00"},
        {"at": "20261122T120000Z"},
        {"due": "soon"},
        {"kind": 5},
        {"facts": {"a": 5}},
        {"facts": {"restore_seconds": "long"}},
        {"facts": {"restore_seconds": "nan"}},
        {"facts": {"restore_seconds": "1e300"}},
        {"facts": {"recreated": "old"}},
        {"facts": {"export_id": "ab-1"}},
        {"facts": {"export_id": "ab-1", "moment": "soon"}},
    ],
)
def test_a_record_that_makes_no_sense_cannot_be_made(fields):
    """Nothing of it is looked at again where it is used."""
    with pytest.raises((ValueError, KeyError, OverflowError)):
        record("done", **fields)


def test_times_of_any_zone_become_utc():
    """They are compared as text."""
    slot = {
        "policy": "p",
        "rule": "r",
        "instance_id": "i",
        "due": "2026-11-22T03:00:00+01:00",
        "ended": "missed",
        "reason": "",
    }
    made = history.of_slot(slot, "2026-11-22T10:00:00-05:00")

    assert made.due == DUE.isoformat()
    assert datetime.fromisoformat(made.at) == datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert made.at.endswith("+00:00")
