"""Holds in a vault: put down, taken away, never forgotten, and never lost to damage."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.observed import StoredHold
from pulumi_neo4j_aura.errors import Busy, Damaged, NotFound, Refused, Transient
from pulumi_neo4j_aura.vault import holds
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.stores import Denying, Forgetful, Recording

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
AUDIT = StoredHold("audit 2026", "ab12cd34-snapshot-1", "the auditors want it", NOW + DAY)


@pytest.fixture
def store():
    return open_store("memory://")


@pytest.fixture
def vault(store):
    return vault_on(store)


def vault_on(store: Any) -> Vault:
    """Also on one of the stores that misbehave."""
    return Vault(store)


def keys(store):
    return sorted(each.key for each in store.list())


def test_a_hold_can_be_read_by_a_person(store, vault):
    """What it holds, why, until when and since when."""
    holds.add(vault, AUDIT, NOW)

    (key,) = keys(store)
    assert key.startswith("holds/audit-2026-")
    assert json.loads(store.get(key)) == {
        "name": "audit 2026",
        "copy": "ab12cd34-snapshot-1",
        "reason": "the auditors want it",
        "until": (NOW + DAY).isoformat(),
        "at": NOW.isoformat(),
    }
    assert b'\n  "reason"' in store.get(key)


@pytest.mark.parametrize("until", [None, NOW + DAY, NOW - DAY])
def test_a_hold_is_found_as_it_was_put_down(vault, until):
    """Also one without an end, and one whose end has come: that is for the planner to say."""
    hold = replace(AUDIT, until=until)
    holds.add(vault, hold, NOW)

    assert holds.current(vault) == (hold,)


def test_the_same_hold_again_changes_nothing(store, vault):
    """A command that was run twice."""
    holds.add(vault, AUDIT, NOW)
    holds.add(vault, AUDIT, NOW + DAY)

    assert len(keys(store)) == 1


@pytest.mark.parametrize("change", [{"copy": "x"}, {"reason": "x"}, {"until": None}])
def test_another_hold_of_the_same_name_is_refused(vault, change):
    """It would take the first one away."""
    holds.add(vault, AUDIT, NOW)

    with pytest.raises(
        Refused, match="There is a hold 'audit 2026' already, on ab12cd34"
    ) as caught:
        holds.add(vault, replace(AUDIT, **change), NOW)
    assert caught.value.way_out
    assert holds.current(vault) == (AUDIT,)


def test_a_removed_hold_holds_nothing_and_stays_in_the_history(store, vault):
    """Its name is free again."""
    holds.add(vault, AUDIT, NOW)
    holds.remove(vault, "audit 2026", NOW + DAY)
    assert holds.current(vault) == ()
    assert len(keys(store)) == 2

    other = replace(AUDIT, copy="another")
    holds.add(vault, other, NOW + 2 * DAY)
    assert holds.current(vault) == (other,)
    assert len(keys(store)) == 3


def test_removing_what_is_not_there_says_so(store, vault):
    """Never put down, or removed already."""
    holds.add(vault, AUDIT, NOW)
    holds.remove(vault, "audit 2026", NOW)
    for name in ("audit 2026", "other"):
        with pytest.raises(NotFound, match="There is no hold"):
            holds.remove(vault, name, NOW)
    assert len(keys(store)) == 2


def test_names_of_any_kind_stay_apart_and_within_the_vault(store, vault):
    """Whatever people call their holds; in the order of their names."""
    names = ["a b", "a-b", "a/b", "../../etc", "ä", "😀", "x" * 300, "x" * 301, "A", "a", "."]
    for name in names:
        holds.add(vault, replace(AUDIT, name=name), NOW)

    assert [each.name for each in holds.current(vault)] == sorted(names)
    assert all(key.count("/") == 2 and key.startswith("holds/") for key in keys(store))


def test_of_two_who_use_one_name_at_once_one_is_told_to_run_again(store, vault):
    """And then finds the other's."""
    theirs = replace(AUDIT, copy="theirs")

    class Late(Recording):
        """Somebody else is quicker."""

        def create(self, key, data):
            holds.add(vault, theirs, NOW)
            return self.store.create(key, data)

    with pytest.raises(Busy):
        holds.add(vault_on(Late(store)), AUDIT, NOW)
    assert holds.current(vault) == (theirs,)


def test_an_answer_that_was_lost_on_the_way_is_no_other_ones_hold(store, vault):
    """What is there is this one's own."""
    holds.add(vault_on(Forgetful(store)), AUDIT, NOW)
    holds.remove(vault_on(Forgetful(store)), AUDIT.name, NOW)

    assert holds.current(vault) == ()


def test_holds_that_cannot_be_listed_are_unknown(store, vault):
    """Not none: what they hold would be pruned."""
    holds.add(vault, AUDIT, NOW)
    for name in ("folders", "list", "get"):
        with pytest.raises(Transient):
            holds.current(vault_on(Denying(store, names=(name,))))


ODD: list[dict[str, Any]] = [
    {"until": "soon"},
    {"until": 5},
    {"until": "2026-11-22T12:00:00"},
    {"copy": None},
    {"name": None},
    {"reason": 5},
    {"removed": "no", "copy": None},
    {"copy": ["a"]},
]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"{}", b"\xff", b'{"copy": "x", "name": "x", "reason": "x"}']
    + [
        json.dumps({"name": "a", "copy": "b", "reason": "c", "until": None, **each}).encode()
        for each in ODD
    ],
)
def test_a_damaged_hold_is_an_error_that_names_it(store, vault, data):
    """Never skipped: what it holds would be pruned."""
    holds.add(vault, AUDIT, NOW)
    (key,) = keys(store)
    folder = key.rpartition("/")[0]
    store.put(f"{folder}/00000002.json", data)

    for call in (lambda: holds.current(vault), lambda: holds.add(vault, AUDIT, NOW)):
        with pytest.raises(Damaged, match=f"{folder}/00000002") as caught:
            call()
        assert caught.value.way_out


def test_a_removal_that_was_lost_leaves_the_hold(store, vault):
    """Part of a vault was restored from an older copy: what holds, holds."""
    holds.add(vault, AUDIT, NOW)
    holds.remove(vault, AUDIT.name, NOW)
    store.delete(keys(store)[-1])

    assert holds.current(vault) == (AUDIT,)
