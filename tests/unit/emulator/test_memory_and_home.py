"""What a database remembers, and what its folder holds before a server ever ran there."""

import errno
import hashlib
import stat
from pathlib import Path

import pytest

from aura_emulator.data_plane.interface import Counts, Limits
from aura_emulator.data_plane.neo4j.home import Home, store_folders, stored_bytes
from aura_emulator.data_plane.neo4j.limits import LimitError, require_counts, require_storage
from aura_emulator.data_plane.neo4j.memory import Memory, recall, remember


def test_a_database_remembers_itself(tmp_path):
    """Whole, for its owner's eyes, and nothing where there is nothing."""
    assert recall(tmp_path) is None
    for memory in (Memory(20_001, "secret"), Memory(20_001, "another", "order")):
        remember(tmp_path, memory)
        assert recall(tmp_path) == memory
    [file] = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_memory_that_was_never_finished_is_none(tmp_path):
    """Killed while it was written for the first time, or for the second."""
    (tmp_path / "database.new").write_text('{"port"')
    assert recall(tmp_path) is None
    remember(tmp_path, Memory(1, "secret"))
    (tmp_path / "database.new").write_text('{"port"')
    assert recall(tmp_path) == Memory(1, "secret")


def test_a_memory_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    """The disk is full in the middle of it: what was remembered before still is."""
    remember(tmp_path, Memory(1, "secret"))

    def half(self, text):
        with self.open("w") as file:
            file.write(text[: len(text) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(OSError, match="No space left"):
        remember(tmp_path, Memory(1, "secret", "order"))
    assert recall(tmp_path) == Memory(1, "secret")


def test_the_first_password_is_stored_as_neo4j_stores_it(tmp_path):
    """`neo4j:SHA-256,<digest>,<salt>,<rounds>:`, readable by its owner only."""
    home = Home(tmp_path)
    home.set_password("secret")
    file = home.data / "dbms" / "auth.ini"
    user, credential, flags = file.read_text().strip().split(":")
    kind, digest, salt, rounds = credential.split(",")
    assert (user, kind, rounds, flags) == ("neo4j", "SHA-256", "1024", "")
    found = hashlib.sha256(bytes.fromhex(salt) + b"secret").digest()
    for _ in range(1023):
        found = hashlib.sha256(found).digest()
    assert found.hex() == digest
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    home.set_password("secret")
    assert salt not in file.read_text()


def test_forgetting_users_keeps_the_data(tmp_path):
    """And can be done where there are none."""
    home = Home(tmp_path)
    home.forget_users()
    home.set_password("secret")
    for part in (*store_folders(home.data), home.data / "databases" / "system"):
        part.mkdir(parents=True)
    home.forget_users()
    assert sorted(str(path.relative_to(home.data)) for path in home.data.glob("*/*")) == [
        "databases/neo4j",
        "transactions/neo4j",
    ]
    assert not (home.data / "dbms").exists()


@pytest.mark.parametrize("calendar", [True, False])
def test_settings_are_written_and_data_stays(tmp_path, calendar):
    """A setting that a version does not know would keep its server from starting."""
    home = Home(tmp_path)
    home.set_password("secret")
    home.make(20_001, 32, calendar=calendar)
    written = (tmp_path / "conf" / "neo4j.conf").read_text()
    assert "server.bolt.listen_address=127.0.0.1:20001\n" in written
    assert "server.memory.pagecache.size=32m\n" in written
    assert ("fleet_manager" in written, "quiet_period=0" in written) == (calendar, not calendar)
    assert (home.data / "dbms" / "auth.ini").exists()


def test_the_size_is_that_of_the_database_alone(tmp_path):
    """Store and log, at any depth; nothing where there is no database."""
    assert stored_bytes(tmp_path) == 0
    for part in store_folders(tmp_path):
        (part / "below").mkdir(parents=True)
    folders = store_folders(tmp_path)
    before = stored_bytes(tmp_path)
    (folders[0] / "store").write_bytes(bytes(1000))
    (folders[1] / "below" / "log").write_bytes(bytes(200))
    (tmp_path / "databases" / "system").mkdir()
    (tmp_path / "databases" / "system" / "store").write_bytes(bytes(5000))
    assert stored_bytes(tmp_path) - before == 1200


def test_data_must_fit_the_storage():
    """Up to the last byte it does; without a limit everything does."""
    require_storage(Limits(), 10**15)
    require_storage(Limits(storage_bytes=2_000_000), 2_000_000)
    with pytest.raises(LimitError, match="needs 3 MB and the instance has 2 MB of storage"):
        require_storage(Limits(storage_bytes=2_000_000), 3_000_000)


def test_data_must_fit_the_tier():
    """Nodes and relationships each have a limit of their own, and may reach it."""
    limits = Limits(nodes=10, relationships=20)
    require_counts(Limits(), Counts(10**9, 10**9))
    require_counts(limits, Counts(10, 20))
    with pytest.raises(LimitError, match="11 nodes are more than the 10 that the tier allows"):
        require_counts(limits, Counts(11, 0))
    with pytest.raises(LimitError, match="21 relationships are more than the 20"):
        require_counts(limits, Counts(10, 21))
