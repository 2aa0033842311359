"""Several Aura organisations in one stack, and settings from stack configuration."""

from __future__ import annotations

import json

import pytest

from support.emulator import CLIENT_ID, CLIENT_SECRET, running_emulator
from support.programs import PROJECT_ID, instance, one_instance, program

pytestmark = pytest.mark.engine


def _provider(name: str, url: str) -> str:
    return (
        f'{name} = aura.Provider("{name}", api_url="{url}", client_id="{CLIENT_ID}", '
        f'client_secret="{CLIENT_SECRET}", project_id="{PROJECT_ID}")\n'
    )


def test_an_explicit_provider_wins_over_the_environment(aura, start):
    """One instance by the environment here, one by a provider there, in one stack."""
    with running_emulator(operation_seconds=0.2, rate_limit=0) as other:
        elsewhere = instance(
            "elsewhere",
            name='"elsewhere"',
            opts="pulumi.ResourceOptions(provider=there)",
        )
        project = start(program(instance(), _provider("there", other.url), elsewhere))
        project.up(skip_preview=True)
        assert [row["name"] for row in aura.control.instances()] == ["orders"]
        assert [row["name"] for row in other.control.instances()] == ["elsewhere"]
        assert CLIENT_SECRET not in json.dumps(project.export())
        project.refresh("--preview-only", "--expect-no-changes")
        project.destroy("--skip-preview")
        assert aura.control.instances() == other.control.instances() == []


def test_stack_configuration_alone_is_enough(aura, start):
    """Without any variable, URL, credentials and project come from the stack, also on destroy."""
    project = start(one_instance())
    kept = {
        key: value
        for key, value in project.env.items()
        if key not in {"AURA_API_URL", "AURA_CLIENT_ID", "AURA_CLIENT_SECRET", "AURA_PROJECT_ID"}
    }
    project.env = kept
    project.config_set("neo4jaura:apiUrl", aura.url)
    project.config_set("neo4jaura:clientId", CLIENT_ID)
    project.config_set("neo4jaura:clientSecret", CLIENT_SECRET, secret=True)
    project.config_set("neo4jaura:projectId", PROJECT_ID)
    project.up(skip_preview=True)
    assert [row["name"] for row in aura.control.instances()] == ["orders"]
    assert CLIENT_SECRET not in json.dumps(project.export())
    project.destroy("--skip-preview")
    assert aura.control.instances() == []
