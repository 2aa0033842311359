"""The database of an instance, as v2beta1 shows it: every instance here has exactly one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from aura_emulator.control_plane.errors import database_not_found
from aura_emulator.control_plane.organization import ORGANIZATION_ID

if TYPE_CHECKING:
    from aura_emulator.control_plane.model import Instance

NAME: Final = "neo4j"
_NAMESPACE: Final = uuid.UUID(ORGANIZATION_ID)


def default_id(instance_id: str) -> str:
    """The id of an instance's database: made from the instance's, so that it need not be kept."""
    return str(uuid.uuid5(_NAMESPACE, instance_id))


def require(instance: Instance, database_id: str) -> None:
    """Refuse what is not this instance's database."""
    if database_id != default_id(instance.id):
        raise database_not_found(database_id)
