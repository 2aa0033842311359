"""The resource `BackupPolicy`: what protection instances must have, declared beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from pulumi_neo4j_aura.resources.core.values import without_nones
from pulumi_neo4j_aura.resources.export_target import ExportTarget, url_of
from pulumi_neo4j_aura.resources.providers import BackupPolicyProvider


class BackupPolicy(Resource, module="neo4jaura", name="BackupPolicy"):
    """Publishes a policy into a vault, and shows what it asks for and what is unmet.

    `aura-backup apply` and `watch` enforce it; an `up` never prunes anything. Destroying the
    resource withdraws the policy and keeps every copy.
    """

    #: The whole policy, in its canonical form.
    document: pulumi.Output[Mapping[str, Any]]
    #: Stands for the policy's content.
    version: pulumi.Output[str]
    #: When this version was published, ISO 8601.
    published_at: pulumi.Output[str]
    #: `code`, `severity`, `instance_id` and `message` of each finding at the last look.
    findings: pulumi.Output[Sequence[Mapping[str, Any]]]
    #: When something is due next, ISO 8601; missing: nothing is.
    next_due: pulumi.Output[str | None]
    #: Always empty in the program; what a refresh finds unmet shows here as drift.
    unmet: pulumi.Output[Sequence[str]]

    def __init__(
        self,
        resource_name: str,
        *,
        target: ExportTarget | pulumi.Input[str] | None = None,
        instances: Sequence[pulumi.Input[str]] | Mapping[str, Any] | None = None,
        document: Mapping[str, Any] | None = None,
        preset: str | None = None,
        reconcile_on_up: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a policy.

        Args:
            resource_name: Pulumi's name of the resource, and the policy's where the document has
                none.
            target: the vault; else the document's. An `ExportTarget`'s recipients hold where the
                document names none.
            instances: ids, or a selector such as `{"project": …, "names": ["orders*"]}`; else the
                document's.
            document: the policy, as `load_policy` reads it from a file.
            preset: `development`, `staging` or `production`, under what the document says.
            reconcile_on_up: when the policy is created or changed, make one pass that takes
                snapshots and makes exports; it prunes nothing.
            opts: Pulumi's resource options.
        """
        whole = {"name": resource_name, **(document or {})}
        if preset is not None:
            whole["preset"] = preset
        if instances is not None:
            whole["instances"] = _selector(instances)
        if target is not None:
            whole["target"] = url_of(target)
        if isinstance(target, ExportTarget) and "recipients" not in whole:
            whole["recipients"] = target.recipients
        props: dict[str, object] = {
            "document": whole,
            "reconcile_on_up": reconcile_on_up,
            "unmet": [],
            **dict.fromkeys(("version", "published_at", "findings", "next_due")),
        }
        super().__init__(BackupPolicyProvider(), resource_name, props, opts)


def _selector(instances: Sequence[pulumi.Input[str]] | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(instances, Mapping):
        return without_nones(instances)
    return {"ids": list(instances)}


def load_policy(path: str | Path) -> Mapping[str, Any]:
    """A policy document from a YAML file, validated; for `BackupPolicy(document=…)`.

    Raises:
        Permanent: it cannot be read or makes no sense; the message names file, line and field.
    """
    from pulumi_neo4j_aura import policy_document  # noqa: PLC0415 - heavy, and only for policies

    return policy_document.read(Path(path))
