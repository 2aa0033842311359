"""The data plane with a real Neo4j behind every running instance.

Everything lies below one folder: `instances/<id>` with a server's home, `copies/<id>` with the
copies behind its snapshots. Nothing else on the machine is touched.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aura_emulator.data_plane.interface import NoDatabaseError, Progress, WorkKind
from aura_emulator.data_plane.neo4j import database as databases
from aura_emulator.data_plane.neo4j.copies import Copies
from aura_emulator.data_plane.neo4j.database import Database, Surroundings, no_database
from aura_emulator.data_plane.neo4j.dumping import write_dump
from aura_emulator.data_plane.neo4j.memory import Memory, recall
from aura_emulator.data_plane.neo4j.ports import NoPortError, Reservation, reserve, reserve_again
from aura_emulator.data_plane.neo4j.server import Sizes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from aura_emulator.data_plane.interface import Condition, Counts, Login, Work
    from aura_emulator.data_plane.neo4j.installation import Installation

#: As many servers may start at once as there are cores, but two at least.
_STARTING: Final = max(2, os.cpu_count() or 2)

_log = logging.getLogger("aura_emulator.databases")


class Neo4jData:
    """All databases of one emulator. Its methods are called from one thread."""

    name = "neo4j"
    holds_data = True

    def __init__(
        self, folder: Path, installation: Installation, sizes: Sizes | None = None
    ) -> None:
        self._instances = folder / "instances"
        self._scratch = folder / "scratch"
        self._taking: dict[str, Progress] = {}
        self._databases: dict[str, Database] = {}
        self._gone: set[str] = set()  # asked to be deleted, and there was nothing
        self._reap()
        self._instances.mkdir(parents=True, exist_ok=True)
        self._around = Surroundings(
            installation=installation,
            sizes=sizes or Sizes(),
            copies=Copies(folder / "copies"),
            starting=threading.BoundedSemaphore(_STARTING),
            closing=threading.Event(),
            copied=self.copied,
        )
        self._recall()

    def _reap(self) -> None:
        """End what a killed emulator left running here, before anything is touched."""
        folders = [*self._instances.glob("*"), *self._scratch.glob("*")]
        ended = sum(databases.reap(place) for place in folders)
        if ended:
            _log.warning("Ended %d Neo4j processes that a killed emulator left here", ended)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _recall(self) -> None:
        for folder in sorted(self._instances.glob("*")):
            memory = recall(folder)
            if memory is None:  # killed before it was anything
                shutil.rmtree(folder, ignore_errors=True)
                continue
            shutil.rmtree(folder / "stage", ignore_errors=True)
            self._add(folder.name, memory, _held(folder.name, memory.port))

    def _add(self, instance_id: str, memory: Memory, reservation: Reservation | None) -> Database:
        folder = self._instances / instance_id
        added = Database(instance_id, folder, memory, reservation, self._around)
        self._databases[instance_id] = added
        return added

    # orders

    def begin(self, work: Work) -> None:
        """Pass an order on; CREATE makes the database first."""
        database = self._databases.get(work.instance_id)
        if database is None and work.kind is WorkKind.CREATE:
            database = self._try_new(work)
        if database is None:
            if work.kind is WorkKind.DELETE:
                self._gone.add(work.instance_id)
            return
        if work.source is not None and work.source.snapshot_id is None:
            self._copy_present(work.source.instance_id, work.id, database)
        database.begin(work)

    def _try_new(self, work: Work) -> Database | None:
        """None where the machine has no port or no room: the order has failed then."""
        try:
            return self._new(work)
        except (NoPortError, OSError) as error:
            _log.error("%s: %s failed: %s", work.instance_id, work.kind, error)
            return None

    def _new(self, work: Work) -> Database:
        reservation = reserve()
        memory = Memory(reservation.port, work.password or "")
        databases.begin_folder(self._instances / work.instance_id, memory)
        return self._add(work.instance_id, memory, reservation)

    def _copy_present(self, source_id: str, copy_id: str, target: Database) -> None:
        """Begin to copy what the source holds now, under the name of the order that wants it."""
        wanted = target.memory.filled_by != copy_id and copy_id not in self._taking
        if wanted and self._around.copies.data(copy_id) is None:
            self.take(source_id, [copy_id])

    def progress(self, instance_id: str) -> Progress:
        """Of the last order; without a database every order has failed but that to delete it."""
        database = self._databases.get(instance_id)
        if database is None:
            return Progress.DONE if instance_id in self._gone else Progress.FAILED
        return database.progress

    def answers(self, instance_id: str) -> bool:
        """Whether drivers can connect."""
        database = self._databases.get(instance_id)
        return database is not None and database.answers()

    # snapshots

    def take(self, instance_id: str, snapshot_ids: Sequence[str]) -> None:
        """Freeze the server now; the copy is made in the background."""
        database = self._databases.get(instance_id)
        ending = Progress.FAILED if database is None else Progress.UNDER_WAY
        self._taking.update(dict.fromkeys(snapshot_ids, ending))
        if database is not None:
            database.take(snapshot_ids, self._took)

    def _took(self, snapshot_ids: Sequence[str], made: bool) -> None:
        ending = Progress.DONE if made else Progress.FAILED
        self._taking.update(dict.fromkeys(snapshot_ids, ending))

    def copied(self, snapshot_id: str) -> Progress:
        """Complete on disk, being made, or lost."""
        if self._around.copies.data(snapshot_id) is not None:
            return Progress.DONE
        present = self._taking.get(snapshot_id, Progress.FAILED)
        return Progress.UNDER_WAY if present is Progress.UNDER_WAY else Progress.FAILED

    def drop(self, instance_id: str, snapshot_ids: Collection[str]) -> None:
        """Forget snapshots and remove the copies that stand for none."""
        copies, database = self._around.copies, self._databases.get(instance_id)
        unheld = [name for name in snapshot_ids if not copies.held(name)]
        if database is not None:
            database.forget(unheld)
        copies.drop(snapshot_ids)
        for snapshot_id in unheld:
            self._taking.pop(snapshot_id, None)

    def keep_only(self, instance_ids: Collection[str], snapshot_ids: Collection[str]) -> None:
        """Remove what a crash left of instances and snapshots that nobody knows."""
        self._around.copies.drop(self._around.copies.snapshots() - set(snapshot_ids))
        for instance_id in set(self._databases) - set(instance_ids):
            self._databases.pop(instance_id).close()
            shutil.rmtree(self._instances / instance_id, ignore_errors=True)
            self._around.copies.drop_instance(instance_id)

    def dump(self, snapshot_id: str, to: Path) -> None:
        """Recover a copy of the copy in a server of its own, stop it, and dump it."""
        self._around.copies.hold(snapshot_id)
        try:
            data = self._around.copies.data(snapshot_id)
            if data is None:
                raise NoDatabaseError(f"Snapshot {snapshot_id} has no data")
            self._scratch.mkdir(exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._scratch, ignore_cleanup_errors=True) as at:
                write_dump(Path(at), data, to, self._around)
        finally:
            self._around.copies.release(snapshot_id)

    # looking

    def connection_url(self, instance_id: str) -> str:
        """`neo4j://` with the instance's own port."""
        database = self._databases.get(instance_id)
        return "" if database is None else database.url

    def login(self, instance_id: str) -> Login:
        """With the password that the API returned."""
        return self._require(instance_id).login

    def condition(self, instance_id: str) -> Condition:
        """The database as it is."""
        return self._require(instance_id).condition()

    def _require(self, instance_id: str) -> Database:
        database = self._databases.get(instance_id)
        if database is None:
            raise no_database(instance_id)
        return database

    def stored_bytes(self, instance_id: str) -> int:
        """The size of the data; 0 without any."""
        database = self._databases.get(instance_id)
        return 0 if database is None else database.stored_bytes()

    def counts(self, instance_id: str) -> Counts | None:
        """As counted a few seconds ago."""
        database = self._databases.get(instance_id)
        return None if database is None else database.counts()

    def close(self) -> None:
        """Stop all servers, at the same time."""
        self._around.closing.set()
        with ThreadPoolExecutor(max(1, len(self._databases))) as pool:
            for database in self._databases.values():
                pool.submit(database.close)
        self._databases.clear()


def _held(instance_id: str, port: int) -> Reservation | None:
    """The instance's port, unless somebody took it while the emulator was down."""
    with contextlib.suppress(NoPortError):
        return reserve_again(port)
    _log.warning("%s: port %d is taken by another program", instance_id, port)
    return None
