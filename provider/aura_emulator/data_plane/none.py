"""The data plane that holds nothing: the control plane alone, in milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from aura_emulator.data_plane.interface import NoDatabaseError, Progress

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from aura_emulator.data_plane.interface import Condition, Counts, Login, Work


class NoData:
    """Says yes to everything and keeps nothing; addresses look like Aura's and answer nobody."""

    name = "none"
    holds_data = False

    def begin(self, work: Work) -> None:
        """Nothing to do."""

    def progress(self, instance_id: str) -> Progress:  # noqa: ARG002 - the interface's signature
        """Work on nothing is done."""
        return Progress.DONE

    def answers(self, instance_id: str) -> bool:  # noqa: ARG002 - the interface's signature
        """As far as the control plane is concerned."""
        return True

    def take(self, instance_id: str, snapshot_ids: Sequence[str]) -> None:
        """Nothing to keep."""

    def copied(self, snapshot_id: str) -> Progress:  # noqa: ARG002 - the interface's signature
        """A copy of nothing is complete."""
        return Progress.DONE

    def drop(self, instance_id: str, snapshot_ids: Collection[str]) -> None:
        """Nothing to forget."""

    def keep_only(self, instance_ids: Collection[str], snapshot_ids: Collection[str]) -> None:
        """Nothing to remove."""

    def connection_url(self, instance_id: str) -> str:
        """The form of Aura's own addresses."""
        return f"neo4j+s://{instance_id}.databases.neo4j.io"

    def login(self, instance_id: str) -> Login:
        """Nowhere to log in."""
        self._refuse(instance_id)

    def condition(self, instance_id: str) -> Condition:
        """Nothing to look at."""
        self._refuse(instance_id)

    def stored_bytes(self, instance_id: str) -> int:  # noqa: ARG002 - the interface's signature
        """Nothing."""
        return 0

    def counts(self, instance_id: str) -> Counts | None:  # noqa: ARG002 - the interface's signature
        """Whatever the control API was told stands."""
        return None

    def dump(self, snapshot_id: str, to: Path) -> None:  # noqa: ARG002 - the interface's signature
        """Nothing to write."""
        self._refuse(snapshot_id)

    def close(self) -> None:
        """Nothing to stop."""

    def _refuse(self, thing: str) -> NoReturn:
        raise NoDatabaseError(
            f"{thing} has no data: this emulator runs without databases. "
            "Start it with --data-plane neo4j"
        )
