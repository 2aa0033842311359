import json
import os
import stat
from datetime import timedelta

import pytest

from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.vault.journal import Entry, Journal
from support.clock import FakeClock

OWNER = "0123abcd"
FACTS = {"api_url": "https://aura.test", "project_id": "project-1"}
PASSWORD = "canary-initial-password"
ANSWER = {"id": "ab12cd34", "password": PASSWORD}


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def journal(tmp_path, clock):
    return Journal(tmp_path / "journal", clock)


def folder_of(journal, entry):
    return journal.root / entry.owner / entry.id


def begun(journal, owner=OWNER, **facts):
    return journal.begin("create-instance", owner, FACTS | facts)


def unfinished(journal, **facts):
    return journal.unfinished("create-instance", OWNER, facts)


def everything_below(root):
    return "".join(path.read_text() for path in root.rglob("*") if path.is_file())


# --- what is written ------------------------------------------------------------------------------


def test_an_intent_is_on_disk_when_begin_returns(journal, clock):
    """Kind, time and facts, readable by a person with nothing but a text editor."""
    entry = begun(journal)

    assert json.loads((folder_of(journal, entry) / "intent.json").read_text()) == {
        "kind": "create-instance",
        "began_at": clock.now().isoformat(),
        "facts": FACTS,
    }


def test_the_next_process_reads_what_the_last_one_wrote(journal, clock):
    """Nothing is kept in memory: another journal on the same folder sees the same entries."""
    entry = begun(journal)
    journal.record_answer(entry, ANSWER)
    clock.sleep(10)

    (seen,) = unfinished(Journal(journal.root, FakeClock()))
    expected = Entry(OWNER, entry.id, "create-instance", clock.start, FACTS, ANSWER)
    assert seen == expected


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_and_folder_are_for_the_user_only(journal, umask):
    """An answer holds a password: 0700 for the folder, 0600 for files, whatever the umask."""
    before = os.umask(umask)
    try:
        entry = begun(journal)
        journal.record_answer(entry, ANSWER)
    finally:
        os.umask(before)
    folder = folder_of(journal, entry)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_an_answer_is_written_once_and_never_overwritten(journal):
    """The first answer may hold the only copy of a password."""
    entry = begun(journal)
    journal.record_answer(entry, ANSWER)

    with pytest.raises(Refused, match="File exists"):
        journal.record_answer(entry, {"id": "other", "password": "other"})
    assert unfinished(journal)[0].answer == ANSWER


def test_no_draft_is_left_behind(journal):
    """Also not when the final name is taken already."""
    entry = begun(journal)
    journal.record_answer(entry, ANSWER)
    with pytest.raises(Refused):
        journal.record_answer(entry, ANSWER)

    names = {path.name for path in folder_of(journal, entry).iterdir()}
    assert names == {"intent.json", "answer.json"}


def test_a_password_never_shows_in_an_entry(journal):
    """Entries are formatted in errors and logs."""
    entry = begun(journal)
    journal.record_answer(entry, ANSWER)
    (seen,) = unfinished(journal)

    assert seen.answer == ANSWER
    assert PASSWORD not in f"{seen!r} {seen} {[seen]}"


# --- finishing ------------------------------------------------------------------------------------


def test_a_finished_entry_is_over_and_its_password_is_gone(journal, clock):
    """Nothing below the journal holds it any more; the outcome stays for people."""
    entry = begun(journal)
    journal.record_answer(entry, ANSWER)
    assert PASSWORD in everything_below(journal.root)

    journal.finish(entry, "in the state")

    assert unfinished(journal) == ()
    assert PASSWORD not in everything_below(journal.root)
    outcome = json.loads((folder_of(journal, entry) / "outcome.json").read_text())
    assert outcome == {"outcome": "in the state", "at": clock.now().isoformat()}


def test_finishing_twice_keeps_the_first_outcome(journal):
    """Closing a closed entry changes nothing."""
    entry = begun(journal)
    journal.finish(entry, "not created")
    journal.finish(entry, "gone")

    outcome = json.loads((folder_of(journal, entry) / "outcome.json").read_text())
    assert outcome["outcome"] == "not created"


def test_finishing_removes_drafts_that_a_kill_left_of_the_answer(journal):
    """A draft holds the same password as the answer."""
    entry = begun(journal)
    journal.record_answer(entry, ANSWER)
    draft = folder_of(journal, entry) / ".answer.json.0a1b2c3d"
    draft.write_text(json.dumps(ANSWER))

    journal.finish(entry, "in the state")
    assert PASSWORD not in everything_below(journal.root)


def test_the_password_is_gone_even_when_the_outcome_cannot_be_written(journal):
    """It is removed first: nobody would look for one in an entry that is closed."""
    entry = begun(journal)
    journal.record_answer(entry, ANSWER)
    (folder_of(journal, entry) / "outcome.json").symlink_to("nowhere")

    with pytest.raises(Refused):
        journal.finish(entry, "in the state")
    assert PASSWORD not in everything_below(journal.root)


# --- looking back ---------------------------------------------------------------------------------


def test_entries_are_filtered_by_owner_kind_and_facts(journal):
    """An entry of another API or project is another story."""
    mine = begun(journal)
    begun(journal, project_id="project-2")
    begun(journal, owner="ffffffff")
    journal.begin("delete-instance", OWNER, FACTS)

    assert [entry.id for entry in unfinished(journal, project_id="project-1")] == [mine.id]
    assert len(unfinished(journal)) == 2
    assert unfinished(journal, api_url="https://elsewhere.test") == ()
    assert unfinished(journal, unheard_of="x") == ()


def test_entries_are_told_oldest_first_however_close_they_are(journal, clock):
    """Several within one second as well: names of folders only know seconds."""
    entries = []
    for _ in range(20):
        entries.append(begun(journal).id)
        clock.sleep(0.01)
    assert [entry.id for entry in unfinished(journal)] == entries


def test_a_journal_that_was_never_used_is_empty(journal):
    """Looking creates nothing."""
    assert unfinished(journal) == ()
    assert not journal.root.exists()


# --- killed between two writes --------------------------------------------------------------------


def test_killed_before_the_intent_there_is_nothing_to_look_for(journal):
    """A folder without an intent, or with a draft of one, stands for no effect."""
    (journal.root / OWNER / "20261122T120000-00000000").mkdir(parents=True)
    drafted = journal.root / OWNER / "20261122T120001-00000000"
    drafted.mkdir()
    (drafted / ".intent.json.0a1b2c3d").write_text('{"kind": "create-in')

    assert unfinished(journal) == ()


def test_killed_before_the_answer_the_entry_is_unanswered(journal):
    """A draft is no answer: it may be cut short."""
    entry = begun(journal)
    (folder_of(journal, entry) / ".answer.json.0a1b2c3d").write_text('{"id": "ab12')

    (seen,) = unfinished(journal)
    assert (seen.id, seen.answer) == (entry.id, None)


def test_killed_after_the_answer_it_is_there(journal):
    """Linked already, and the draft not yet removed."""
    entry = begun(journal)
    journal.record_answer(entry, ANSWER)
    (folder_of(journal, entry) / ".answer.json.0a1b2c3d").write_text(json.dumps(ANSWER))

    (seen,) = unfinished(journal)
    assert seen.answer == ANSWER


def test_killed_while_finishing_it_can_be_finished_again(journal):
    """The answer is gone and the outcome not yet written."""
    entry = begun(journal)
    journal.record_answer(entry, ANSWER)
    (folder_of(journal, entry) / "answer.json").unlink()

    (seen,) = unfinished(journal)
    journal.finish(seen, "in the state")
    assert unfinished(journal) == ()


# --- when the disk does not do --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("intent.json", ""),
        ("intent.json", '{"kind": "create'),
        ("intent.json", "[]"),
        ("intent.json", "null"),
        ("intent.json", '{"kind": "create-instance"}'),
        ("intent.json", '{"kind": "create-instance", "began_at": "soon", "facts": {}}'),
        ("intent.json", '{"kind": "create-instance", "began_at": 5, "facts": {}}'),
        ("intent.json",
         '{"kind": "create-instance", "began_at": "2026-11-22T12:00:00+00:00", "facts": null}'),
        ("answer.json", ""),
        ("answer.json", "null"),
        ("outcome.json", "[]"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_read_is_refused_and_never_skipped(journal, name, content):
    """It may stand for a billed instance: the error names the folder and the way out."""
    entry = begun(journal)
    folder = folder_of(journal, entry)
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_text(content)

    with pytest.raises(Refused) as caught:
        unfinished(journal)
    assert str(folder) in caught.value.message
    assert caught.value.way_out == "Look for that instance in Aura, then remove the folder."


def test_an_unreadable_entry_of_another_owner_disturbs_nobody(journal):
    """Only its own resource has to stop."""
    other = begun(journal, owner="ffffffff")
    (folder_of(journal, other) / "intent.json").write_text("broken")
    assert unfinished(journal) == ()


@pytest.mark.parametrize("where", [".", "journal", f"journal/{OWNER}"])
def test_without_a_place_to_write_the_effect_must_not_happen(tmp_path, clock, where):
    """A file stands in the way, which stops root as well; the way out names the variable."""
    in_the_way = tmp_path / "state" / where
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    in_the_way.write_text("a file, not a folder")
    journal = Journal(tmp_path / "state" / "journal", clock)

    with pytest.raises(Refused, match="nothing is created or deleted without it") as caught:
        begun(journal)
    assert "XDG_STATE_HOME" in caught.value.way_out


def test_two_entries_never_share_a_folder(journal):
    """Begun in the same instant, by threads of one process."""
    assert len({begun(journal).id for _ in range(50)}) == 50


def test_a_later_entry_begins_later(journal, clock):
    """The time of day is kept, with its zone."""
    begun(journal)
    clock.sleep(90)
    begun(journal)
    first, second = unfinished(journal)
    assert second.began_at - first.began_at == timedelta(seconds=90)
    assert first.began_at.tzinfo is not None
