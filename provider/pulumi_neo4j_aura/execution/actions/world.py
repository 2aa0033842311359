"""What the handlers of actions work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from pulumi_neo4j_aura.execution.exports.choice import Request
from pulumi_neo4j_aura.execution.exports.making import Exported, export
from pulumi_neo4j_aura.execution.progress import Progress, Silent
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES, Identities
from pulumi_neo4j_aura.vault.vault import Vault


class Exporter(Protocol):
    """Makes one export exist; `execution.exports.making.export` is the one there is."""

    def __call__(
        self, services: Services, request: Request, vault: Vault, progress: Progress
    ) -> Exported:
        """The export, whether it was made now or before."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """Shared by all handlers of a pass.

    Attributes:
        services: for each vault's URL, the client and a journal that lies in that vault.
        vaults: by URL.
        passwords: what to try, in order, to read an instance live; by instance id.
        clone_ages: by policy name, how old a clone must be before it counts as left behind.
        patience_seconds: how long one action may wait for Aura within this pass.
        progress: what to show for one action, by its title.
        exporter: what makes an export.
    """

    services: Mapping[str, Services]
    vaults: Mapping[str, Vault]
    identities: Identities = NO_IDENTITIES
    passwords: Callable[[str], tuple[str, ...]] = lambda _instance_id: ()
    clone_ages: Mapping[str, timedelta] = field(default_factory=dict)
    patience_seconds: float = 3600.0
    progress: Callable[[str], Progress] = lambda _title: Silent()
    exporter: Exporter = export
