"""The one door between the control plane and whatever holds the data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Progress(Enum):
    """How far the work behind an instance's present operation is."""

    UNDER_WAY = "under way"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Source:
    """Where data comes from: a snapshot, or without one the instance as it is now."""

    instance_id: str
    snapshot_id: str | None = None


class DataPlane(Protocol):
    """Holds the data of instances and snapshots.

    Every method that starts work returns at once and is called after the control plane has
    committed the busy state; the control plane then waits for its own deadline *and* for `progress`
    to leave UNDER_WAY. A repeated call for work already done must be harmless: after a crash it
    comes again.
    """

    name: str

    def create(self, instance_id: str, password: str, version: str) -> None:
        """Start an empty database with this password for the user neo4j."""

    def clone(self, source: Source, instance_id: str, password: str, version: str) -> None:
        """Start a new database with the data of `source`."""

    def overwrite(self, source: Source, instance_id: str) -> None:
        """Replace an instance's data by that of `source`; its address stays."""

    def restore(self, instance_id: str, snapshot_id: str) -> None:
        """Bring an instance back to one of its own snapshots."""

    def pause(self, instance_id: str) -> None:
        """Keep the data, free the memory; the address stops answering."""

    def resume(self, instance_id: str) -> None:
        """Undo `pause`."""

    def delete(self, instance_id: str) -> None:
        """Forget an instance and its snapshots."""

    def take_snapshots(self, instance_id: str, snapshot_ids: Sequence[str]) -> None:
        """Keep the present data under each of these names.

        There are several when the clock was moved over several slots of the schedule: nothing was
        written in between, so they hold the same data.
        """

    def drop_snapshots(self, instance_id: str, snapshot_ids: Sequence[str]) -> None:
        """Forget snapshots."""

    def progress(self, instance_id: str) -> Progress:
        """How far the last started work on this instance is."""

    def connection_url(self, instance_id: str) -> str:
        """Where drivers connect to."""

    def close(self) -> None:
        """Stop everything that runs."""
