"""The one door between the control plane and whatever holds the data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path


class Progress(Enum):
    """How far a piece of work is."""

    UNDER_WAY = "under way"
    DONE = "done"
    FAILED = "failed"


class WorkKind(StrEnum):
    """What can be done to the database of an instance."""

    CREATE = "create"  # a new one, empty or with the data of a source
    REPLACE = "replace"  # its data by that of a source; the address stays
    LOAD = "load"  # its data by that of a dump
    STOP = "stop"  # keep the data, free the memory; the address stops answering
    START = "start"
    DELETE = "delete"  # with all its snapshots


@dataclass(frozen=True)
class Source:
    """Where data comes from: a snapshot, or without one the instance as it is now."""

    instance_id: str
    snapshot_id: str | None = None


@dataclass(frozen=True)
class Limits:
    """What a database must not exceed when data is loaded into it; None is no limit."""

    storage_bytes: int | None = None
    nodes: int | None = None
    relationships: int | None = None


@dataclass(frozen=True)
class Work:
    """One order to the data plane. The store remembers it until the operation it belongs to ends.

    ``password`` is for CREATE; for REPLACE it is None where the login stays as it is.
    """

    id: str
    instance_id: str
    kind: WorkKind
    password: str | None = None
    source: Source | None = None
    dump: str | None = None
    limits: Limits = Limits()


@dataclass(frozen=True)
class Login:
    """How to reach a database with all rights."""

    url: str
    user: str
    password: str


@dataclass(frozen=True)
class Counts:
    """What a database holds."""

    nodes: int
    relationships: int


@dataclass(frozen=True)
class Condition:
    """A database as it is, for people and for tests; sizes in bytes."""

    state: str
    port: int
    pid: int | None
    resident_bytes: int | None
    stored_bytes: int
    error: str | None


class NoDatabaseError(Exception):
    """This emulator has no databases, or not this one; the message is a sentence."""


class DataPlane(Protocol):
    """Holds the data of instances and snapshots.

    `begin` and `take` return at once and are called after the control plane has committed what it
    wants; the control plane then waits for its own deadline *and* for the work to leave UNDER_WAY.
    After a crash the same order comes again, with the same id: what was done is not done twice.
    """

    name: str
    #: False: nothing to wait for, nothing to remember, nothing to take up after a crash.
    holds_data: bool

    def begin(self, work: Work) -> None:
        """Start on an order; one that is under way or done is left alone."""

    def progress(self, instance_id: str) -> Progress:
        """How far the last order for this instance is; FAILED for an instance that is unknown."""

    def answers(self, instance_id: str) -> bool:
        """Whether drivers can connect."""

    def take(self, instance_id: str, snapshot_ids: Sequence[str]) -> None:
        """Keep the data of this moment under each of these names.

        There are several when the clock was moved over several slots of the schedule: nothing was
        written in between, so one copy stands for them all.
        """

    def copied(self, snapshot_id: str) -> Progress:
        """How far the copy of a snapshot is; FAILED if there is none."""

    def drop(self, instance_id: str, snapshot_ids: Collection[str]) -> None:
        """Forget snapshots."""

    def keep_only(self, instance_ids: Collection[str], snapshot_ids: Collection[str]) -> None:
        """Remove what belongs to no instance and no snapshot: left by a crash."""

    def connection_url(self, instance_id: str) -> str:
        """Where drivers connect to."""

    def login(self, instance_id: str) -> Login:
        """As the first user, with the password that it got; `NoDatabaseError` without one."""

    def condition(self, instance_id: str) -> Condition:
        """How a database is; `NoDatabaseError` without one."""

    def stored_bytes(self, instance_id: str) -> int:
        """The size of an instance's data."""

    def counts(self, instance_id: str) -> Counts | None:
        """What a database held a short while ago; None as long as nobody knows."""

    def dump(self, snapshot_id: str, to: Path) -> None:
        """Write a snapshot as a Neo4j dump; takes seconds; `NoDatabaseError` if it cannot."""

    def close(self) -> None:
        """Stop everything that runs."""
