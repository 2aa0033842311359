"""An export as the source of an instance: chosen and seen to be usable in `check`, then kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyrage  # type: ignore[import-untyped] # it has no types
import pytest

from pulumi_neo4j_aura.errors import BadCredentials, Refused, Transient
from pulumi_neo4j_aura.resources.core import instance_readiness, instance_request
from pulumi_neo4j_aura.resources.core.instance_request import check
from pulumi_neo4j_aura.resources.core.values import UNKNOWN
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.exports import MOMENT, made_export, plant_export
from support.resources import calls, checked, failures, instance_inputs, live
from support.shop import export, lines, shop

__all__ = ["lines", "shop"]

INSTANCE = "ab12cd34"


@pytest.fixture
def vault(services, tmp_path):
    made = Vault(open_store(str(tmp_path / "vault")))
    made.claim(services.clock.now())
    return made


def planted(vault, copy_id, days=0, **changes):
    """An export of so many days later, not encrypted unless told."""
    made = made_export(INSTANCE, copy_id=copy_id, moment=MOMENT + timedelta(days=days))
    return plant_export(vault, replace(made, **{"recipients": (), **changes}))


def from_export(vault, export_id=None, **changes):
    """What `from_export` makes."""
    values = {"kind": "export", "target": vault.store.url, "explicit": True, **changes}
    whose = {"instance_id": INSTANCE} if export_id is None else {"export_id": export_id}
    return {**values, **whose}


def declared(source, **changes):
    return instance_inputs(name="staging", source=source, **changes)


def refusal(services, source, **changes):
    """Why the source will not do."""
    found = failures(check(services, {}, declared(source, **changes)))
    assert set(found) == {"source"}
    return found["source"]


# --- choosing -------------------------------------------------------------------------------------


def test_an_export_by_its_id_is_recorded_with_its_facts(services, vault):
    """So that the preview and the state say what will be in it."""
    made = planted(vault, "one")
    found = checked(services, declared(from_export(vault, made.export_id)))["provenance"]
    assert found == {
        "kind": "export",
        "target": vault.store.url,
        "export_id": made.export_id,
        "chosen": "explicit",
        "instance_id": INSTANCE,
        "snapshot_id": "one",
        "moment": MOMENT.isoformat(),
        "counts": dict(made.counts),
        "consistent": True,
        "encrypted": False,
    }


def test_the_newest_whole_one_is_chosen_and_the_others_have_reasons(services, vault):
    """A damaged, a future-dated and an adopted one are younger, and not what anybody wants."""
    planted(vault, "older")
    wanted = planted(vault, "wanted", days=1)
    broken = planted(vault, "broken", days=2)
    vault.store.delete(broken.parts[1].key)
    unreadable = planted(vault, "unreadable", days=3)
    vault.store.put(unreadable.key, b"{")
    planted(vault, "adopted", days=4, method="file")
    planted(vault, "future", days=(datetime.now(UTC) - MOMENT).days + 2)
    plant_export(vault, made_export("ffffffff", moment=MOMENT + timedelta(days=5)))

    found = checked(services, declared(from_export(vault)))["provenance"]

    assert (found["export_id"], found["chosen"]) == (wanted.export_id, "newest")
    assert found["skipped_count"] == 4
    reasons = {each["export"].partition("-")[2]: each["reason"] for each in found["skipped"]}
    assert reasons.keys() == {"broken", "unreadable", "adopted", "future"}
    assert "is missing" in reasons["broken"]
    assert "damaged" in reasons["unreadable"]
    assert "adopted file" in reasons["adopted"]
    assert "future" in reasons["future"]


# --- what fails in check --------------------------------------------------------------------------


def test_a_vault_without_one_fails_with_the_ways_out(services, vault):
    """And names what is there and does not do."""
    broken = planted(vault, "broken")
    vault.store.delete(broken.parts[0].key)
    reason = refusal(services, from_export(vault))
    assert "broken" in reason
    assert "aura-backup export" in reason
    assert "has no export" in refusal(services, from_export(vault, "unheard-of"))


def test_a_damaged_export_by_its_id_fails(services, vault):
    """Before an instance is paid for."""
    made = planted(vault, "one")
    vault.store.put(made.parts[0].key, b"cut")
    assert "3 bytes, not 100" in refusal(services, from_export(vault, made.export_id))


def test_a_place_that_is_no_vault_fails(services, vault):
    """It is not a vault without exports."""
    vault.store.delete("vault.json")
    assert "vault.json" in refusal(services, from_export(vault))


def test_a_folder_that_is_not_there_is_unknown(services, vault, tmp_path):
    """Nothing is made of it."""
    source = from_export(vault)
    (tmp_path / "vault").rename(tmp_path / "elsewhere")
    with pytest.raises(Transient, match="Mount its disk"):
        check(services, {}, declared(source))


def test_an_encrypted_export_needs_the_file_with_the_key(machine, vault, tmp_path):
    """Told in the preview; a file without a key as well."""
    made = planted(vault, "one", recipients=("age1recipient",))
    source = from_export(vault, made.export_id)
    assert "AURA_BACKUP_AGE_IDENTITY_FILE" in refusal(machine.process(), source)
    path = tmp_path / "age.key"
    path.write_text("no key")
    without = machine.process(AURA_BACKUP_AGE_IDENTITY_FILE=str(path))
    assert "holds no private key" in refusal(without, source)
    path.write_text(str(pyrage.x25519.Identity.generate()))
    assert checked(machine.process(AURA_BACKUP_AGE_IDENTITY_FILE=str(path)), declared(source))


def test_a_tier_that_is_too_small_fails(services, vault):
    """Free holds 200,000 nodes."""
    made = planted(vault, "one")
    large = replace(made.parts[0], rows=200_001)
    other = planted(vault, "large", parts=made.parts[:0])
    vault.store.delete(other.key)
    key = large.key.replace(made.folder, other.folder)
    plant_export(vault, replace(other, parts=(replace(large, key=key),)))

    reason = refusal(services, from_export(vault, other.export_id), type="free-db", memory="1GB")
    assert "200,001 nodes" in reason
    assert checked(services, declared(from_export(vault, other.export_id)))


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ({"kind": "export", "export_id": "x"}, "source.target"),
        ({"kind": "export", "target": "relative", "export_id": "x"}, "source.target"),
        ({"kind": "export", "target": "/vault"}, "source.instance_id"),
        ({"kind": "snapshot"}, "source.instance_id"),
        ({"kind": "export", "target": "/vault", "exprt_id": "x"}, "source.exprt_id"),
    ],
)
def test_a_mistake_inside_the_source_is_named_with_its_path(services, source, field):
    """By the property that has to change."""
    assert field in failures(check(services, {}, declared(source)))


def test_an_export_that_is_made_in_the_same_up_is_settled_then(services, vault):
    """Its id is not known in the preview."""
    result = check(services, {}, declared(from_export(vault, UNKNOWN)))
    assert result.failures == ()
    assert "provenance" not in result.inputs


# --- making and keeping ---------------------------------------------------------------------------


def test_the_instance_is_created_empty_and_the_filling_is_asked_for(services, control, vault):
    """Aura knows nothing of the export: no source is sent to it."""
    made = planted(vault, "one")
    inputs = checked(services, declared(from_export(vault, made.export_id)))
    created = instance_request.create(services, inputs)
    (sent,) = control.requests("POST", "/v1/instances")
    assert "source_instance_id" not in str(sent)
    assert calls(control, "POST", "/v1/instances") == 1
    task = {"target": vault.store.url, "export_id": made.export_id}
    assert created.outputs["operation"]["fill"] == task


def test_a_change_before_it_is_filled_leaves_the_pending_name(services, control, vault):
    """The own name says that the data is whole; readiness gives it."""
    made = planted(vault, "one")
    source = from_export(vault, made.export_id)
    inputs = checked(services, declared(source))
    created = instance_request.create(services, inputs)
    edited = checked(services, declared(source, memory="4GB"), inputs)

    after = instance_request.update(services, created.id, created.outputs, edited)

    assert live(control, created.id)["name"].startswith("staging~")
    assert after["operation"]["id"] != created.outputs["operation"]["id"]
    assert after["operation"]["settings"]["memory"] == "4GB"
    assert after["operation"]["fill"] == created.outputs["operation"]["fill"]


def test_a_younger_export_changes_nothing(services, vault):
    """The newest is resolved once."""
    planted(vault, "one")
    olds = checked(services, declared(from_export(vault)))
    planted(vault, "two", days=1)
    assert checked(services, declared(from_export(vault)), olds) == olds


def edits(vault, made):
    """Edits of a source, and what comes of each."""
    moved = {"target": "/moved/vault"}
    return {
        "another id": (from_export(vault, "another"), "fails"),
        "another id of a resource": (from_export(vault, "another", explicit=False), "warns"),
        "the newest, written down": (from_export(vault, made.export_id), "keeps"),
        "written down at another place": (from_export(vault, made.export_id) | moved, "keeps"),
        "another instance's": (from_export(vault) | {"instance_id": "ffffffff"}, "fails"),
        "a snapshot": (
            {"kind": "snapshot", "instance_id": INSTANCE, "snapshot_id": "one", "explicit": True},
            "fails",
        ),
        "taken out": (None, "keeps"),
        "not known yet": (from_export(vault, UNKNOWN), "keeps"),
    }


@pytest.mark.parametrize("name", edits(Vault(open_store("memory://")), made_export()))
def test_an_edited_source_never_replaces(services, vault, name):
    """The data is there; an explicit edit fails with the ways out, the same export is no edit."""
    made = planted(vault, "one")
    olds = checked(services, declared(from_export(vault)))
    source, outcome = edits(vault, made)[name]

    result = check(services, olds, declared(source))

    assert instance_request.diff(olds, result.inputs).replaces == ()
    assert bool(result.failures) == (outcome == "fails")
    assert bool(result.warnings) == (outcome == "warns")
    if outcome == "fails":
        reason = failures(result)["source"]
        assert f"the newest export of instance {INSTANCE}" in reason
        assert "changing `generation`" in reason
    else:
        assert result.inputs["source"] == olds["source"]
    assert result.inputs["provenance"] == olds["provenance"]


# --- filling: with a database ---------------------------------------------------------------------


def waits_for(services, shop, instance_id, name, made, **changes):
    """What the readiness half is given for an instance that is to be called so."""
    operation = {
        "id": "1",
        "began_at": "2026-01-01T00:00:00+00:00",
        "owner": "0a1b2c3d",
        "wait_timeout": "30m",
        "settings": {"name": name},
        "fill": {"target": made[0].store.url, "export_id": made[1].export_id},
    }
    given = {"instance_id": instance_id, "api_url": services.settings.api_url}
    password = shop.databases.passwords[instance_id]
    return {**given, "operation": operation, "password": password, **changes}


@pytest.mark.neo4j
def test_it_is_filled_under_its_pending_name_and_only_once(shop, vault, tmp_path, lines):
    """A lost state asks again: what is in use by then is left alone, and not called proven."""
    services = shop.services(tmp_path / "home", lines)
    made = vault, export(services, vault, shop).manifest
    target = shop.databases.create("filled~0a1b2c3d")
    values = waits_for(services, shop, target, "filled", made)

    with pytest.raises(BadCredentials):
        instance_readiness.create(services, {**values, "password": "wrong"})
    assert shop.databases.shown(target)["name"] == "filled~0a1b2c3d"

    outputs = instance_readiness.create(services, values).outputs
    filled = {"nodes": 600, "relationships": 900, "proven": True}
    assert outputs["filled"] == {"export_id": made[1].export_id, **filled}
    assert shop.databases.shown(target)["name"] == "filled"
    assert shop.databases.counts(target) == (600, 900)

    # The state was lost right behind the rename; nothing was written since.
    assert instance_readiness.create(services, values).outputs["filled"]["proven"]

    shop.databases.write(target, "its own")
    again = {**values, "operation": {**values["operation"], "id": "2"}}
    assert (
        instance_readiness.update(services, "ready", outputs, again)["filled"]
        == (outputs["filled"])
    )
    lines.clear()
    unproven = instance_readiness.create(services, again).outputs["filled"]
    assert not unproven["proven"]
    assert "written to since" in unproven["remark"]
    assert any("is not proven" in line for line in lines)
    assert shop.databases.counts(target) == (601, 900)
    shop.databases.control.vanish(target)


@pytest.mark.neo4j
def test_a_pending_instance_that_holds_other_data_is_refused(shop, vault, tmp_path, lines):
    """Another machine may have begun, or somebody has written into it: nothing is added to that."""
    services = shop.services(tmp_path / "home", lines)
    made = vault, export(services, vault, shop).manifest
    target = shop.databases.create("half~0a1b2c3d")
    shop.databases.write(target, "somebody's")
    with pytest.raises(Refused, match="not empty"):
        instance_readiness.create(services, waits_for(services, shop, target, "half", made))
    assert shop.databases.counts(target) == (1, 0)
    shop.databases.control.vanish(target)
