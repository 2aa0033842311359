"""Lookups that own nothing, in a program, against the emulator."""

from typing import Any

import pulumi
import pytest

from pulumi_neo4j_aura import Permanent, find_instance, list_snapshots, newest_snapshot
from support.emulator import DEVELOPMENT_PROJECT_ID, PRODUCTION_PROJECT_ID
from support.resources import ago, environment, existing_instance, plant
from unit.resources.registrations import run, values


@pytest.fixture(autouse=True)
def settings(one_emulator, tmp_path, monkeypatch):
    """A program's lookups take the same variables as the providers."""
    for name, value in environment(one_emulator.url, tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AURA_PROJECT_ID", raising=False)


@pytest.fixture
def production(services, control):
    return existing_instance(services, control)


def found(**given):
    """What find_instance finds."""

    def outputs():
        instance = find_instance(**given)
        return {key: getattr(instance, key) for key in vars(instance)}

    return values(outputs)


def test_an_instance_is_found_by_its_name(production):
    """Every attribute is an Output with what Aura says."""
    assert found(name="production", project_id=PRODUCTION_PROJECT_ID) == {
        "instance_id": production,
        "name": "production",
        "status": "running",
        "project_id": PRODUCTION_PROJECT_ID,
        "cloud_provider": "gcp",
        "region": "europe-west1",
        "type": "professional-db",
        "memory": "2GB",
        "storage": "4GB",
        "connection_url": f"neo4j+s://{production}.databases.neo4j.io",
    }


def test_an_instance_is_found_by_its_id(control, production):
    """One call, no list."""
    control.reset_requests()
    assert found(instance_id=production)["name"] == "production"
    assert control.requests("GET", "/v1/instances")[0]["path"] == f"/v1/instances/{production}"


def test_without_a_project_all_are_searched(production):
    """Of this credential."""
    assert found(name="production")["instance_id"] == production


def test_the_default_project_is_searched_when_there_is_one(production, monkeypatch):
    """AURA_PROJECT_ID narrows it down."""
    monkeypatch.setenv("AURA_PROJECT_ID", DEVELOPMENT_PROJECT_ID)
    with pytest.raises(Permanent, match=DEVELOPMENT_PROJECT_ID):
        found(name="production")


def test_none_of_that_name_is_an_error_with_the_place(production):
    """Not an empty answer that shows up later as something else."""
    with pytest.raises(Permanent, match=r"No instance in .* is named 'prodution'") as caught:
        found(name="prodution", project_id=PRODUCTION_PROJECT_ID)
    assert PRODUCTION_PROJECT_ID in str(caught.value)


def test_several_of_that_name_are_named_and_none_is_chosen(services, control, production):
    """Aura does not keep names unique; guessing could mean the wrong production."""
    other = existing_instance(services, control)
    with pytest.raises(Permanent, match="Several instances") as caught:
        found(name="production")
    assert production in str(caught.value)
    assert other in str(caught.value)
    assert "Give instance_id" in str(caught.value)


@pytest.mark.parametrize("given", [{}, {"name": "a", "instance_id": "b"}])
def test_name_or_id_is_needed_and_not_both(given):
    """Told at once, where it is called."""
    with pytest.raises(Permanent, match="either name or instance_id"):
        find_instance(**given)


def test_an_input_may_be_an_output(production):
    """Of a stack reference, for instance."""
    assert values(
        lambda: {"name": find_instance(instance_id=pulumi.Output.from_input(production)).name}
    ) == {"name": "production"}


def test_an_unknown_input_makes_the_answer_unknown(control, production):
    """In a preview nothing is looked up by an id that does not exist yet."""
    control.reset_requests()
    known = []

    def program(_):
        unknown: Any = pulumi.Output.from_input(pulumi.UNKNOWN)
        name = find_instance(instance_id=unknown).name

        async def look():
            known.append(await name.is_known())

        return pulumi.Output.from_input(look())

    run(program, preview=True)
    assert known == [False]
    assert control.requests() == []


# --- snapshots ------------------------------------------------------------------------------------


def test_snapshots_are_listed_newest_first(control, production):
    """Of as many days as asked for, each once."""
    plant(control, production, "today", timestamp=ago(minutes=5))
    plant(control, production, "this-week", timestamp=ago(days=3))
    plant(control, production, "failed", timestamp=ago(days=1), status="Failed")

    rows = values(lambda: {"rows": list_snapshots(production, days=7)})["rows"]

    assert [row["snapshot_id"] for row in rows] == ["today", "failed", "this-week"]
    assert rows[1]["status"] == "Failed"
    assert rows[0]["exportable"] is True


def test_the_days_limit_what_is_listed(control, production):
    """A call a day is the price."""
    plant(control, production, "this-week", timestamp=ago(days=3))
    assert values(lambda: {"rows": list_snapshots(production)})["rows"] == []


def test_the_newest_snapshot_is_the_one_that_a_source_would_take(control, production):
    """Completed, exportable, newest."""
    plant(control, production, "running", timestamp=ago(minutes=1), status="InProgress")
    plant(control, production, "good", timestamp=ago(minutes=2))

    def outputs():
        snapshot = newest_snapshot(production)
        return {key: getattr(snapshot, key) for key in vars(snapshot)}

    seen = values(outputs)
    assert seen["snapshot_id"] == "good"
    assert seen["instance_id"] == production
    assert seen["status"] == "Completed"
    assert seen["profile"] == "AdHoc"


def test_the_newest_of_conditions(control, production):
    """The same words as in a source."""
    plant(control, production, "old", timestamp=ago(hours=5))
    plant(control, production, "young", timestamp=ago(hours=1))

    def newest(**wanted):
        return values(lambda: {"id": newest_snapshot(production, **wanted).snapshot_id})["id"]

    assert newest() == "young"
    assert newest(before=ago(hours=3)) == "old"
    with pytest.raises(Permanent, match="young is older than max_age"):
        newest(max_age="30m")


def test_no_snapshot_is_an_error_with_the_reasons(control, production):
    """Ids and why each was passed over."""
    plant(control, production, "failed", status="Failed")
    with pytest.raises(Permanent, match="failed is Failed, not Completed") as caught:
        values(lambda: {"id": newest_snapshot(production).snapshot_id})
    assert production in str(caught.value)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"before": "2026-11-22T12:00:00"}, "before: needs a time zone"),
        ({"before": "yesterday"}, "before: Invalid isoformat"),
        ({"max_age": "young"}, "max_age: 'young' is not a duration"),
    ],
)
def test_a_condition_that_cannot_be_used_is_told_at_once(wanted, text):
    """A time without a zone would mean another moment on another machine."""
    with pytest.raises(Permanent, match=text):
        newest_snapshot("0badcafe", **wanted)
