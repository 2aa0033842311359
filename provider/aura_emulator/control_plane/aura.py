"""One Aura: what every rule of the control plane needs at hand."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from aura_emulator.control_plane.clock import Clock
from aura_emulator.control_plane.model import Credential, Project
from aura_emulator.control_plane.outcomes import Outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aura_emulator.control_plane.store import Store
    from aura_emulator.data_plane.interface import DataPlane, Work
    from aura_emulator.switches import Switches

PRODUCTION_PROJECT_ID: Final = "a0000000-0000-4000-8000-000000000001"
DEVELOPMENT_PROJECT_ID: Final = "a0000000-0000-4000-8000-000000000002"

_OFFSET = "clock-offset"
_FROZEN = "clock-frozen-at"
_DATA_PLANE = "data-plane"


class OtherDataPlaneError(Exception):
    """A state folder belongs to emulators with another data plane; the message is a sentence."""

    def __init__(self, made_with: str, wanted: str) -> None:
        super().__init__(
            f"The instances in this state folder were made with --data-plane {made_with}, not "
            f"{wanted}: choose that, or another folder with --state"
        )


@dataclass
class Aura:
    """The store, the clock, the switches, the planned outcomes and the data behind it all."""

    store: Store
    switches: Switches
    data_plane: DataPlane
    clock: Clock = field(default_factory=Clock)
    outcomes: Outcomes = field(default_factory=Outcomes)

    def now(self) -> float:
        """The emulator's present."""
        return self.clock.now()

    def order(self, work: Work) -> None:
        """Have something done to a database, and remember it until the operation ends."""
        if self.data_plane.holds_data:
            self.store.orders.put(work)
            self.store.afterwards(partial(self.data_plane.begin, work))

    def take(self, instance_id: str, snapshot_ids: Sequence[str]) -> None:
        """Have the data of this moment kept; the snapshots complete when it is."""
        if self.data_plane.holds_data:
            self.store.orders.put_uncopied(instance_id, snapshot_ids)
            self.store.afterwards(partial(self.data_plane.take, instance_id, snapshot_ids))

    def forget(self, instance_id: str, snapshot_ids: Sequence[str]) -> None:
        """Let the data of snapshots go, once it is certain that they are gone."""
        self.store.afterwards(partial(self.data_plane.drop, instance_id, snapshot_ids))

    def remember_clock(self) -> None:
        """Write the clock down, so that a restart goes on with it."""
        with self.store.together():
            self.store.put_number(_OFFSET, self.clock.offset)
            self.store.put_number(_FROZEN, self.clock.frozen_at)

    def require_own_state(self) -> None:
        """Remember which data plane this state is made with, and refuse another one's.

        Instances without databases would be taken for ones whose databases were lost.
        """
        made_with = self.store.text(_DATA_PLANE) or "none"
        if made_with != self.data_plane.name and self.store.count_instances():
            raise OtherDataPlaneError(made_with, self.data_plane.name)
        self.store.put_text(_DATA_PLANE, self.data_plane.name)

    def recall_clock(self) -> None:
        """Take up the clock of the last run."""
        self.clock.offset = self.store.number(_OFFSET) or 0.0
        self.clock.frozen_at = self.store.number(_FROZEN)

    def seed(self, credential: Credential) -> None:
        """Make sure of the two default projects and the default credential."""
        with self.store.together():
            if not self.store.projects():
                self.store.put_project(Project(PRODUCTION_PROJECT_ID, "Production"))
                self.store.put_project(Project(DEVELOPMENT_PROJECT_ID, "Development"))
            self.store.put_credential(credential)


def new_uuid() -> str:
    """An id for a project or a snapshot."""
    return str(uuid.uuid4())
