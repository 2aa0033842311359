import json
from dataclasses import replace

import pytest

from pulumi_neo4j_aura.domain import naming
from pulumi_neo4j_aura.errors import (
    BadCredentials,
    Busy,
    Forbidden,
    NotFound,
    Refused,
    Rejected,
    Throttled,
    Transient,
    Unavailable,
)
from pulumi_neo4j_aura.execution.creation import close, create
from support.fakes import Killed, Then, gone, make_services
from unit.execution.requests import (
    NEW,
    OTHER,
    OWNER,
    PENDING,
    creates,
    deletes,
    request,
    unfinished,
)


def test_an_instance_is_created_once_under_its_pending_name(aura, services):
    """The password is in the answer, and everything else is sent as declared."""
    made = create(services, request(source_snapshot_id="snapshot-1", vector_optimized=True))

    sent = aura.sent("instances.create")[0].arguments[0]
    assert sent == replace(
        NEW, name=PENDING, source_snapshot_id="snapshot-1", vector_optimized=True
    )
    assert [each.id for each in aura.alive] == [made.id]
    assert (creates(aura), made.password) == (1, f"password-of-{made.id}")


def test_the_intent_is_on_disk_before_the_create_is_sent(aura, services):
    """With everything that is needed to find the instance from the outside."""
    seen = []
    aura.before = lambda call: seen.append((call.name, [e.facts for e in unfinished(services)]))
    create(services, request())

    assert [name for name, _ in seen] == ["instances.list", "instances.create"]
    assert seen[0][1] == []
    ((facts,),) = [facts for name, facts in seen if name == "instances.create"]
    assert facts["pending_name"] == PENDING
    assert facts["api_url"] == aura.api_url
    assert facts["project_id"] == NEW.project_id


def test_the_answer_is_on_disk_before_it_is_returned(aura, services):
    """Whatever happens to the process next, id and password are not lost."""
    made = create(services, request())
    (entry,) = unfinished(services)

    answer = entry.answer or {}
    assert (answer["id"], answer["password"]) == (made.id, made.password)


def test_without_a_journal_nothing_is_created(aura, services):
    """A file in its place stops the create before the call."""
    services.journal.root.write_text("a file, not a folder")

    with pytest.raises(Refused, match="cannot be written"):
        create(services, request())
    assert creates(aura) == 0


@pytest.mark.parametrize(
    "error",
    [
        Rejected("400", status=400),
        Forbidden("403", status=403),
        BadCredentials("401", status=401),
        NotFound("404", status=404),
        Busy("409", status=409),
        Throttled("429", status=429),
        Unavailable("never reached"),
    ],
)
def test_a_create_that_had_no_effect_closes_its_entry(aura, services, error):
    """Aura said no, or never saw it: the next run has nothing to look for and sends it again."""
    aura.script("instances.create", error)

    with pytest.raises(type(error)) as caught:
        create(services, request())
    assert caught.value is error
    assert unfinished(services) == ()
    create(services, request())
    assert (creates(aura), len(aura.alive)) == (2, 1)


def test_a_list_that_fails_stops_the_create(aura, services):
    """Without having looked for a lost predecessor nothing is sent."""
    aura.script("instances.list", Unavailable("503"))

    with pytest.raises(Unavailable):
        create(services, request())
    assert creates(aura) == 0
    assert not services.journal.root.exists()


# --- the answer that an earlier run had -----------------------------------------------------------


def test_an_answer_is_taken_up_by_the_next_run(aura, tmp_path, clock):
    """Killed after the answer: the same instance, the same password, and no second create."""
    first = create(make_services(aura, tmp_path, clock), request())
    clock.sleep(3600)
    second = create(make_services(aura, tmp_path, clock), request())

    assert second == replace(first, created_at=None)
    assert (creates(aura), len(aura.alive)) == (1, 1)
    assert aura.reported[-1] == f"taking up instance {first.id}, created by an earlier run"


@pytest.mark.parametrize("seconds", [0, 24])
def test_an_answer_of_just_now_is_taken_up_although_aura_does_not_know_it_yet(
    aura, tmp_path, clock, seconds
):
    """A new instance may be missing from reads: two 404s in its first seconds are no absence."""
    aura.get_lag = aura.list_lag = 60
    first = create(make_services(aura, tmp_path, clock), request())
    clock.sleep(seconds)
    second = create(make_services(aura, tmp_path, clock), request())

    assert (second.id, second.password) == (first.id, first.password)
    assert creates(aura) == 1


def test_an_instance_that_is_gone_is_created_again(aura, tmp_path, clock):
    """Proven by two readings; the old answer's password is forgotten."""
    first = create(make_services(aura, tmp_path, clock), request())
    clock.sleep(3600)
    aura.rows.clear()
    services = make_services(aura, tmp_path, clock)
    second = create(services, request())

    assert second.id != first.id
    assert [(entry.answer or {}).get("id") for entry in unfinished(services)] == [second.id]
    assert (creates(aura), len(aura.alive)) == (2, 1)


def test_an_answer_without_a_time_counts_as_an_old_one(aura, services):
    """Two agreeing readings are enough then."""
    entry = services.journal.begin("create-instance", OWNER, {
        "api_url": aura.api_url, "project_id": NEW.project_id})  # fmt: skip
    services.journal.record_answer(entry, {"id": "aaaaaaaa", "password": "old"})
    made = create(services, request())

    assert [(each.answer or {}).get("id") for each in unfinished(services)] == [made.id]


def test_an_instance_of_which_nobody_knows_is_not_created_again(aura, tmp_path, clock):
    """Unknown is not absent: the answer stays in the journal."""
    create(make_services(aura, tmp_path, clock), request())
    clock.sleep(3600)
    services = make_services(aura, tmp_path, clock)
    aura.script("instances.get", gone())
    aura.script("instances.list", Unavailable("503"))

    with pytest.raises(Transient, match="is unknown"):
        create(services, request())
    assert creates(aura) == 1
    assert unfinished(services)[0].answer is not None


def test_the_latest_of_several_answers_is_taken_up(aura, tmp_path, clock):
    """An older one whose instance is gone is closed only when its turn comes."""
    services = make_services(aura, tmp_path, clock)
    for each in ("aaaaaaaa", "bbbbbbbb"):
        aura.add(id=each, name=PENDING)
        entry = services.journal.begin("create-instance", OWNER, {
            "api_url": aura.api_url, "project_id": NEW.project_id})  # fmt: skip
        answer = {"id": each, "name": PENDING, "project_id": NEW.project_id}
        services.journal.record_answer(entry, answer | {"username": "neo4j", "password": each})
        clock.sleep(1)

    assert create(services, request()).id == "bbbbbbbb"
    assert creates(aura) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"cloud_provider": "aws"},
        {"region": "us-east1"},
        {"type": "business-critical"},
        {"version": "4"},
        {"customer_managed_key_id": "key"},
        {"source_instance_id": "ffffffff"},
        {"source_snapshot_id": "snapshot-2"},
    ],
)
def test_an_answer_to_another_declaration_is_refused(aura, tmp_path, clock, changes):
    """An instance in Europe is not what a declaration in America asks for."""
    made = create(make_services(aura, tmp_path, clock), request())
    clock.sleep(3600)

    with pytest.raises(Refused) as caught:
        create(make_services(aura, tmp_path, clock), request(**changes))
    (key, value), *_ = changes.items()
    assert f"created instance {made.id} ({PENDING})" in caught.value.message
    assert f"{key} was {getattr(NEW, key) or ''!r}, is {value!r}" in caught.value.message
    assert "so that what that one was made with is declared" in caught.value.way_out
    assert (creates(aura), deletes(aura)) == (1, 0)


def test_an_answer_to_another_declaration_can_be_replaced_on_purpose(aura, tmp_path, clock):
    """`on_orphan="replace"` deletes it, sees it gone and creates the other one."""
    made = create(make_services(aura, tmp_path, clock), request())
    clock.sleep(3600)
    services = make_services(aura, tmp_path, clock)
    other = create(services, request(region="us-east1", on_orphan="replace"))

    assert other.id != made.id
    assert (creates(aura), deletes(aura), len(aura.alive)) == (2, 1, 1)


def test_a_renamed_instance_is_not_replaced_even_on_purpose(aura, tmp_path, clock):
    """Somebody gave it a name: it is no orphan any more, and only a person can decide."""
    made = create(make_services(aura, tmp_path, clock), request())
    clock.sleep(3600)
    aura.rows[made.id].seen = replace(aura.rows[made.id].seen, name="kept")

    with pytest.raises(Refused):
        create(
            make_services(aura, tmp_path, clock),
            request(region="us-east1", on_orphan="replace"),
        )
    assert (creates(aura), deletes(aura)) == (1, 0)


def test_settings_that_can_change_do_not_hinder_taking_up(aura, tmp_path, clock):
    """Sizes and names are the readiness half's work."""
    made = create(make_services(aura, tmp_path, clock), request())
    clock.sleep(3600)
    services = make_services(aura, tmp_path, clock)

    assert create(services, request(memory="8GB", name="shop")).id == made.id


def test_an_answer_from_another_place_is_not_taken_up(aura, tmp_path, clock):
    """Another API or project is another world."""
    create(make_services(aura, tmp_path, clock), request())
    clock.sleep(3600)
    aura.api_url = "https://elsewhere.test"
    aura.rows.clear()
    create(make_services(aura, tmp_path, clock), request())

    assert creates(aura) == 2
    assert aura.sent("instances.get") == []


# --- the answer that could not be kept ------------------------------------------------------------


def test_a_full_disk_after_the_answer_does_not_lose_the_password(aura, services):
    """Only this process still knows it: it is returned, and a warning says what went wrong."""

    def fill_the_disk(call):
        if call.name == "instances.create":
            (folder,) = (services.journal.root / OWNER).iterdir()
            (folder / "answer.json").symlink_to("nowhere")

    aura.before = fill_the_disk
    made = create(services, request())

    assert made.password == f"password-of-{made.id}"
    (warning,) = aura.warned
    assert warning.startswith(f"instance {made.id} exists, but its answer was not journalled")
    assert made.password not in warning
    assert creates(aura) == 1


# --- namesakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ids", [["aaaaaaaa"], ["bbbbbbbb", "aaaaaaaa"]])
def test_a_namesake_is_refused(aura, services, ids):
    """Aura allows equal names; people cannot tell such instances apart."""
    for each in ids:
        aura.add(id=each)

    with pytest.raises(Refused) as caught:
        create(services, request())
    named = f"already has an instance named 'orders': {', '.join(sorted(ids))}. "
    assert named in caught.value.message
    assert "adopt_instance_id" in caught.value.way_out
    assert creates(aura) == 0
    assert not services.journal.root.exists()


def test_the_instance_that_is_being_replaced_may_have_the_name(aura, services, clock):
    """Its successor is made first; one more namesake is still one too many."""
    aura.add(id="aaaaaaaa")
    create(services, request(own_namesakes=1))
    assert creates(aura) == 1

    aura.add(id="bbbbbbbb")
    clock.sleep(60)
    services.claimed_names.clear()  # another process
    with pytest.raises(Refused, match="aaaaaaaa, bbbbbbbb"):
        create(services, request(own_namesakes=1, owner=OTHER))
    assert creates(aura) == 1


def test_two_resources_of_one_run_cannot_have_the_same_name(aura, services):
    """The list does not show the first one yet, so the process remembers the name itself."""
    create(services, request())
    with pytest.raises(Refused, match="Two resources of this stack declare the name 'orders'"):
        create(services, request(owner=OTHER))
    assert creates(aura) == 1


def test_a_replacement_is_not_given_the_instance_that_it_replaces(aura, services):
    """A kill in the wait left the entry open; the state has it, under its pending name."""
    first = create(services, request())
    made = create(services, request(own_id=first.id, own_namesakes=1))
    assert made.id != first.id
    assert creates(aura) == 2
    assert first.id not in services.taken_up


def test_what_was_taken_up_is_remembered(aura, services):
    """So that a replacement whose engine named no id cannot delete it as the old one."""
    first = create(services, request())
    again = create(services, request())
    assert again.id == first.id
    assert services.taken_up == {first.id}


def test_other_names_and_other_projects_are_in_nobodys_way(aura, services):
    """Also another owner's unfinished create of the same name."""
    aura.add(id="aaaaaaaa", name="orders2")
    aura.add(id="bbbbbbbb", project_id="project-2")
    aura.add(id="cccccccc", name=naming.pending("orders", OTHER))
    create(services, request())
    assert creates(aura) == 1


# --- closing --------------------------------------------------------------------------------------


def test_closing_forgets_the_password_of_that_instance_only(aura, services):
    """Called as soon as Pulumi's state holds it; others stay as they are."""
    made = create(services, request())
    other = create(services, request(owner=OTHER, name="shop"))
    aura.script("instances.create", Then(Killed()))
    with pytest.raises(Killed):
        create(services, request(owner="eeeeeeee", name="third"))

    for owner in (OWNER, OTHER, "eeeeeeee"):
        close(services, owner, made.id)
    disk = "".join(path.read_text() for path in services.journal.root.rglob("*.json"))

    assert made.password not in disk
    assert other.password in disk
    assert unfinished(services) == ()
    assert services.journal.unfinished("create-instance", "eeeeeeee", {})


def test_an_entry_is_plain_json(aura, services):
    """A person can read id and password from it when everything else is lost."""
    made = create(services, request())
    (path,) = services.journal.root.rglob("answer.json")
    assert json.loads(path.read_text()) == {
        "id": made.id,
        "name": PENDING,
        "project_id": NEW.project_id,
        "connection_url": made.connection_url,
        "username": "neo4j",
        "password": made.password,
        "answered_at": services.clock.now().isoformat(),
    }
