"""A data plane that holds nothing and remembers everything it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aura_emulator.data_plane.interface import Condition, Counts, Login, Progress, Work

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path


class Remembering:
    """A data plane that remembers what it was asked for, and is as far as it is told."""

    name = "remembering"
    holds_data = True

    def __init__(self) -> None:
        self.orders: list[Work] = []
        self.taken: list[tuple[str, tuple[str, ...]]] = []
        self.dropped: list[set[str]] = []
        self.kept: list[tuple[set[str], set[str]]] = []
        self.state = Progress.DONE
        self.copies = Progress.DONE
        self.up = True
        self.counted: Counts | None = None
        self.stored = 0

    def begin(self, work: Work) -> None:
        self.orders.append(work)

    def progress(self, instance_id: str) -> Progress:
        return self.state

    def answers(self, instance_id: str) -> bool:
        return self.up

    def take(self, instance_id: str, snapshot_ids: Sequence[str]) -> None:
        self.taken.append((instance_id, tuple(snapshot_ids)))

    def copied(self, snapshot_id: str) -> Progress:
        return self.copies

    def drop(self, instance_id: str, snapshot_ids: Collection[str]) -> None:
        self.dropped.append(set(snapshot_ids))

    def keep_only(self, instance_ids: Collection[str], snapshot_ids: Collection[str]) -> None:
        self.kept.append((set(instance_ids), set(snapshot_ids)))

    def connection_url(self, instance_id: str) -> str:
        return f"bolt://localhost/{instance_id}"

    def login(self, instance_id: str) -> Login:
        return Login(self.connection_url(instance_id), "neo4j", f"password of {instance_id}")

    def condition(self, instance_id: str) -> Condition:
        return Condition("up", 1, 2, 3, 4, None)

    def stored_bytes(self, instance_id: str) -> int:
        return self.stored

    def counts(self, instance_id: str) -> Counts | None:
        return self.counted

    def dump(self, snapshot_id: str, to: Path) -> None:
        to.write_text(snapshot_id)

    def close(self) -> None:
        """Nothing runs."""

    def ordered(self) -> list[Work]:
        """What was ordered since the last time."""
        ordered, self.orders = self.orders, []
        return ordered
