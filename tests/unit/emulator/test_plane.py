"""What the data plane finds in its folder, and what it does where no server can run."""

import errno
import shutil
import socket
import threading
from pathlib import Path

import pytest

from aura_emulator.data_plane.interface import NoDatabaseError, Progress, Source, Work, WorkKind
from aura_emulator.data_plane.neo4j import dumping
from aura_emulator.data_plane.neo4j import plane as plane_module
from aura_emulator.data_plane.neo4j.copies import Copies
from aura_emulator.data_plane.neo4j.home import store_folders
from aura_emulator.data_plane.neo4j.installation import Installation, Java
from aura_emulator.data_plane.neo4j.memory import Memory, remember
from aura_emulator.data_plane.neo4j.plane import Neo4jData
from aura_emulator.data_plane.neo4j.ports import NoPortError, reserve
from aura_emulator.data_plane.neo4j.server import Sizes
from support.databases import wait_until


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "neo4j"


@pytest.fixture
def opened(folder):
    """Opens data planes in the folder, whose Java is a shell script; closes them."""
    planes: list[Neo4jData] = []

    def open_plane(script: str = "exit 1", seconds: float = 20) -> Neo4jData:
        for before in planes:
            before.close()
        java = folder.parent / "java"
        java.write_text(f"#!/bin/sh\n{script}\n")
        java.chmod(0o755)
        installation = Installation(folder / "lib", "5.26.0", Java(java, 17))
        planes.append(Neo4jData(folder, installation, Sizes(start_seconds=seconds)))
        return planes[-1]

    yield open_plane
    for plane in planes:
        plane.close()


@pytest.fixture
def port():
    """A port that is free a moment later."""
    reservation = reserve()
    reservation.release()
    return reservation.port


def instance(folder: Path, name: str, port: int) -> None:
    """An instance as an emulator left it, with a snapshot named after it."""
    home = folder / "instances" / name
    home.mkdir(parents=True)
    remember(home, Memory(port, "password"))
    for part in store_folders(home / "home" / "data"):
        part.mkdir(parents=True)
    Copies(folder / "copies").make(name, home / "home" / "data", lambda: [f"of {name}"])


def ended(plane: Neo4jData, name: str) -> Progress:
    found = wait_until(lambda: plane.progress(name), lambda seen: seen is not Progress.UNDER_WAY)
    assert isinstance(found, Progress)
    return found


def test_an_instance_keeps_its_address_and_login_over_a_restart(opened, folder, port):
    """Its port is held from the start on, before its server runs; nobody else can have it."""
    instance(folder, "one", port)
    plane = opened()
    assert plane.connection_url("one") == f"neo4j://127.0.0.1:{port}"
    assert plane.login("one").password == "password"
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", port))
    plane.close()
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))


def test_an_instance_whose_port_was_taken_waits_for_it(opened, folder, port):
    """It gets no other one; asked to start it says why it cannot."""
    instance(folder, "one", port)
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        plane = opened()
        assert plane.connection_url("one") == f"neo4j://127.0.0.1:{port}"
        plane.begin(Work("order", "one", WorkKind.START))
        assert ended(plane, "one") is Progress.FAILED
        assert f"Port {port} is taken by another program" in plane.condition("one").error
    plane.begin(Work("again", "one", WorkKind.START))
    assert ended(plane, "one") is Progress.FAILED
    assert "Neo4j ended while it started" in plane.condition("one").error, "it was tried this time"


def test_what_belongs_to_nobody_goes(opened, folder, port):
    """Instances and snapshots that the control plane does not know, and what was half made."""
    instance(folder, "kept", port)
    instance(folder, "left", port + 1)
    stage = folder / "instances" / "kept" / "stage"
    for made in (stage, folder / "instances" / "half made", folder / "scratch" / "dump"):
        made.mkdir(parents=True)
    plane = opened()
    assert not stage.exists()
    assert not (folder / "scratch").exists()
    assert sorted(path.name for path in (folder / "instances").iterdir()) == ["kept", "left"]
    plane.keep_only(["kept"], ["of kept", "of left"])
    assert sorted(path.name for path in folder.glob("*/*")) == ["kept", "kept"]
    assert plane.copied("of kept") is Progress.DONE
    assert plane.copied("of left") is Progress.FAILED
    plane.keep_only(["kept"], [])
    assert plane.copied("of kept") is Progress.FAILED
    assert list((folder / "copies" / "kept").iterdir()) == []


def test_a_server_that_never_answers_is_given_up(opened, folder, port):
    """With its last words; nothing of it runs."""
    instance(folder, "one", port)
    plane = opened("echo I am here; exec sleep 60", seconds=0.5)
    plane.begin(Work("order", "one", WorkKind.START))
    assert ended(plane, "one") is Progress.FAILED
    assert "did not answer at port" in plane.condition("one").error
    assert "I am here" in plane.condition("one").error
    assert plane.condition("one").pid is None


def test_a_start_is_given_up_when_the_emulator_stops(opened, folder, port):
    """Although it might still answer."""
    instance(folder, "one", port)
    plane = opened("exec sleep 60", seconds=60)
    plane.begin(Work("order", "one", WorkKind.START))
    wait_until(lambda: plane.condition("one").pid, bool)
    closing = threading.Thread(target=plane.close)
    closing.start()
    closing.join(10)
    assert not closing.is_alive()


def test_a_damaged_clone_fails_with_a_sentence(opened, folder, port):
    """Its snapshot has no data, or its source is unknown."""
    instance(folder, "one", port)
    plane = opened()
    for number, source in enumerate((Source("one", "lost"), Source("unknown"))):
        name = f"clone-{number}"
        plane.begin(Work(f"order-{number}", name, WorkKind.CREATE, "password", source))
        assert ended(plane, name) is Progress.FAILED
        assert "There is no data of snapshot" in plane.condition(name).error


def test_the_same_order_is_begun_once(opened, folder, port):
    """Where it is under way, another one would wait behind it and do it all again."""
    instance(folder, "one", port)
    plane = opened("echo start >> $0.log; exec sleep 60", seconds=1)
    for _ in range(3):
        plane.begin(Work("order", "one", WorkKind.START))
    assert ended(plane, "one") is Progress.FAILED
    plane.close()
    assert (folder.parent / "java.log").read_text() == "start\n"


def test_a_machine_without_ports_fails_the_create(opened, monkeypatch):
    """And the delete that follows ends well, although there is nothing."""
    plane = opened()

    def none_left():
        raise NoPortError("No free port")

    monkeypatch.setattr(plane_module, "reserve", none_left)
    plane.begin(Work("order", "one", WorkKind.CREATE, "password"))
    assert plane.progress("one") is Progress.FAILED
    assert (plane.connection_url("one"), plane.stored_bytes("one")) == ("", 0)
    assert plane.counts("one") is None
    assert not plane.answers("one")
    with pytest.raises(NoDatabaseError, match="Instance one has no database"):
        plane.condition("one")
    with pytest.raises(NoDatabaseError, match="Instance one has no database"):
        plane.login("one")
    plane.take("one", ["snapshot"])
    assert plane.copied("snapshot") is Progress.FAILED
    plane.begin(Work("delete", "one", WorkKind.DELETE))
    assert plane.progress("one") is Progress.DONE


def test_a_snapshot_without_data_cannot_be_dumped(opened, tmp_path):
    with pytest.raises(NoDatabaseError, match="Snapshot lost has no data"):
        opened().dump("lost", tmp_path / "lost.dump")


def test_a_snapshot_that_cannot_be_opened_cannot_be_dumped(opened, folder, port, tmp_path):
    """The reason is Neo4j's; nothing is left beside it."""
    instance(folder, "one", port)
    plane = opened("echo I cannot; exit 1")
    with pytest.raises(NoDatabaseError, match=r"cannot be dumped: .*I cannot"):
        plane.dump("of one", tmp_path / "one.dump")
    assert list((folder / "scratch").iterdir()) == []
    assert not (tmp_path / "one.dump").exists()


def test_a_machine_without_ports_cannot_dump(opened, folder, port, tmp_path, monkeypatch):
    """A server has to open the snapshot first, and has nowhere to listen."""
    instance(folder, "one", port)
    plane = opened()

    def none_left():
        raise NoPortError("No free port")

    monkeypatch.setattr(dumping, "reserve", none_left)
    with pytest.raises(NoDatabaseError, match="cannot be dumped: No free port"):
        plane.dump("of one", tmp_path / "one.dump")


def test_a_dump_that_finds_no_room_leaves_no_part_of_it(tmp_path, monkeypatch):
    """Where it was wanted is another disk, perhaps, and that is full."""

    def full(_, to):
        Path(to).write_bytes(b"DZV1")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "move", full)
    with pytest.raises(OSError, match="No space left"):
        dumping._put(tmp_path / "made", tmp_path / "one.dump")
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_instance_can_be_copied_and_deleted(opened, folder, port):
    """Nothing has to be held for that. Its folder, its copies and its port go."""
    instance(folder, "one", port)
    plane = opened()
    plane.take("one", ["another"])
    wait_until(lambda: plane.copied("another"), lambda seen: seen is Progress.DONE)
    assert len(list((folder / "copies" / "one").iterdir())) == 2
    plane.begin(Work("delete", "one", WorkKind.DELETE))
    assert ended(plane, "one") is Progress.DONE
    assert list(folder.glob("*/one")) == []
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
    wait_until(lambda: [thread for thread in threading.enumerate() if "one" in thread.name],
               lambda left: left == [])  # fmt: skip
    plane.take("one", ["too late"])
    assert plane.copied("too late") is Progress.FAILED
