"""An edited source of an instance that exists: its data is there and does not change by itself."""

import pytest

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

WAYS_OUT = ("take the edit back", "changing `generation`", "explicit overwrite")


@pytest.fixture
def production(services, control):
    made = existing_instance(services, control)
    for name in ("snap-1", "snap-2"):
        plant(control, made, name)
    return made


def declared(source, **changes):
    return instance_inputs(name="staging", source=source, **changes)


def existing(services, source, **changes):
    """The inputs in the state of an instance that was made with this source."""
    return checked(services, declared(source, **changes))


def test_an_edited_snapshot_id_fails_and_names_the_three_ways_out(services, production):
    """The user believes that the data will change: it will not, so it must not pass in silence."""
    olds = existing(services, snapshot_source(production, "snap-1"))

    result = check(services, olds, declared(snapshot_source(production, "snap-2")))

    reason = failures(result)["source"]
    assert f"snapshot snap-1 of instance {production}" in reason
    for way_out in WAYS_OUT:
        assert way_out in reason


@pytest.mark.parametrize("edit", ["the instance", "the kind", "newest to an id"])
def test_every_other_explicit_edit_fails_too(services, control, production, edit):
    """Another instance, the current data instead of a snapshot, an id instead of the newest."""
    other = existing_instance(services, control, name="other")
    edits = {
        "the instance": (snapshot_source(production, "snap-1"), snapshot_source(other, "snap-1")),
        "the kind": (snapshot_source(production, "snap-1"), instance_source(production)),
        "newest to an id": (snapshot_source(production), snapshot_source(production, "snap-1")),
    }
    before, after = edits[edit]
    olds = existing(services, before)

    reason = failures(check(services, olds, declared(after)))["source"]

    for way_out in WAYS_OUT:
        assert way_out in reason


def test_the_newest_may_be_written_down_as_what_it_was(services, production):
    """The recorded id as text names the data that is there: no edit at all."""
    olds = existing(services, snapshot_source(production))
    chosen = olds["provenance"]["snapshot_id"]

    result = check(services, olds, declared(snapshot_source(production, chosen)))

    assert result.failures == ()
    assert result.inputs == olds


def test_an_id_that_another_resource_changed_is_a_warning_and_kept(services, production):
    """A replaced Snapshot resource has a new id by itself; nobody asked for new data."""
    olds = existing(services, snapshot_source(production, "snap-1", explicit=False))

    changed = declared(snapshot_source(production, "snap-2", explicit=False))
    result = check(services, olds, changed)

    assert result.failures == ()
    assert result.inputs == olds
    assert len(result.warnings) == 1
    assert "staging" in result.warnings[0]
    assert "another resource was replaced" in result.warnings[0]
    assert "snap-1" in result.warnings[0]


def test_the_same_ids_from_a_resource_instead_of_text_are_no_change(services, production):
    """Tidying a program up must not warn at every `up` from then on."""
    olds = existing(services, snapshot_source(production, "snap-1"))

    tidied = declared(snapshot_source(production, "snap-1", explicit=False))
    result = check(services, olds, tidied)

    assert result.failures == ()
    assert result.warnings == ()
    assert result.inputs == olds


def test_a_source_for_an_instance_that_has_none_fails(services, production):
    """It has data of its own by now."""
    olds = checked(services, declared(None))

    reason = failures(check(services, olds, declared(snapshot_source(production, "snap-1"))))

    assert "cannot get a source" in reason["source"]
    for way_out in WAYS_OUT:
        assert way_out in reason["source"]


def test_a_source_that_is_removed_is_kept_without_a_word(services, production):
    """It was needed once; the record of where the data came from stays."""
    olds = existing(services, snapshot_source(production, "snap-1"))

    result = check(services, olds, declared(None))

    assert result.failures == ()
    assert result.warnings == ()
    assert result.inputs == olds


def test_an_edit_asks_nothing(services, control, production):
    """What is judged is the edit, not the new snapshot."""
    olds = existing(services, snapshot_source(production, "snap-1"))
    control.reset_requests()

    check(services, olds, declared(snapshot_source(production, "gone-long-ago")))

    assert asked(control) == []


def test_an_edit_after_aura_expired_the_snapshot_is_judged_the_same(services, control, production):
    """Nor does an unchanged source need its snapshot any more."""
    olds = existing(services, snapshot_source(production, "snap-1"))
    control.drop_snapshot("snap-1")
    control.vanish(production)

    assert checked(services, declared(snapshot_source(production, "snap-1")), olds) == olds


# --- replacing on purpose -------------------------------------------------------------------------


def test_another_generation_allows_another_source(services, control, production):
    """The one-shot way to new data: a new instance, protection switched off before."""
    olds = existing(services, snapshot_source(production, "snap-1"), deletion_protection=False)
    program = declared(
        snapshot_source(production, "snap-2"), deletion_protection=False, generation="2"
    )

    checked(services, program, olds)
    replacement = checked(services, program)

    assert replacement["provenance"]["snapshot_id"] == "snap-2"


def test_the_create_half_of_a_replacement_resolves_newest_again(services, control, production):
    """Refreshing from the newest is what a new generation is for."""
    olds = existing(services, snapshot_source(production), deletion_protection=False)
    plant(control, production, "brand-new", timestamp=ago(minutes=1))
    program = declared(snapshot_source(production), deletion_protection=False, generation="2")

    kept = checked(services, program, olds)
    replacement = checked(services, program)

    assert kept["provenance"]["snapshot_id"] != "brand-new"
    assert replacement["provenance"]["snapshot_id"] == "brand-new"


REPLACING = {
    "cloud_provider": {"cloud_provider": "aws", "region": "eu-west-1"},
    "region": {"region": "europe-west2"},
    "version": {"version": "4"},
    "type": {"type": "enterprise-db"},
    "project_id": {"project_id": "a0000000-0000-4000-8000-000000000002"},
    "generation": {"generation": "2"},
}


@pytest.mark.parametrize(("key", "changes"), REPLACING.items(), ids=REPLACING)
def test_a_replacement_of_a_protected_instance_fails_in_check(services, key, changes):
    """Later would be too late: the new one is made and billed before the old one is deleted."""
    olds = checked(services, instance_inputs())

    found = failures(check(services, olds, instance_inputs(**changes)))

    assert set(changes) == set(found)
    assert "deletion_protection is on" in found[key]
    assert "deletion_protection=False in an `up` of its own" in found[key]


@pytest.mark.parametrize("changes", REPLACING.values(), ids=REPLACING)
def test_switching_protection_off_and_replacing_needs_two_runs(services, changes):
    """One edit must not be able to delete a database."""
    olds = checked(services, instance_inputs())
    both = instance_inputs(**changes, deletion_protection=False)
    assert check(services, olds, both).failures

    off = checked(services, instance_inputs(deletion_protection=False), olds)
    checked(services, both, off)


def test_professional_to_business_critical_is_no_replacement(services):
    """Aura upgrades the same instance, so protection has nothing to say."""
    olds = checked(services, instance_inputs())
    checked(services, instance_inputs(type="business-critical"), olds)


def test_an_existing_instance_keeps_owner_and_provenance(services, production):
    """The owner is in the pending name and the journal: a renamed stack must find both again."""
    olds = existing(services, snapshot_source(production, "snap-1"))

    renamed = declared(snapshot_source(production, "snap-1"), owner="ffffffff")
    again = checked(services, renamed, olds)

    assert again["owner"] == olds["owner"]
    assert again["provenance"] == olds["provenance"]
