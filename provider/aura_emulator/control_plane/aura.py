"""One Aura: what every rule of the control plane needs at hand."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aura_emulator.control_plane.clock import Clock
from aura_emulator.control_plane.model import Credential, Project
from aura_emulator.control_plane.outcomes import Outcomes

if TYPE_CHECKING:
    from aura_emulator.control_plane.store import Store
    from aura_emulator.data_plane.interface import DataPlane
    from aura_emulator.switches import Switches

PRODUCTION_PROJECT_ID: Final = "a0000000-0000-4000-8000-000000000001"
DEVELOPMENT_PROJECT_ID: Final = "a0000000-0000-4000-8000-000000000002"

_OFFSET = "clock-offset"
_FROZEN = "clock-frozen-at"


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

    def remember_clock(self) -> None:
        """Write the clock down, so that a restart goes on with it."""
        with self.store.together():
            self.store.put_number(_OFFSET, self.clock.offset)
            self.store.put_number(_FROZEN, self.clock.frozen_at)

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
