import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.graph import append_log
from pulumi_neo4j_aura.graph.append_log import AppendLog

ENTRIES = [b"first", b"", b"second" * 100]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a" / "log"


def write(path, entries):
    log = AppendLog(path)
    for _ in log.entries():
        pass
    for entry in entries:
        log.append(entry)
    log.close()


def read(path):
    log = AppendLog(path)
    try:
        return [*log.entries()]
    finally:
        log.close()


def test_what_was_appended_is_there_in_order(path):
    write(path, ENTRIES)
    write(path, [b"third"])
    assert read(path) == [*ENTRIES, b"third"]


def test_it_is_for_the_user_only(path):
    write(path, ENTRIES)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_torn_end_is_ignored_wherever_it_was_torn_and_written_over(path):
    """Cut at every byte of the last entry."""
    write(path, ENTRIES[:2])
    kept = path.stat().st_size
    write(path, [b"last"])
    whole = path.read_bytes()
    for end in range(kept, len(whole)):
        path.write_bytes(whole[:end])
        assert read(path) == ENTRIES[:2]
        write(path, [b"new"])
        assert read(path) == [*ENTRIES[:2], b"new"]


def test_blocks_that_were_never_written_are_a_torn_end(path):
    """After a power cut a file may have its length and not its contents."""
    write(path, ENTRIES)
    with path.open("ab") as file:
        file.write(bytes(5000))
    assert read(path) == ENTRIES


@settings(deadline=None)
@given(st.data())
def test_a_flipped_bit_is_never_read_as_something_else(tmp_path_factory, data):
    """It is refused; in the body of the last entry it is taken for a torn one."""
    path = tmp_path_factory.mktemp("log") / "log"
    write(path, ENTRIES)
    whole = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    path.write_bytes(whole)
    if bit // 8 >= len(whole) - len(ENTRIES[-1]):
        assert read(path) == ENTRIES[:-1]
    else:
        with pytest.raises(Refused, match="is damaged"):
            read(path)


def test_a_second_process_is_refused(path):
    log = AppendLog(path)
    with pytest.raises(Refused, match="Another process"):
        AppendLog(path)
    log.close()
    AppendLog(path).close()


def test_a_folder_that_cannot_be_made_is_refused_by_name(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match=r"file/log cannot be written"):
        AppendLog(tmp_path / "file" / "log")


class FullDisk:
    """The `os` of a machine whose disk is full after so many bytes."""

    def __init__(self, room):
        self.room = room

    def __getattr__(self, name):
        return getattr(os, name)

    def write(self, handle, data):
        if not self.room:
            raise OSError(28, "No space left on device")
        written = os.write(handle, data[: self.room])
        self.room -= written
        return written


def test_a_full_disk_is_refused_and_what_was_there_is_still_read(path, monkeypatch):
    """Also later: an entry behind a half one would be lost."""
    log = AppendLog(path)
    assert [*log.entries()] == []
    log.append(b"one")
    disk = FullDisk(room=14)
    monkeypatch.setattr(append_log, "os", disk)
    with pytest.raises(Refused, match="No space left"):
        log.append(b"two")
    disk.room = 1000
    with pytest.raises(Refused, match="No space left"):
        log.append(b"three")
    log.close()
    assert read(path) == [b"one"]
