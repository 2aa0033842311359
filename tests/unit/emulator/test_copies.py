"""Copies behind snapshots: which exist, under which names, and when they go."""

import errno
import threading
from pathlib import Path

import pytest

from aura_emulator.data_plane.neo4j import copies as copies_module
from aura_emulator.data_plane.neo4j.copies import Copies
from aura_emulator.data_plane.neo4j.home import store_folders

INSTANCE = "8593e84b"


@pytest.fixture
def data(tmp_path):
    """The `data` folder of a database with one file in each of its parts."""
    folder = tmp_path / "home" / "data"
    for part in store_folders(folder):
        part.mkdir(parents=True)
        (part / "file").write_text(part.parent.name)
    return folder


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "copies"


@pytest.fixture
def copies(folder):
    return Copies(folder)


def make(copies: Copies, data: Path, *names: str, instance: str = INSTANCE) -> None:
    copies.make(instance, data, lambda: names)


def on_disk(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*"))


def read(copies: Copies, name: str) -> list[str]:
    found = copies.data(name)
    assert found is not None
    return [(part / "file").read_text() for part in store_folders(found)]


def test_a_copy_holds_the_store_and_its_log(copies, data, folder):
    """Also for whoever opens the folder later."""
    make(copies, data, "one", "two")
    assert read(copies, "one") == read(copies, "two") == ["databases", "transactions"]
    assert read(Copies(folder), "two") == ["databases", "transactions"]
    assert len(on_disk(folder)) == 1


def test_a_copy_has_no_name_before_it_is_whole(copies, data, folder):
    """What is on disk while the names are asked is not yet a copy: a crash there leaves none."""
    seen = []

    def names():
        seen.extend(on_disk(folder))
        assert Copies(folder).snapshots() == set()
        return ["one"]

    with pytest.raises(FileNotFoundError):  # the look from outside removed what was not whole
        copies.make(INSTANCE, data, names)
    assert [path.suffix for path in seen] == [".part"]
    assert on_disk(folder) == []
    assert copies.data("one") is None


def test_names_that_nobody_wants_any_more_leave_no_copy(copies, data, folder):
    """The snapshots were dropped while they were copied."""
    make(copies, data)
    assert on_disk(folder) == []


def test_a_copy_that_fails_leaves_nothing(copies, data, folder, monkeypatch):
    """A full disk, here, after the first part."""

    def full(source: Path, to: Path) -> None:
        (to / "databases").mkdir(parents=True)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(copies_module, "copy_store", full)
    with pytest.raises(OSError, match="No space left"):
        make(copies, data, "one")
    assert on_disk(folder) == []
    assert copies.snapshots() == set()


def test_a_copy_goes_with_the_last_of_its_snapshots(copies, data, folder):
    """Not before, and what is left is remembered."""
    make(copies, data, "one", "two")
    make(copies, data, "other")
    copies.drop(["one", "unknown"])
    assert copies.data("one") is None
    assert read(copies, "two") == ["databases", "transactions"]
    assert Copies(folder).snapshots() == {"two", "other"}
    copies.drop(["two"])
    assert len(on_disk(folder)) == 1
    assert Copies(folder).snapshots() == {"other"}


def test_what_a_crash_left_unfinished_goes(copies, data, folder):
    """A copy in the making, one that was going, and one whose removal had begun at its list."""
    make(copies, data, "one")
    make(copies, data, "two")
    for unfinished in ("making.part", "leaving.gone"):
        (folder / INSTANCE / unfinished / "data").mkdir(parents=True)
        (folder / INSTANCE / unfinished / "snapshots.json").write_text('["three"]')
    two = copies.data("two")
    assert two is not None
    (two.parent / "snapshots.json").unlink()
    assert Copies(folder).snapshots() == {"one"}
    assert len(on_disk(folder)) == 1


def test_a_copy_stays_while_it_is_read(copies, data, folder):
    """Dropped meanwhile it goes with its last reader."""
    make(copies, data, "one")
    copies.hold("one")
    copies.hold("one")
    assert (copies.held("one"), copies.held("two")) == (True, False)
    copies.drop(["one"])
    assert read(copies, "one") == ["databases", "transactions"]
    copies.release("one")
    assert read(copies, "one") == ["databases", "transactions"]
    copies.release("one")
    assert on_disk(folder) == []
    make(copies, data, "one")
    copies.hold("one")
    copies.release("one")
    assert read(copies, "one") == ["databases", "transactions"], "it was not dropped this time"


def test_a_deleted_instance_takes_its_copies_along(copies, data, folder):
    """All but what is being read, and nothing of others."""
    make(copies, data, "one")
    make(copies, data, "two")
    make(copies, data, "other", instance="other")
    copies.hold("two")
    copies.drop_instance(INSTANCE)
    assert copies.snapshots() == {"two", "other"}
    copies.release("two")
    assert [path.name for path in folder.iterdir()] == ["other"]
    copies.drop_instance("other")
    assert list(folder.iterdir()) == []
    copies.drop_instance("never seen")


def test_a_snapshot_that_is_dropped_as_its_copy_appears_is_gone(copies, data, folder):
    """The one who drops waits for the names to be written, and then removes."""
    dropping = threading.Thread(target=copies.drop, args=[["one"]])

    def names():
        dropping.start()
        return ["one"]

    copies.make(INSTANCE, data, names)
    dropping.join()
    assert copies.snapshots() == set()
    assert on_disk(folder) == []
