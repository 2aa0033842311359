"""What every effect needs, assembled once in `bootstrap`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.aura.waiting import Waiter
from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.execution.listing import Listing
from pulumi_neo4j_aura.execution.projects import Projects
from pulumi_neo4j_aura.settings import Settings
from pulumi_neo4j_aura.vault.journal import Journal


@dataclass(frozen=True, slots=True)
class Known:
    """A resource that the state has: its id, and whether it must not be deleted."""

    id: str
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Services:
    """Client, journal and clock. Shared by all threads of a process."""

    client: AuraClient
    journal: Journal
    clock: Clock
    settings: Settings
    listing: Listing
    projects: Projects
    #: One line of progress; shown by the engine, never stored.
    report: Callable[[str], None]
    #: A warning for the user, shown and counted by the engine.
    warn: Callable[[str], None]
    #: Owner → (project, name) of resources that this process saw in the state: a replacement may
    #: create a namesake of the instance that it is about to delete, nobody else may.
    own_names: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: Owner → what the state already has for it, as far as the engine told this process.
    in_state: dict[str, Known] = field(default_factory=dict)
    #: Instances that this process took up from the journal instead of creating them. If one of them
    #: is to be deleted next, a replacement was given the very instance that it replaces.
    taken_up: set[str] = field(default_factory=set)
    #: (project, name) → owner of creates of this process: a list does not show them yet.
    claimed_names: dict[tuple[str, str], str] = field(default_factory=dict)

    def waiter(self, patience_seconds: float) -> Waiter:
        """A waiter with the configured gaps that gives up after `patience_seconds`."""
        polling = self.settings.polling
        return Waiter(
            clock=self.clock,
            seconds=polling.seconds,
            fraction=polling.fraction,
            patience=patience_seconds,
            report=self.report,
        )
