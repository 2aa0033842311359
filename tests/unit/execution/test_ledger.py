"""What of an export is in the vault already: a kill costs one part."""

import pytest

from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.execution.ledger import Done, Ledger
from pulumi_neo4j_aura.vault.manifest import Part

SOURCE = {"vault": "/vault", "source": "ab12cd34"}
FILE = "ledger.jsonl"


def part(number):
    return Part(f"exports/x/y/nodes-{number}", "nodes", number, 5, 100, "a" * 64, 50, "b" * 64)


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "export", SOURCE)


def test_parts_come_back_in_their_order_with_their_ids(ledger):
    """Also to another process."""
    assert ledger.done() == ()
    ledger.add(part(0), b"\x00\xff")
    ledger.add(part(1), b"")
    again = Ledger(ledger.folder, SOURCE)
    assert again.done() == (Done(part(0), b"\x00\xff"), Done(part(1), b""))


def test_what_was_read_from_another_database_is_forgotten(ledger):
    """Ids of one clone mean nothing in the next one."""
    ledger.add(part(0), b"x")
    other = Ledger(ledger.folder, SOURCE | {"source": "another"})
    assert other.done() == ()
    other.add(part(7), b"y")
    assert [each.part.number for each in other.done()] == [7]
    assert ledger.done() == ()


def test_a_line_that_a_kill_cut_short_is_no_part_and_swallows_none(ledger):
    """That part is made again; the next one is remembered."""
    ledger.add(part(0), b"x")
    path = ledger.folder / FILE
    whole = path.read_text()
    ledger.add(part(1), b"y")
    for end in range(len(whole), len(path.read_text()) - 1):
        path.write_text(path.read_text()[:end])
        assert [each.part.number for each in ledger.done()] == [0]
        ledger.add(part(2), b"z")
        assert [each.part.number for each in ledger.done()] == [0, 2]
        path.write_text(whole)
        ledger.add(part(1), b"y")


def test_a_first_line_that_was_cut_short_is_nothing(ledger):
    """As if the export had not begun."""
    ledger.folder.mkdir()
    (ledger.folder / FILE).write_text('{"vault": "/va')
    assert ledger.done() == ()
    ledger.add(part(0), b"x")
    assert len(ledger.done()) == 1


def test_it_is_the_user_s_alone_and_can_be_removed(ledger):
    """It names what is in the database by its ids."""
    ledger.add(part(0), b"x")
    assert (ledger.folder / FILE).stat().st_mode & 0o777 == 0o600
    ledger.forget()
    assert not ledger.folder.exists()
    ledger.forget()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    """With the way out."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="cannot be written") as caught:
        Ledger(tmp_path / "file" / "x", SOURCE).add(part(0), b"")
    assert "XDG_STATE_HOME" in caught.value.way_out
