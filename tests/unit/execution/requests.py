"""Creates for tests: what is asked for, and what was sent."""

from dataclasses import replace
from typing import Any

from pulumi_neo4j_aura.domain import naming
from pulumi_neo4j_aura.domain.instance import NewInstance
from pulumi_neo4j_aura.execution.creation import KIND, Request
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.vault.journal import Entry
from support.fakes import PROJECT, FakeAura

OWNER = "0123abcd"
OTHER = "ffffffff"
PENDING = naming.pending("orders", OWNER)

NEW = NewInstance(
    project_id=PROJECT,
    name="orders",
    cloud_provider="gcp",
    region="europe-west1",
    type="professional-db",
    version="5",
    memory="4GB",
)


def request(**changes: Any) -> Request:
    """A create of `orders`; `changes` are of the request, or of the new instance."""
    own = {key: changes.pop(key) for key in list(changes) if key in Request.__slots__}
    return replace(Request(replace(NEW, **changes), OWNER), **own)


def unfinished(services: Services) -> tuple[Entry, ...]:
    """What the journal knows to be under way for the owner."""
    return services.journal.unfinished(KIND, OWNER, {})


def creates(aura: FakeAura) -> int:
    """How many creates were sent."""
    return len(aura.sent("instances.create"))


def deletes(aura: FakeAura) -> int:
    """How many deletes were sent."""
    return len(aura.sent("instances.delete"))
