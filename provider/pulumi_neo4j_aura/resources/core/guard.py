"""Is this the place where the resource was made? Asked before every read, update and delete.

The local emulator answers 404 for an instance of the real Aura, and the real Aura answers 404 for
an instance of another organisation. Either would make Pulumi forget a billed instance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.settings import Settings


def same_place(settings: Settings, properties: Mapping[str, Any]) -> None:
    """Compare the state's API URL and default project with the settings.

    Raises:
        Refused: they differ; nothing was asked of Aura.
    """
    url = properties.get("api_url")
    if url and url != settings.api_url:
        raise Refused(
            f"This resource was made at {url}, and AURA_API_URL now points to {settings.api_url}. "
            "Nothing was read, changed or deleted.",
            way_out=f"Set AURA_API_URL={url} and the credentials that belong to it.",
        )
    project = properties.get("default_project_id")
    if project and settings.project_id and project != settings.project_id:
        raise Refused(
            f"This resource was made in project {project}, and AURA_PROJECT_ID is now "
            f"{settings.project_id}. Nothing was read, changed or deleted.",
            way_out=f"Set AURA_PROJECT_ID={project}, or name project_id in the program.",
        )
