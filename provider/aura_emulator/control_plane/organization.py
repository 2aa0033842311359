"""The one organization that every project belongs to. v1 does not know organizations."""

from __future__ import annotations

from typing import Final

from aura_emulator.control_plane.errors import organization_not_found

ORGANIZATION_ID: Final = "a0000000-0000-4000-8000-000000000100"
ORGANIZATION_NAME: Final = "Emulator"


def require(organization_id: str) -> None:
    """Refuse any other organization."""
    if organization_id != ORGANIZATION_ID:
        raise organization_not_found()
