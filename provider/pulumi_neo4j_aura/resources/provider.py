"""An explicit provider: for several Aura organisations in one stack."""

from __future__ import annotations

import pulumi

from pulumi_neo4j_aura.resources.core.values import without_nones
from pulumi_neo4j_aura.settings import CONFIG_NAMESPACE, EXPLICIT_KEY, NAMES


class Provider(pulumi.ProviderResource):
    """Settings of its own for the resources that name it; they win over the environment.

    What is given here reaches Pulumi's state, encrypted. Where one organisation is enough, set the
    environment variables instead.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        api_url: pulumi.Input[str] | None = None,
        client_id: pulumi.Input[str] | None = None,
        client_secret: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[str] | None = None,
        calls_per_minute: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a provider.

        Args:
            resource_name: Pulumi's name of the provider.
            api_url: root of the Aura API.
            client_id: of the API credentials.
            client_secret: of the API credentials; made a secret.
            project_id: default project of resources that name none.
            calls_per_minute: this provider's rate budget.
            opts: Pulumi's resource options.
        """
        secret = None if client_secret is None else pulumi.Output.secret(client_secret)
        given = {
            "api_url": api_url,
            "client_id": client_id,
            "client_secret": secret,
            "project_id": project_id,
            "calls_per_minute": _text(calls_per_minute),
        }
        props = {_key(NAMES[name][1]): value for name, value in without_nones(given).items()}
        super().__init__(
            "pulumi-python", resource_name, {_key(EXPLICIT_KEY): "true", **props}, opts
        )


def _key(name: str) -> str:
    return f"{CONFIG_NAMESPACE}:{name}"


def _text(value: pulumi.Input[int] | None) -> pulumi.Input[str] | None:
    return None if value is None else pulumi.Output.from_input(value).apply(str)
