"""Stores are copied whole, and exchanged by renames."""

import errno
import os
from pathlib import Path

import pytest

from aura_emulator.data_plane.neo4j.copying import copy_store, exchange_store
from aura_emulator.data_plane.neo4j.home import store_folders


def store(data: Path, text: str) -> Path:
    for part in store_folders(data):
        (part / "below").mkdir(parents=True)
        (part / "below" / "file").write_text(f"{text} in {part.parent.name}")
        (part / "empty").write_text("")
    return data


def contents(data: Path) -> list[str]:
    return [(part / "below" / "file").read_text() for part in store_folders(data)]


def test_a_copy_holds_the_database_and_nothing_else(tmp_path):
    """Neither users nor other databases."""
    source = store(tmp_path / "source", "mine")
    (source / "databases" / "system").mkdir()
    (source / "dbms").mkdir()
    copy_store(source, tmp_path / "copy")
    assert contents(tmp_path / "copy") == ["mine in databases", "mine in transactions"]
    assert sorted(path.name for path in (tmp_path / "copy").glob("*/*")) == ["neo4j", "neo4j"]
    assert (tmp_path / "copy" / "databases" / "neo4j" / "empty").read_text() == ""


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP])
def test_a_file_system_that_shares_no_blocks_is_copied_byte_by_byte(tmp_path, monkeypatch, number):
    """Whatever word it has for that."""

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "copy_file_range", refuse)
    copy_store(store(tmp_path / "source", "mine"), tmp_path / "copy")
    assert contents(tmp_path / "copy") == ["mine in databases", "mine in transactions"]


def test_a_system_without_the_call_copies_byte_by_byte(tmp_path, monkeypatch):
    """Among them macOS."""
    monkeypatch.delattr(os, "copy_file_range")
    copy_store(store(tmp_path / "source", "mine"), tmp_path / "copy")
    assert contents(tmp_path / "copy") == ["mine in databases", "mine in transactions"]


def test_a_full_disk_is_no_reason_to_try_another_way(tmp_path, monkeypatch):
    """It is an error, and names the file."""

    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "copy_file_range", refuse)
    with pytest.raises(OSError, match="No space left"):
        copy_store(store(tmp_path / "source", "mine"), tmp_path / "copy")


def test_an_exchange_replaces_the_database_and_can_be_repeated(tmp_path):
    """Users stay; killed between the two renames, the second time completes it."""
    home = store(tmp_path / "home", "old")
    (home / "dbms").mkdir()
    exchange_store(home, store(tmp_path / "fresh", "new"))
    assert contents(home) == ["new in databases", "new in transactions"]
    assert (home / "dbms").is_dir()
    again = store(tmp_path / "again", "newer")
    (home / "databases" / "neo4j").rename(tmp_path / "lost")
    exchange_store(home, again)
    assert contents(home) == ["newer in databases", "newer in transactions"]


def test_an_exchange_into_an_empty_home_makes_the_folders(tmp_path):
    """The home of an instance that is being created has no data folder."""
    exchange_store(tmp_path / "home" / "data", store(tmp_path / "fresh", "new"))
    assert contents(tmp_path / "home" / "data") == ["new in databases", "new in transactions"]
