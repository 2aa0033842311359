"""The data plane that holds nothing: the control plane alone, in milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aura_emulator.data_plane.interface import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aura_emulator.data_plane.interface import Source


class NoData:
    """Says yes to everything and keeps nothing; addresses look like Aura's and answer nobody."""

    name = "none"

    def create(self, instance_id: str, password: str, version: str) -> None:
        """Nothing to start."""

    def clone(self, source: Source, instance_id: str, password: str, version: str) -> None:
        """Nothing to copy."""

    def overwrite(self, source: Source, instance_id: str) -> None:
        """Nothing to replace."""

    def restore(self, instance_id: str, snapshot_id: str) -> None:
        """Nothing to bring back."""

    def pause(self, instance_id: str) -> None:
        """Nothing to stop."""

    def resume(self, instance_id: str) -> None:
        """Nothing to start."""

    def delete(self, instance_id: str) -> None:
        """Nothing to forget."""

    def take_snapshots(self, instance_id: str, snapshot_ids: Sequence[str]) -> None:
        """Nothing to keep."""

    def drop_snapshots(self, instance_id: str, snapshot_ids: Sequence[str]) -> None:
        """Nothing to forget."""

    def progress(self, instance_id: str) -> Progress:  # noqa: ARG002 - the interface's signature
        """Work on nothing is done."""
        return Progress.DONE

    def connection_url(self, instance_id: str) -> str:
        """The form of Aura's own addresses."""
        return f"neo4j+s://{instance_id}.databases.neo4j.io"

    def close(self) -> None:
        """Nothing to stop."""
