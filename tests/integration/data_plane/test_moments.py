"""The data plane without a control plane: who waits for whom, and what happens meanwhile.

A database does one thing after the other in a thread of its own; tests keep that thread busy to
see what happens at once and what waits.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from typing import TYPE_CHECKING

import psutil
import pytest

from aura_emulator.data_plane.interface import Counts, Limits, Progress, Source, Work, WorkKind
from aura_emulator.data_plane.neo4j import bolt, installation
from aura_emulator.data_plane.neo4j.plane import Neo4jData
from support.databases import neo4j_home, servers_below, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytestmark = pytest.mark.neo4j

_numbers = itertools.count()


class Plane:
    """A data plane below a folder, and what tests do with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = Neo4jData(folder, installation.find(neo4j_home(), os.environ))

    def again(self) -> None:
        """Stop, and start in the same folder."""
        self.data.close()
        self.data = Neo4jData(self.folder, installation.find(neo4j_home(), os.environ))

    def order(self, instance: str, kind: WorkKind, **fields) -> Work:
        work = Work(f"order-{next(_numbers)}", instance, kind, **fields)
        self.data.begin(work)
        return work

    def ended(self, instance: str) -> Progress:
        found = wait_until(
            lambda: self.data.progress(instance), lambda seen: seen is not Progress.UNDER_WAY
        )
        assert isinstance(found, Progress)
        return found

    def done(self, instance: str, kind: WorkKind, **fields) -> Work:
        """An order that was carried out."""
        work = self.order(instance, kind, **fields)
        assert self.ended(instance) is Progress.DONE, self.data.condition(instance).error
        return work

    def create(self) -> str:
        instance = f"instance-{next(_numbers)}"
        self.done(instance, WorkKind.CREATE, password="password")
        return instance

    def copied(self, snapshot: str) -> Progress:
        found = wait_until(
            lambda: self.data.copied(snapshot), lambda seen: seen is not Progress.UNDER_WAY
        )
        assert isinstance(found, Progress)
        return found

    def copies(self, instance: str) -> int:
        return len(list((self.folder / "copies" / instance).glob("*")))

    @contextlib.contextmanager
    def busy(self, instance: str) -> Iterator[None]:
        """Whatever is asked of this instance has to wait."""
        over = threading.Event()
        self.data._databases[instance]._worker.submit(over.wait)
        try:
            yield
        finally:
            over.set()

    def stands_still(self, instance: str) -> bool:
        pid = self.data.condition(instance).pid
        return pid is not None and psutil.Process(pid).status() == psutil.STATUS_STOPPED

    def write(self, instance: str, name: str) -> None:
        with bolt.session(self.data.login(instance)) as session:
            session.run("CREATE (:Thing {name: $name})", name=name).consume()

    def names(self, instance: str) -> list[str]:
        with bolt.session(self.data.login(instance)) as session:
            return sorted(session.run("MATCH (n) RETURN n.name").value())


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    made = Plane(tmp_path_factory.mktemp("plane") / "neo4j")
    yield made
    made.data.close()
    assert servers_below(made.folder) == []


@pytest.fixture(scope="module")
def source(plane: Plane) -> str:
    """An instance that the tests of this module share; they leave its data as it is."""
    instance = plane.create()
    plane.write(instance, "first")
    return instance


def test_the_server_stands_still_from_the_request_on(plane: Plane, source: str) -> None:
    """Not from the moment on at which its thread comes to the copy."""
    with plane.busy(source):
        plane.data.take(source, ["moment"])
        assert plane.stands_still(source)
        assert plane.data.copied("moment") is Progress.UNDER_WAY
    assert plane.copied("moment") is Progress.DONE
    wait_until(lambda: plane.stands_still(source), lambda still: not still)
    plane.data.drop(source, ["moment"])
    assert plane.copies(source) == 0


def test_a_count_that_waits_for_a_held_server_does_not_hold_the_copy(
    plane: Plane, source: str
) -> None:
    """Free is counted all the time, so a snapshot often falls into a count."""
    with plane.busy(source):
        plane.data.counts(source)
        plane.data.take(source, ["while counting"])
    assert plane.copied("while counting") is Progress.DONE
    wait_until(lambda: plane.data.counts(source), lambda counts: counts == Counts(1, 0))
    plane.data.drop(source, ["while counting"])


def test_who_comes_while_it_stands_still_shares_the_copy(plane: Plane, source: str) -> None:
    """Every name is known in the end, also after a restart; whoever comes later gets another."""
    with plane.busy(source):
        plane.data.take(source, ["one"])
        plane.data.take(source, ["two", "three"])
    assert {plane.copied(name) for name in ("one", "two", "three")} == {Progress.DONE}
    assert plane.copies(source) == 1
    plane.data.take(source, ["later"])
    assert plane.copied("later") is Progress.DONE
    assert plane.copies(source) == 2
    plane.data.keep_only([source], ["three"])
    assert plane.copies(source) == 1
    assert plane.copied("three") is Progress.DONE
    plane.data.keep_only([source], [])
    assert plane.copies(source) == 0


def test_a_snapshot_that_is_dropped_before_its_copy_leaves_none(plane: Plane, source: str) -> None:
    """Not for itself; the others of its moment are kept, and the server goes on either way."""
    with plane.busy(source):
        plane.data.take(source, ["dropped", "kept"])
        plane.data.drop(source, ["dropped"])
    assert plane.copied("kept") is Progress.DONE
    assert plane.copied("dropped") is Progress.FAILED
    with plane.busy(source):
        plane.data.take(source, ["alone"])
        plane.data.drop(source, ["alone", "kept"])
    wait_until(lambda: plane.stands_still(source), lambda still: not still)
    plane.data.take(source, ["next"])
    assert plane.copied("next") is Progress.DONE
    assert plane.copies(source) == 1
    plane.data.drop(source, ["next"])
    assert plane.copies(source) == 0


def test_a_snapshot_that_expires_while_it_is_wanted_is_read_first(
    plane: Plane, source: str
) -> None:
    """The clone of it was accepted, so it gets its data; the copy goes afterwards."""
    with plane.busy(source):
        plane.data.take(source, ["expiring"])
        plane.order("heir", WorkKind.CREATE, password="password", source=Source(source, "expiring"))
        plane.data.drop(source, ["expiring"])
    assert plane.ended("heir") is Progress.DONE
    assert plane.names("heir") == ["first"]
    assert plane.copies(source) == 0
    plane.done("heir", WorkKind.DELETE)


def test_a_source_that_is_deleted_meanwhile_still_gives_its_data(plane: Plane) -> None:
    """To the clone of its present that was accepted before. Neither copy nor thread is left."""
    doomed = plane.create()
    plane.write(doomed, "last")
    with plane.busy(doomed):
        plane.order("orphan", WorkKind.CREATE, password="password", source=Source(doomed))
        plane.order(doomed, WorkKind.DELETE)
    assert plane.ended("orphan") is Progress.DONE
    assert plane.names("orphan") == ["last"]
    assert plane.ended(doomed) is Progress.DONE
    assert list(plane.folder.glob(f"*/{doomed}")) == []
    assert servers_below(plane.folder / "instances" / doomed) == []
    workers = f"database-{doomed}"
    wait_until(lambda: [one.name for one in threading.enumerate() if workers in one.name],
               lambda left: left == [])  # fmt: skip
    plane.done("orphan", WorkKind.DELETE)


def test_a_clone_of_the_present_that_fails_leaves_no_copy(plane: Plane, source: str) -> None:
    """Nobody could ever use it."""
    limits = Limits(storage_bytes=1000)
    plane.order("small", WorkKind.CREATE, password="x", source=Source(source), limits=limits)
    assert plane.ended("small") is Progress.FAILED
    assert "of storage" in str(plane.data.condition("small").error)
    assert plane.copies(source) == 0
    plane.done("small", WorkKind.DELETE)


def test_a_snapshot_does_not_hold_a_server_that_starts(plane: Plane, source: str) -> None:
    """It would wait for the copy, and the copy for it."""
    plane.done(source, WorkKind.STOP)
    plane.order(source, WorkKind.START)
    wait_until(lambda: plane.data.condition(source).pid, bool)
    plane.data.take(source, ["early"])
    assert plane.ended(source) is Progress.DONE, plane.data.condition(source).error
    assert plane.copied("early") is Progress.DONE
    assert plane.names(source) == ["first"]
    plane.data.drop(source, ["early"])


def test_a_store_that_cannot_be_opened_is_no_running_instance(plane: Plane) -> None:
    """Its server answers and its database does not. Nothing of it runs on."""
    broken = plane.create()
    plane.done(broken, WorkKind.STOP)
    store = plane.folder / "instances" / broken / "home" / "data" / "databases" / "neo4j"
    for file in store.glob("neostore*"):
        file.write_bytes(b"\x17" * 100)
    plane.order(broken, WorkKind.START)
    assert plane.ended(broken) is Progress.FAILED
    assert plane.data.condition(broken).error
    assert not plane.data.answers(broken)
    assert servers_below(plane.folder / "instances" / broken) == []
    plane.done(broken, WorkKind.DELETE)


@pytest.fixture(scope="module")
def dump(plane: Plane, source: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A dump of one node."""
    plane.data.take(source, ["to be dumped"])
    assert plane.copied("to be dumped") is Progress.DONE
    file = tmp_path_factory.mktemp("dumps") / "one.dump"
    plane.data.dump("to be dumped", file)
    plane.data.drop(source, ["to be dumped"])
    return str(file)


def test_a_dump_beyond_the_limits_is_refused(plane: Plane, dump: str) -> None:
    """Too large it never comes near the data; with too many nodes nothing answers for it."""
    target = plane.create()
    plane.write(target, "mine")
    plane.order(target, WorkKind.LOAD, dump=dump, limits=Limits(storage_bytes=100_000))
    assert plane.ended(target) is Progress.FAILED
    assert "has 0 MB of storage" in str(plane.data.condition(target).error)
    plane.done(target, WorkKind.START)
    assert plane.names(target) == ["mine"]
    plane.order(target, WorkKind.LOAD, dump=dump, limits=Limits(nodes=0))
    assert plane.ended(target) is Progress.FAILED
    error = plane.data.condition(target).error
    assert error == "1 nodes are more than the 0 that the tier allows"
    assert servers_below(plane.folder / "instances" / target) == []
    plane.done(target, WorkKind.DELETE)


def test_a_changed_password_keeps_no_dump_out(plane: Plane, dump: str) -> None:
    """Nobody can count what it holds then, which is no fault of the dump."""
    target = plane.create()
    with bolt.driver(plane.data.login(target)) as driver:
        driver.execute_query(
            "ALTER CURRENT USER SET PASSWORD FROM 'password' TO 'of my own'", database_="system"
        )
    plane.done(target, WorkKind.LOAD, dump=dump, limits=Limits(nodes=10))
    assert plane.data.answers(target)
    plane.done(target, WorkKind.DELETE)


def test_stopping_waits_for_nobody(tmp_path: Path) -> None:
    """Orders that wait for a copy give up, held servers end, and no order after that starts one.

    The same order, coming again, is carried out then.
    """
    plane = Plane(tmp_path / "neo4j")
    one, other = plane.create(), plane.create()
    plane.write(one, "first")
    with plane.busy(one):
        waiting = plane.order(other, WorkKind.REPLACE, source=Source(one))
        wait_until(lambda: plane.stands_still(one), bool)
        closing = threading.Thread(target=plane.data.close)
        closing.start()
        database = plane.data._databases[other]
        wait_until(lambda: database.progress, lambda seen: seen is not Progress.UNDER_WAY)
    closing.join(30)
    assert not closing.is_alive()
    assert servers_below(plane.folder) == []
    plane.data.begin(waiting)
    told: list[tuple[Sequence[str], bool]] = []
    database.take(["too late"], lambda *how: told.append(how))
    assert told == [(("too late",), False)]
    assert servers_below(plane.folder) == []
    plane.again()
    plane.data.keep_only([one, other], [waiting.id])
    plane.data.begin(waiting)
    assert plane.ended(other) is Progress.DONE, plane.data.condition(other).error
    assert plane.names(other) == ["first"]
    plane.write(other, "second")
    plane.again()
    plane.data.begin(waiting)
    assert plane.ended(other) is Progress.DONE
    assert plane.names(other) == ["first", "second"], "what was done is not done twice"
    plane.data.close()
