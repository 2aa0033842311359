"""An export as a resource: settled in `check`, made once, kept when it is deleted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from integration.exports.conftest import lines, shop
from pulumi_neo4j_aura.errors import AuraError, Damaged, NotFound, Refused, Transient
from pulumi_neo4j_aura.resources.core import export, export_target
from pulumi_neo4j_aura.resources.core.results import Found, Gone
from pulumi_neo4j_aura.resources.core.values import UNKNOWN
from pulumi_neo4j_aura.vault import layout
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.exports import made_export, plant_export
from support.resources import ago, asked, existing_instance, failures, plant

__all__ = ["lines", "shop"]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "vault"


@pytest.fixture
def vault(services, folder):
    """A vault that a target has claimed."""
    export_target.create(services, {"url": str(folder)})
    return Vault(open_store(str(folder)))


def declared(folder, of, **changes):
    values = {"target": str(folder), "instance_id": of, "owner": "5e5e5e5e", **changes}
    return {key: value for key, value in values.items() if value is not None}


# --- check, diff ----------------------------------------------------------------------------------


@pytest.fixture
def production(services, control):
    made = existing_instance(services, control)
    plant(control, made, "older", timestamp=ago(hours=2))
    plant(control, made, "newer", timestamp=ago(hours=1))
    plant(control, made, "not-exportable", timestamp=ago(minutes=1), exportable=False)
    return made


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target": None}, "target"),
        ({"target": "relative"}, "target"),
        ({"instance_id": None}, "instance_id"),
        ({"instance_id": "0badcafe"}, "instance_id"),
        ({"snapshot_id": "take"}, "snapshot_id"),
        ({"snapshot_id": "unheard-of"}, "snapshot_id"),
        ({"snapshot_id": "not-exportable"}, "snapshot_id"),
        ({"snapshot_id": "older", "method": "live"}, "snapshot_id"),
        ({"method": "clown"}, "method"),
        ({"method": "live"}, "password"),
        ({"recipients": ["age1nonsense"]}, "recipients.0"),
        ({"clone_memory": "much"}, "clone_memory"),
        ({"clone_memory": "1GB"}, "clone_memory"),
        ({"wait_timeout": "soon"}, "wait_timeout"),
        ({"retian": False}, "retian"),
    ],
)
def test_a_mistake_fails_in_check(services, production, folder, changes, field):
    """By its property, before anything is paid for."""
    news = {**declared(folder, production), **changes}
    news = {key: value for key, value in news.items() if value is not None}
    assert set(failures(export.check(services, {}, news))) == {field}


def test_the_newest_snapshot_is_settled_once_and_kept(services, control, production, folder):
    """The preview shows it and those passed over; a younger one changes nothing."""
    news = declared(folder, production)
    olds = export.check(services, {}, news).inputs
    chosen = olds["chosen"]
    assert (chosen["snapshot_id"], chosen["chosen"], chosen["method"]) == (
        "newer",
        "newest",
        "clone",
    )
    assert chosen["skipped"] == [{"snapshot_id": "not-exportable", "reason": "is not exportable"}]

    plant(control, production, "newest", timestamp=ago(seconds=30))
    control.reset_requests()
    assert export.check(services, olds, news).inputs == olds
    assert asked(control) == []
    assert export.check(services, {}, news).inputs["chosen"]["snapshot_id"] == "newest"


@pytest.mark.parametrize("key", ["instance_id", "snapshot_id", "target", "password"])
def test_unknown_values_are_no_mistake(services, production, folder, key):
    """The snapshot may be taken in the same `up`; then it is settled there."""
    result = export.check(services, {}, {**declared(folder, production), key: UNKNOWN})
    assert result.failures == ()
    assert result.inputs[key] is UNKNOWN
    assert "chosen" not in result.inputs


@pytest.mark.parametrize(
    ("changes", "replaces"),
    [
        ({}, ()),
        ({"triggers": {"week": "2"}}, ("triggers",)),
        ({"instance_id": "ffffffff"}, ("instance_id",)),
        ({"snapshot_id": "another"}, ("snapshot_id",)),
        ({"snapshot_id": UNKNOWN}, ()),
        ({"target": "/another"}, ("target",)),
        ({"method": "live"}, ("method",)),
        ({"recipients": ["age1other"], "retain": False, "wait_timeout": "2h"}, ()),
        ({"clone_memory": "8GB", "password": "other"}, ()),
    ],
)
def test_what_makes_another_export(changes, replaces):
    """Everything else is for the next one, or for the day when it is deleted."""
    old = declared("/vault", "0badcafe", method="auto")
    assert export.diff(old, {**old, **changes}).replaces == replaces


# --- read, delete: an export that lies there ------------------------------------------------------


@pytest.fixture
def old(services, vault):
    """An export in the vault, and its state."""
    made = plant_export(vault, replace(made_export(), recipients=()))
    state = declared(vault.store.url, made.instance.id, retain=True)
    facts = {"manifest": made.key, "vault_id": vault.id(), **export._facts(made)}
    return made, state, {**state, **facts}


def test_an_unchanged_export_shows_no_drift(services, old):
    """Aura is not asked: the copy does not depend on it."""
    made, inputs, state = old
    assert export.read(services, made.export_id, state) == Found(made.export_id, state, inputs)


def test_one_that_was_pruned_or_lost_is_gone(services, vault, old):
    """While its vault answers; the next `up` makes another."""
    made, _, state = old
    vault.store.delete(made.key)
    found = export.read(services, made.export_id, state)
    assert isinstance(found, Gone)
    assert "pruned or lost" in found.reasons[0]


def test_without_its_vault_it_is_unknown(services, vault, old, folder):
    """An empty disk, another vault, a damaged manifest, no folder: nothing is forgotten."""
    made, _, state = old
    vault.store.delete(made.key)
    with pytest.raises(Transient, match="Another vault"):
        export.read(services, made.export_id, {**state, "vault_id": "another"})
    vault.store.put(made.key, b"{")
    with pytest.raises(Damaged):
        export.read(services, made.export_id, state)
    vault.store.delete(made.key)
    vault.store.delete("vault.json")
    with pytest.raises(Transient, match="no vault"):
        export.read(services, made.export_id, state)
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(Transient, match="Mount its disk"):
        export.read(services, made.export_id, state)


def test_deleting_keeps_the_copy_and_says_so(machine, services, vault, old):
    """Unless `retain=False` is in the state."""
    made, _, state = old
    export.delete(services, made.export_id, state)
    assert vault.get(made.export_id) == made
    assert any("kept" in line for line in machine.lines)


def later(made, vault, *, whole=True, **changes):
    """A younger copy of the same instance, as whole as is said."""
    moment = made.moment + timedelta(days=7)
    other = replace(made_export(copy_id="another", moment=moment), **changes)
    plant_export(vault, other)
    if not whole:
        vault.store.delete(other.parts[0].key)
    return other


REASONS = {
    "the only one": lambda _made, _vault: None,
    "the younger one is damaged": lambda made, vault: later(made, vault, whole=False),
    "the younger one is not one moment": lambda made, vault: later(made, vault, consistent=False),
    "the younger one is a file": lambda made, vault: later(made, vault, method="file"),
    "another instance": lambda _made, vault: plant_export(vault, made_export("ffffffff")),
    "an older one": lambda made, vault: plant_export(
        vault, made_export(copy_id="old", moment=made.moment - timedelta(days=7))
    ),
}


@pytest.mark.parametrize("others", REASONS.values(), ids=REASONS)
def test_the_last_good_copy_is_never_pruned(services, vault, old, others):
    """Only a younger, whole copy that is as good lets it go; the message names the way out."""
    made, _, state = old
    others(made, vault)
    with pytest.raises(Refused, match="retain=True"):
        export.delete(services, made.export_id, {**state, "retain": False})
    assert vault.get(made.export_id) == made


def test_behind_a_younger_one_it_is_pruned_when_that_was_asked_for(services, vault, old):
    """With its data, and an entry in the vault's journal; a second time is nothing."""
    made, _, state = old
    other = later(made, vault)
    for _ in range(2):
        export.delete(services, made.export_id, {**state, "retain": False})
    assert vault.find(made.export_id) is None
    with pytest.raises(NotFound):
        vault.store.get(made.parts[0].key)
    assert [row.manifest for row in vault.exports()] == [other]
    assert any(each.key.endswith("outcome.json") for each in vault.store.list("journal"))


def test_other_recipients_warn_that_the_copy_stays_as_it_is(machine, services, old):
    """It cannot be encrypted anew."""
    _, inputs, state = old
    after = export.update(services, "id", state, {**inputs, "recipients": ["age1other"]})
    assert after == {**state, "recipients": ["age1other"]}
    assert "stays encrypted as it was made" in machine.warnings[0]


# --- create: with a database ----------------------------------------------------------------------


def settled(services, news):
    result = export.check(services, {}, news)
    assert result.failures == ()
    return result.inputs


@pytest.mark.neo4j
def test_a_snapshot_is_exported_once(shop, vault, folder, tmp_path):
    """The same one that is there already is taken as it is, and survives the replaced resource."""
    services = shop.services(tmp_path / "home", [])
    values = settled(services, declared(folder, shop.production, snapshot_id=shop.snapshot))
    made = export.create(services, values)

    assert made.id == layout.export_id(shop.production, shop.snapshot)
    assert made.outputs["counts"] == {"nodes": 600, "relationships": 900}
    assert (made.outputs["made_by"], made.outputs["consistent"]) == ("clone", True)
    assert made.outputs["clone_gigabyte_hours"] >= 0
    assert made.outputs["vault_id"] == vault.id()

    shop.databases.control.reset_requests()
    again = export.create(services, {**values, "triggers": {"week": "2"}})
    assert again.outputs["manifest"] == made.outputs["manifest"]
    assert shop.databases.control.requests("POST", "/v1/instances") == []
    export.delete(services, made.id, {**made.outputs, "retain": False})
    assert vault.get(made.id).key == made.outputs["manifest"]


@pytest.mark.neo4j
def test_a_live_read_that_was_interrupted_is_one_export(shop, vault, folder, tmp_path):
    """The moment of the first try stands for it; once it is made, the next one is another."""
    services = shop.services(tmp_path / "home", [])
    password = shop.databases.passwords[shop.production]
    values = settled(services, declared(folder, shop.production, method="live", password="wrong"))
    with pytest.raises(AuraError) as caught:
        export.create(services, values)
    assert password not in str(caught.value)
    (entry,) = services.journal.unfinished(export.KIND, "5e5e5e5e", {})

    made = export.create(services, {**values, "password": password})
    assert made.id == layout.export_id(shop.production, f"live-{entry.id}")
    assert not made.outputs["consistent"]
    other = export.create(services, {**values, "password": password})
    assert other.id != made.id
