"""The resource `ExportTarget`: a place of the user's own for exports."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi.dynamic import Resource

from pulumi_neo4j_aura.resources.providers import ExportTargetProvider


class ExportTarget(Resource, module="neo4jaura", name="ExportTarget"):
    """Makes a folder or a bucket a vault, and proves that it can be written.

    Destroying the resource forgets the place; nothing there is ever deleted by it.
    """

    url: pulumi.Output[str]
    #: Who can decrypt what is exported from now on.
    recipients: pulumi.Output[Sequence[str]]
    #: The vault's own id, from its `vault.json`.
    vault_id: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        url: pulumi.Input[str],
        recipients: Sequence[pulumi.Input[str]] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare an export target.

        Args:
            resource_name: Pulumi's name of the resource.
            url: an absolute folder, `s3://bucket/prefix`, `az://container/prefix` or
                `gs://bucket/prefix`, without credentials. Another one is another vault.
            recipients: age recipients (`age1…`, SSH public keys); none: not encrypted.
            opts: Pulumi's resource options.
        """
        props: dict[str, object] = {"url": url, "recipients": list(recipients), "vault_id": None}
        super().__init__(ExportTargetProvider(), resource_name, props, opts)


def url_of(target: ExportTarget | pulumi.Input[str]) -> pulumi.Input[str]:
    """The URL of a target; not known before the place is a vault."""
    if not isinstance(target, ExportTarget):
        return target
    claimed = pulumi.Output.all(target.url, target.vault_id)
    return claimed.apply(lambda both: str(both[0]))
