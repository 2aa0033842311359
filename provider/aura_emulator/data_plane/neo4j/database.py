"""The database of one instance: its server, its data, and the orders for it, one after the other.

Orders run in a thread of the database's own. Where a step must not be repeated after a crash, the
order's id is written down behind it.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from neo4j.exceptions import AuthError

from aura_emulator.data_plane.interface import (
    Condition,
    Login,
    NoDatabaseError,
    Progress,
    Work,
    WorkKind,
)
from aura_emulator.data_plane.neo4j import admin, bolt, server
from aura_emulator.data_plane.neo4j.admin import Admin, AdminError
from aura_emulator.data_plane.neo4j.bolt import DatabaseDownError
from aura_emulator.data_plane.neo4j.copying import copy_store, exchange_store
from aura_emulator.data_plane.neo4j.counting import Counting
from aura_emulator.data_plane.neo4j.home import DATABASE, USER, Home, stored_bytes
from aura_emulator.data_plane.neo4j.limits import LimitError, require_counts, require_storage
from aura_emulator.data_plane.neo4j.memory import Memory, remember
from aura_emulator.data_plane.neo4j.ports import HOST, NoPortError, Reservation, reserve_again
from aura_emulator.data_plane.neo4j.server import Server, ServerError, Sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from aura_emulator.data_plane.interface import Counts, Limits
    from aura_emulator.data_plane.neo4j.copies import Copies
    from aura_emulator.data_plane.neo4j.installation import Installation

_LOOK_SECONDS: Final = 0.02

_log = logging.getLogger("aura_emulator.databases")


class WorkError(Exception):
    """An order cannot be carried out; the message is a sentence."""


#: Errors whose message is the reason, as it is.
_SENTENCES: Final = (
    WorkError, ServerError, AdminError, NoPortError, DatabaseDownError, LimitError,
)  # fmt: skip


@dataclass(frozen=True)
class Surroundings:
    """What all databases of an emulator share."""

    installation: Installation
    sizes: Sizes
    copies: Copies
    #: Seconds of two cores: more servers starting at once only delay each other.
    starting: threading.BoundedSemaphore
    closing: threading.Event
    #: Whether the copy of a snapshot is complete, under way or lost, wherever it is made.
    copied: Callable[[str], Progress]


class Database:
    """One instance's database, in a folder of its own."""

    def __init__(
        self, instance_id: str, folder: Path, memory: Memory, reservation: Reservation | None,
        around: Surroundings,
    ) -> None:  # fmt: skip
        self.instance_id = instance_id
        self.memory = memory
        self.error: str | None = None
        self._folder = folder
        self._around = around
        self._reservation = reservation
        self._home = Home(folder / "home")
        self._server = Server(around.installation, self._home, memory.port, around.sizes)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=f"database-{instance_id}")
        self._counting = Counting(f"database-{instance_id}", lambda: bolt.counts(self.login))
        self._lock = threading.RLock()
        self._progress = Progress.DONE
        self._order: Work | None = None
        self._answers = False
        self._frozen: list[str] | None = None  # snapshots that wait for the copy being made

    @property
    def url(self) -> str:
        """For drivers; the same as long as the instance lives."""
        return f"neo4j://{HOST}:{self.memory.port}"

    @property
    def login(self) -> Login:
        """The first user with the password that was set at the beginning."""
        return Login(self.url, USER, self.memory.password)

    @property
    def progress(self) -> Progress:
        """Of the last order."""
        return self._progress

    def answers(self) -> bool:
        """Whether the server was up when it was last asked, and its process still lives."""
        return self._answers and self._server.runs()

    # orders

    def begin(self, work: Work) -> None:
        """Start on an order, unless it is this one already."""
        with self._lock:
            if self._order is not None and self._order.id == work.id:
                return
            self._order, self._progress = work, Progress.UNDER_WAY
        if work.source is not None:
            self._around.copies.hold(_copy_name(work))
        self._submit(lambda: self._carry_out(work))

    def _submit(self, job: Callable[[], None]) -> bool:
        """False where the emulator is stopping, and the order comes again, or this is deleted."""
        try:
            self._worker.submit(job)
        except RuntimeError:
            _log.debug("%s: an order came after the end", self.instance_id)
            return False
        return True

    def _carry_out(self, work: Work) -> None:
        try:
            self._perform(work)
            ending, reason = Progress.DONE, None
        except _SENTENCES as error:
            ending, reason = Progress.FAILED, str(error)
        except OSError as error:
            ending, reason = Progress.FAILED, _said(error)
        except Exception as error:  # noqa: BLE001 - our mistakes must not leave it busy for ever
            _log.exception("%s: %s", self.instance_id, work.kind)
            ending, reason = Progress.FAILED, f"{type(error).__name__}: {error}"
        self._let_go_of_source(work)
        if reason is not None and not self._around.closing.is_set():
            _log.error("%s: %s failed: %s", self.instance_id, work.kind, reason)
        with self._lock:
            if self._order is work:
                self._progress = ending
            if reason is not None or work.kind is not WorkKind.STOP:
                self.error = reason  # what failed is stopped, and that is no news

    def _let_go_of_source(self, work: Work) -> None:
        """A copy that was made for this order alone goes, unless the order comes again."""
        if work.source is None:
            return
        if work.source.snapshot_id is None and not self._around.closing.is_set():
            self._around.copies.drop([work.id])
        self._around.copies.release(_copy_name(work))

    def _perform(self, work: Work) -> None:
        match work.kind:
            case WorkKind.CREATE | WorkKind.REPLACE | WorkKind.LOAD:
                self._fill(work)
                self._start()
                self._require_within(work.limits)
            case WorkKind.START:
                self._start()
            case WorkKind.STOP:
                self._answers = False
                self._server.stop()
            case WorkKind.DELETE:
                self._delete()

    # data

    def _fill(self, work: Work) -> None:
        """Put the data of an order in place, once."""
        if self.memory.filled_by == work.id:
            return
        stage = self._folder / "stage"
        shutil.rmtree(stage, ignore_errors=True)
        try:
            self._prepare(work, stage)
            self._answers = False
            self._server.stop()
            self._put_in_place(work, stage)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        self._remember(replace(self.memory, filled_by=work.id))

    def _prepare(self, work: Work, stage: Path) -> None:
        if work.source is not None:
            self._copy_of(_copy_name(work), stage)
        elif work.dump is not None:
            self._load(work.dump, stage)

    def _copy_of(self, snapshot_id: str, stage: Path) -> None:
        while self._around.copied(snapshot_id) is Progress.UNDER_WAY:
            if self._around.closing.is_set():
                raise WorkError("The emulator stops")
            time.sleep(_LOOK_SECONDS)
        data = self._around.copies.data(snapshot_id)
        if data is None:
            raise WorkError(f"There is no data of snapshot {snapshot_id}")
        copy_store(data, stage / "data")

    def _load(self, dump: str, stage: Path) -> None:
        """Load a dump in a home of its own, so that a damaged one harms nothing."""
        home = Home(stage)
        home.make(self.memory.port, self._around.sizes.page_cache_megabytes,
                  calendar=self._around.installation.calendar)  # fmt: skip
        incoming = stage / "incoming"
        incoming.mkdir()
        (incoming / f"{DATABASE}.dump").symlink_to(dump)
        Admin(self._around.installation, home, self._around.closing.is_set).load(incoming)

    def _put_in_place(self, work: Work, stage: Path) -> None:
        if work.kind is WorkKind.CREATE:
            shutil.rmtree(self._home.path, ignore_errors=True)
        if work.password is not None:
            self._home.forget_users()
            self._home.set_password(work.password)
            self._remember(replace(self.memory, password=work.password))
        if work.source is not None or work.dump is not None:
            require_storage(work.limits, stored_bytes(stage / "data"))
            exchange_store(self._home.data, stage / "data")

    def _require_within(self, limits: Limits) -> None:
        """More nodes or relationships than the tier has room for end in a failed load."""
        if limits.nodes is None and limits.relationships is None:
            return
        try:
            require_counts(limits, bolt.counts(self.login))
        except LimitError:
            self._answers = False
            self._server.stop()
            raise
        except AuthError:  # the user changed the password, which is no reason to refuse the data
            _log.warning("%s: nobody can log in to count what it holds", self.instance_id)

    def _remember(self, memory: Memory) -> None:
        remember(self._folder, memory)
        self.memory = memory

    # the server

    def _start(self) -> None:
        if self.answers():
            return
        if self._reservation is None:
            self._reservation = reserve_again(self.memory.port)
        with self._around.starting:
            self._server.kill()
            self._server.start(self._around.closing.is_set)
            try:
                bolt.require_database(self.login)
            except DatabaseDownError:
                self._server.kill()
                raise
        self._answers = True

    def _delete(self) -> None:
        self._answers = False
        self._server.kill()
        self._around.copies.drop_instance(self.instance_id)
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._reservation is not None:
            self._reservation.release()
        self._counting.close(wait=False)
        self._worker.shutdown(wait=False)

    # snapshots

    def take(
        self, snapshot_ids: Sequence[str], ended: Callable[[Sequence[str], bool], None]
    ) -> None:
        """Hold the server where it is and copy its data; `ended` is told how that went.

        Whoever comes while a copy is being made gets that copy: nothing is written meanwhile.
        """
        with self._lock:
            if self._frozen is not None:
                self._frozen += snapshot_ids
                return
            waiting = self._frozen = list(snapshot_ids)
            try:
                if self.answers():  # held while it starts, it would keep the copy waiting for ever
                    self._server.freeze()
            except ServerError as error:
                _log.error("%s: %s", self.instance_id, error)
                ended(self._go_on(waiting), False)
                return
        if not self._submit(lambda: self._copy(waiting, ended)):
            ended(self._go_on(waiting), False)

    def _copy(
        self, waiting: list[str], ended: Callable[[Sequence[str], bool], None]
    ) -> None:  # fmt: skip
        made = False
        try:
            self._server.freeze()  # an order before this one may have started it
            self._around.copies.make(
                self.instance_id, self._home.data, lambda: self._go_on(waiting)
            )
            made = True
        except (OSError, ServerError) as error:
            self.error = f"A snapshot failed: {_said(error)}"
            _log.error("%s: %s", self.instance_id, self.error)
        finally:
            ended(self._go_on(waiting), made)

    def _go_on(self, waiting: list[str]) -> tuple[str, ...]:
        """Let the server go on; the snapshots of this copy. Whoever comes now gets another one."""
        with self._lock:
            if self._frozen is waiting:
                self._frozen = None
                self._server.thaw()
        return tuple(waiting)

    def forget(self, snapshot_ids: Collection[str]) -> None:
        """The copy that is being made need not stand for these."""
        with self._lock:
            if self._frozen is not None:
                self._frozen[:] = [name for name in self._frozen if name not in snapshot_ids]

    # looking

    def stored_bytes(self) -> int:
        """The size of the data."""
        return stored_bytes(self._home.data)

    def counts(self) -> Counts | None:
        """What was counted last; begins to count again when that is a while ago."""
        if self.answers():
            self._counting.refresh()
        return self._counting.last()

    def condition(self) -> Condition:
        """As it is now."""
        state = "up" if self.answers() else "starting" if self._server.runs() else "down"
        return Condition(
            state=state, port=self.memory.port, pid=self._server.pid,
            resident_bytes=self._server.resident_bytes(), stored_bytes=self.stored_bytes(),
            error=self.error,
        )  # fmt: skip

    # the end

    def close(self) -> None:
        """Stop the server; what is under way is given up and comes again."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        self._server.stop()
        self._counting.close(wait=True)
        if self._reservation is not None:
            self._reservation.release()


def _copy_name(work: Work) -> str:
    """Without a snapshot the data plane has begun a copy under the order's own name."""
    return (work.source.snapshot_id if work.source is not None else None) or work.id


def _said(error: Exception) -> str:
    """What the system said, of the first of many files where it is many."""
    if isinstance(error, shutil.Error):
        return str(error.args[0][0][2])
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename}"
    return str(error)


def reap(folder: Path) -> int:
    """End what a dead emulator left running in a database's folder; how many programs."""
    homes = (Home(folder / "home"), Home(folder / "stage"))
    return sum(server.reap(home) for home in homes) + sum(admin.reap(home) for home in homes)


def begin_folder(folder: Path, memory: Memory) -> None:
    """Make the folder of a new database."""
    folder.mkdir(parents=True, exist_ok=True)
    remember(folder, memory)


def no_database(instance_id: str) -> NoDatabaseError:
    """For an instance whose database does not exist."""
    return NoDatabaseError(f"Instance {instance_id} has no database")
