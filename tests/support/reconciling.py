"""A reconciler in a simulated world: the real one, with exports of no data."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

from pulumi_neo4j_aura import policy_document
from pulumi_neo4j_aura.domain.policy import Policy
from pulumi_neo4j_aura.execution import clones
from pulumi_neo4j_aura.execution.actions.world import Exporter, World
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.observation.memory import VaultMemory
from pulumi_neo4j_aura.observation.observer import Observer
from pulumi_neo4j_aura.reconciler.keeping import Keeper
from pulumi_neo4j_aura.reconciler.passes import Reconciler
from pulumi_neo4j_aura.vault import policies
from pulumi_neo4j_aura.vault.shared_journal import SharedJournal
from pulumi_neo4j_aura.vault.vault import Vault
from support.emulator import PRODUCTION_PROJECT_ID
from support.simulated import SharedClock, Simulated, tiny_export


def policy(world: Simulated, **fields: Any) -> Policy:
    """A policy for the whole project: weekly exports, the newest four kept."""
    document = {
        "name": "production",
        "instances": {"project": PRODUCTION_PROJECT_ID},
        "target": world.target,
        "exports": [{"cron": "0 2 * * SUN", "first": "now"}],
        "retention": {"keep_last": 4},
        **fields,
    }
    return policy_document.parse(document, "the test")


def publish(world: Simulated, *found: Policy) -> None:
    """Publish policies at the world's vault."""
    for each in found:
        document = policy_document.to_document(each)
        policies.publish(world.vault, each.name, each.version, document, world.clock.now())


def services(world: Simulated, vault: Vault | None = None, sender: Any = None) -> Services:
    """What a fresh process has, with the journal that lies in the vault."""
    here = world.services(sender)
    store = (vault or world.vault).store
    return replace(here, journal=SharedJournal(here.journal.root, here.clock, store))


def reconciler(
    world: Simulated,
    *found: Policy,
    holder: str = "one",
    vault: Vault | None = None,
    sender: Any = None,
    exporter: Exporter = tiny_export,
    patience_seconds: float = 3600.0,
    keeper: Callable[[Any, threading.Event], Keeper] = Keeper,
    workers: int = 4,
) -> Reconciler:
    """A fresh process that reconciles these policies."""
    place = vault or world.vault
    here = services(world, place, sender)
    vaults = {world.target: place}
    return Reconciler(
        policies=found,
        observer=Observer(
            services=here,
            vaults=vaults,
            memory=VaultMemory(place),
            owns_clone=lambda owner: clones.owned(here, owner),
            workers=workers,
        ),
        world=World(
            services={world.target: here},
            vaults=vaults,
            clone_ages={each.name: each.limits.max_clone_age for each in found},
            patience_seconds=patience_seconds,
            exporter=exporter,
        ),
        clock=world.clock,
        holder=holder,
        report=world.lines.append,
        keeper=keeper,
    )


class MovedKeeper(Keeper):
    """Renews leases by the moved clock, where hours pass while the usual one waits for a minute."""

    def __init__(self, clock: SharedClock, stopping: threading.Event) -> None:
        super().__init__(clock, stopping)
        self._moved = clock
        self._turn = threading.Lock()
        self._at = clock.monotonic() + self.every

    def __enter__(self) -> Self:
        self._moved.passed.append(self._tick)
        return super().__enter__()

    def __exit__(self, *ended: object) -> None:
        self._moved.passed.remove(self._tick)
        super().__exit__(*ended)  # type: ignore[arg-type] # as they came

    def _tick(self) -> None:
        with self._turn:
            if self._moved.monotonic() < self._at:
                return
            self._at = self._moved.monotonic() + self.every
        self.renew()
