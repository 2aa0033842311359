"""Policies in a vault: a series of versions for each, never changed, never forgotten."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pulumi_neo4j_aura.errors import Busy, Damaged, Transient
from pulumi_neo4j_aura.vault import policies
from pulumi_neo4j_aura.vault.policies import Published
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.stores import Denying, Forgetful, Recording

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


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


def test_a_published_policy_can_be_read_by_a_person(store, vault):
    """Name, version, document and time, indented, letters as they are."""
    policies.publish(vault, "production", "v1", {"name": "production", "zone": "Zürich"}, NOW)

    text = store.get("policies/production/00000001.json").decode()
    assert '\n    "zone": "Zürich"' in text
    document = {"name": "production", "zone": "Zürich"}
    assert policies.current(vault) == (Published("production", "v1", document, NOW, NOW),)


def test_publishing_the_same_version_again_changes_nothing(store, vault):
    """An unchanged `up` leaves no trace."""
    policies.publish(vault, "production", "v1", {}, NOW)
    before = store.get("policies/production/00000001.json")
    policies.publish(vault, "production", "v1", {}, NOW + DAY)

    assert keys(store) == ["policies/production/00000001.json"]
    assert store.get("policies/production/00000001.json") == before


def test_another_version_comes_after_the_first(store, vault):
    """The old one stays, and so does the time since which the policy holds."""
    policies.publish(vault, "production", "v1", {"a": 1}, NOW)
    policies.publish(vault, "production", "v2", {"a": 2}, NOW + DAY)
    policies.publish(vault, "production", "v1", {"a": 1}, NOW + 2 * DAY)

    assert policies.current(vault) == (Published("production", "v1", {"a": 1}, NOW + 2 * DAY, NOW),)
    assert len(keys(store)) == 3


def test_a_withdrawn_policy_is_not_current(store, vault):
    """Its history stays; withdrawing it again, or one that never was, changes nothing."""
    policies.publish(vault, "production", "v1", {}, NOW)
    for _ in range(2):
        policies.withdraw(vault, "production", NOW + DAY)
    policies.withdraw(vault, "other", NOW)

    assert policies.current(vault) == ()
    assert len(keys(store)) == 2


def test_a_policy_that_comes_back_holds_since_then(vault):
    """What was due while it was withdrawn is not due at once."""
    policies.publish(vault, "production", "v1", {}, NOW)
    policies.withdraw(vault, "production", NOW + DAY)
    policies.publish(vault, "production", "v1", {}, NOW + 9 * DAY)

    (found,) = policies.current(vault)
    assert found.since == NOW + 9 * DAY


def test_names_of_any_kind_stay_apart_and_within_the_vault(store, vault):
    """Whatever people call their policies."""
    names = ["a b", "a-b", "a/b", "../../etc", "ä", "😀", "x" * 300, "x" * 301, "A", "a", "."]
    for name in names:
        policies.publish(vault, name, "v1", {}, NOW)

    assert sorted(each.name for each in policies.current(vault)) == sorted(names)
    assert all(key.count("/") == 2 and key.startswith("policies/") for key in keys(store))


def test_policies_are_in_the_order_of_their_names(vault):
    """Whatever the order in which they came, and that of their folders."""
    for name in ("b", "a b", "ä", "a"):
        policies.publish(vault, name, "v1", {}, NOW)

    assert [each.name for each in policies.current(vault)] == ["a", "a b", "b", "ä"]


def test_of_two_who_publish_at_once_one_is_told_to_run_again(store, vault):
    """Both cannot be the second version."""

    class Late(Recording):
        """Somebody else is quicker."""

        def create(self, key, data):
            policies.publish(vault, "production", "theirs", {}, NOW)
            return self.store.create(key, data)

    with pytest.raises(Busy):
        policies.publish(vault_on(Late(store)), "production", "ours", {}, NOW)
    assert [each.version for each in policies.current(vault)] == ["theirs"]


def test_an_answer_that_was_lost_on_the_way_is_no_other_ones_version(store, vault):
    """What is there is this one's own."""
    policies.publish(vault_on(Forgetful(store)), "production", "v1", {}, NOW)

    assert len(policies.current(vault)) == 1


def test_policies_that_cannot_be_listed_are_unknown(store, vault):
    """Not none: nothing would be protected any more."""
    policies.publish(vault, "production", "v1", {}, NOW)
    for name in ("folders", "list", "get"):
        with pytest.raises(Transient):
            policies.current(vault_on(Denying(store, names=(name,))))


def good(**fields):
    return {
        "name": "production",
        "version": "v1",
        "document": {},
        "published_at": NOW.isoformat(),
        "since": NOW.isoformat(),
        **fields,
    }


ODD: list[dict[str, Any]] = [
    {"name": None},
    {"version": 5},
    {"document": 5},
    {"document": None},
    {"published_at": "soon"},
    {"since": None},
    {"since": "2026-11-22T12:00:00"},
]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"{}", b"\xff", *(json.dumps(good(**each)).encode() for each in ODD)],
)
def test_a_damaged_policy_is_an_error_that_names_it(store, vault, data):
    """An older version does not count instead, and nothing is published over it."""
    policies.publish(vault, "production", "v1", {}, NOW)
    policies.publish(vault, "staging", "v1", {}, NOW)
    store.put("policies/production/00000002.json", data)

    for call in (
        lambda: policies.current(vault),
        lambda: policies.publish(vault, "production", "v3", {}, NOW),
        lambda: policies.withdraw(vault, "production", NOW),
    ):
        with pytest.raises(Damaged, match=r"policies/production/00000002\.json") as caught:
            call()
        assert caught.value.way_out
