"""An export target: a place of the user's own, claimed once, forgotten and never deleted."""

import json

import pyrage  # type: ignore[import-untyped] # it has no types
import pytest

from pulumi_neo4j_aura.errors import AuraError, Damaged, Transient
from pulumi_neo4j_aura.resources.core import export_target
from pulumi_neo4j_aura.resources.core.results import Found, Gone
from pulumi_neo4j_aura.resources.core.values import UNKNOWN
from support.resources import failures


@pytest.fixture
def recipient():
    return str(pyrage.x25519.Identity.generate().to_public())


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "vault"


@pytest.fixture
def target(services, folder, recipient):
    """The inputs and outputs of a target that exists."""
    news = {"url": str(folder), "recipients": [recipient]}
    inputs = export_target.check(services, {}, news).inputs
    return inputs, export_target.create(services, inputs).outputs


def written(folder):
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


# --- check, diff ----------------------------------------------------------------------------------

SECRET = "AGE-SECRET-KEY-1CANARY"

MISTAKES = {
    "no url": ({"url": None}, "url", "is required"),
    "credentials": ({"url": "s3://me:canary@bucket/p"}, "url", "must not hold credentials"),
    "a signature": ({"url": "az://box/p?sig=canary"}, "url", "must have no query"),
    "an odd kind": ({"url": "ftp://host/p"}, "url", "no storage of the kind ftp://"),
    "a relative folder": ({"url": "vault"}, "url", "must be absolute"),
    "nothing": ({"url": ""}, "url", "is empty"),
    "memory": ({"url": "memory://"}, "url", "is gone when this process ends"),
    "no recipient": ({"recipients": ["age1nonsense"]}, "recipients.0", "is no age recipient"),
    "a private key": ({"recipients": [SECRET]}, "recipients.0", "private key"),
    "a misspelt input": ({"recipient": "x"}, "recipient", "check the spelling"),
}


@pytest.mark.parametrize(("changes", "field", "text"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_fails_in_check(services, folder, changes, field, text):
    """By its property, without repeating what may be secret, and without touching the place."""
    values = {"url": str(folder), **changes}
    news = {key: value for key, value in values.items() if value is not None}
    found = failures(export_target.check(services, {}, news))
    assert set(found) == {field}
    assert text in found[field]
    assert "CANARY" not in found[field].upper()
    assert not folder.exists()


@pytest.mark.parametrize(
    "url", ["/srv/vault", "~/vault", "file:///srv/vault", "s3://b/p", "az://c/p", "gs://b/p"]
)
def test_every_kind_of_place_passes_unseen(services, recipient, url):
    """A preview needs neither network nor credentials of a cloud."""
    news = {"url": url, "recipients": [recipient]}
    assert export_target.check(services, {}, news).inputs == news


@pytest.mark.parametrize("changes", [{"url": UNKNOWN}, {"recipients": [UNKNOWN]}])
def test_unknown_values_are_no_mistake(services, folder, changes):
    """The bucket may be made in the same `up`."""
    result = export_target.check(services, {}, {"url": str(folder), **changes})
    assert result.failures == ()
    assert changes.items() <= result.inputs.items()


def test_only_another_place_replaces(recipient):
    """Recipients hold for what is exported from now on."""
    old = {"url": "/a", "recipients": []}
    assert export_target.diff(old, {**old, "url": "/b"}).replaces == ("url",)
    assert export_target.diff(old, {**old, "url": UNKNOWN}).replaces == ()
    assert export_target.diff(old, {**old, "recipients": [recipient]}).replaces == ()


# --- create ---------------------------------------------------------------------------------------


def test_the_place_becomes_a_vault(target, folder, recipient):
    """Its id is its own, and the probe leaves nothing behind."""
    _, outputs = target
    assert outputs["vault_id"] == json.loads((folder / "vault.json").read_text())["id"]
    assert outputs["url"] == str(folder)
    assert outputs["recipients"] == [recipient]
    assert [name for name in written(folder) if name.startswith("probe/")] == []


def test_a_vault_that_is_there_is_taken_over_unchanged(machine, services, target, folder):
    """Another stack, or the same after a lost state: one vault, one id."""
    inputs, outputs = target
    before = (folder / "vault.json").read_bytes()
    again = export_target.create(machine.process(), inputs)
    assert again.id == outputs["vault_id"]
    assert (folder / "vault.json").read_bytes() == before


def test_a_place_that_cannot_be_written_is_an_error(services, folder):
    """Before anything is exported; here, a file stands where the folder should be."""
    folder.write_text("a file")
    with pytest.raises(AuraError, match="vault"):
        export_target.create(services, {"url": str(folder)})


# --- read, update, delete -------------------------------------------------------------------------


def test_an_unchanged_vault_shows_no_drift(services, target):
    """The same inputs and outputs."""
    inputs, outputs = target
    vault_id = outputs["vault_id"]
    assert export_target.read(services, vault_id, outputs) == Found(vault_id, outputs, inputs)


def test_a_place_that_answers_without_a_vault_is_gone(services, target, folder):
    """The next `up` claims it anew."""
    _, outputs = target
    (folder / "vault.json").unlink()
    assert isinstance(export_target.read(services, outputs["vault_id"], outputs), Gone)


def test_a_folder_that_is_not_there_is_unknown(services, target, folder):
    """A disk that is not mounted must not make Pulumi begin another vault; nor is it made."""
    _, outputs = target
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(Transient, match="Mount its disk"):
        export_target.read(services, outputs["vault_id"], outputs)
    assert not folder.exists()


def test_another_vault_at_the_place_is_unknown(services, target, folder):
    """The wrong disk."""
    _, outputs = target
    other = json.loads((folder / "vault.json").read_text()) | {"id": "another"}
    (folder / "vault.json").write_text(json.dumps(other))
    with pytest.raises(Transient, match="Another vault"):
        export_target.read(services, outputs["vault_id"], outputs)


def test_a_damaged_vault_is_not_gone(services, target, folder):
    """It is told, and stays in the state."""
    _, outputs = target
    (folder / "vault.json").write_text("{")
    with pytest.raises(Damaged, match=r"vault\.json"):
        export_target.read(services, outputs["vault_id"], outputs)


def test_other_recipients_are_an_update(services, target):
    """Nothing is written anywhere for it."""
    inputs, outputs = target
    after = export_target.update(services, "id", outputs, {**inputs, "recipients": []})
    assert after == {**outputs, "recipients": []}


def test_deleting_forgets_and_deletes_nothing(machine, services, target, folder):
    """The line says so."""
    _, outputs = target
    before = written(folder)
    export_target.delete(services, outputs["vault_id"], outputs)
    assert written(folder) == before
    assert any("is kept" in line for line in machine.lines)
