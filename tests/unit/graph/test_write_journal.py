import json
import sys

import pytest

from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.graph import write_journal
from pulumi_neo4j_aura.graph.append_log import AppendLog
from pulumi_neo4j_aura.graph.batches import Batch, Kind, Row
from pulumi_neo4j_aura.graph.reading import Totals
from pulumi_neo4j_aura.graph.write_journal import FILE, Header, Journal

HEADER = Header("export-1", "store-1", 10, 20, existing_allowed=True)


def batch(kind, *ids):
    return Batch(kind, b"\x91\x81A", tuple(Row(id_, b"", b"", 1) for id_ in ids))


@pytest.fixture
def opened(tmp_path):
    """The journal as the next process finds it; the one before has let go of it."""
    known: list[Journal] = []

    def open_again() -> Journal:
        if known:
            known[-1].close()
        known.append(Journal(tmp_path))
        return known[-1]

    yield open_again
    known[-1].close()


def entries(folder):
    log = AppendLog(folder / FILE)
    found = [json.loads(entry.partition(b"\n")[0]) for entry in log.entries()]
    log.close()
    return found


def test_the_next_process_knows_what_this_one_did(opened):
    journal = opened()
    journal.begin(HEADER)
    journal.applied(journal.intend(batch(Kind.NODES, 5, 3), part=0), [70, 71])
    journal.finish(Kind.NODES, 0)
    journal.applied(journal.intend(batch(Kind.RELATIONSHIPS, 9), part=1))
    journal = opened()
    assert journal.header == HEADER
    assert journal.expected == Totals(12, 21)
    assert (journal.ids.get(5), journal.ids.get(3), journal.ids.get(4)) == (70, 71, None)
    assert journal.has_relationship(1, 9)
    assert not journal.has_relationship(1, 8)
    assert not journal.has_relationship(0, 9)
    assert journal.finished(Kind.NODES, 0)
    assert not journal.finished(Kind.RELATIONSHIPS, 0)
    assert not journal.in_doubt


def test_a_batch_with_an_intent_and_no_outcome_is_in_doubt(opened):
    journal = opened()
    journal.begin(HEADER)
    journal.intend(batch(Kind.NODES, 5, 3), part=4)
    (doubt,) = opened().in_doubt.values()
    assert (doubt.kind, doubt.part, list(doubt.ids), doubt.rows) == (Kind.NODES, 4, [5, 3], 2)
    assert doubt.group == b"\x91\x81A"
    assert opened().expected == Totals(10, 20)


def test_what_was_undone_is_not_in_doubt_and_its_strays_are_forgotten(opened):
    journal = opened()
    journal.begin(HEADER)
    journal.intend(batch(Kind.NODES, 5), part=0)
    journal.found_strays([88, 99])
    journal = opened()
    assert list(journal.strays) == [88, 99]
    journal.undone()
    journal = opened()
    assert not journal.in_doubt
    assert not journal.strays
    assert journal.intend(batch(Kind.NODES, 5), part=0) == 1, "numbers are not used twice"


def test_an_intent_says_what_the_target_held_before(opened, tmp_path):
    """A person who has to find out what happened needs the numbers."""
    journal = opened()
    journal.begin(HEADER)
    journal.applied(journal.intend(batch(Kind.NODES, 5, 3), part=0), [70, 71])
    journal.intend(batch(Kind.NODES, 6), part=0)
    journal.close()
    assert entries(tmp_path)[-1] == {
        "event": "intent", "batch": 1, "kind": "nodes", "part": 0, "group": "918141", "rows": 1,
        "before": {"nodes": 12, "relationships": 20},
    }  # fmt: skip


def test_ids_are_the_same_on_a_machine_with_the_other_byte_order(monkeypatch):
    """They are stored as little-endian numbers."""
    packed = write_journal._packed([1, 1 << 40])
    monkeypatch.setattr(sys, "byteorder", "little" if sys.byteorder == "big" else "big")
    assert list(write_journal._unpacked(packed)) == [1 << 56, 1 << 16]


def test_a_finished_part_forgets_its_single_relationships(opened):
    """Memory is for the part that is being written."""
    journal = opened()
    journal.begin(HEADER)
    journal.applied(journal.intend(batch(Kind.RELATIONSHIPS, 9), part=1))
    journal.finish(Kind.RELATIONSHIPS, 1)
    assert not journal.has_relationship(1, 9)
    assert opened().expected == Totals(10, 21)


@pytest.mark.parametrize(
    "entry", [b'{"event": "began", "format": 2}\n', b'{"event": "something new"}\n']
)
def test_the_journal_of_another_format_is_refused_and_let_go_of(tmp_path, entry):
    log = AppendLog(tmp_path / FILE)
    assert not [*log.entries()]
    log.append(entry)
    log.close()
    for _ in range(2):
        with pytest.raises(Refused, match="another version"):
            Journal(tmp_path)
