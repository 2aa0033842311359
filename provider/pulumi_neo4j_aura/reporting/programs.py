"""A Pulumi program that adopts what exists, so that a lost state or old instances come under care.

`pulumi import` cannot do this: the engine asks a dynamic provider about an id alone, and without
the rest nobody knows which Aura it belongs to. A program with `adopt_instance_id` can.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pulumi_neo4j_aura.domain.instance import Instance

_HEAD: Final = '''\
"""Adopts what exists: `pulumi up` creates and deletes nothing with this as it stands.

Written by `aura-backup adopt --pulumi`. Aura does not show an instance's password again: set it
with `password_override=pulumi.Config().require_secret(...)` where something needs it.
"""

import pulumi
import pulumi_neo4j_aura as aura
'''

_OPTIONAL: Final = (
    "storage",
    "vector_optimized",
    "graph_analytics_plugin",
    "secondaries_count",
    "cdc_enrichment_mode",
    "customer_managed_key_id",
)


def adopting(
    instances: Sequence[Instance],
    target: str = "",
    policies: Iterable[Mapping[str, Any]] = (),
) -> str:
    """The program's text, formatted; the same for the same world."""
    used: set[str] = set()
    blocks = [_HEAD]
    if target:
        blocks.append(_call("vault", "ExportTarget", "vault", {"url": target}))
        used.add("vault")
    blocks += [_instance(each, used) for each in sorted(instances, key=lambda i: (i.name, i.id))]
    for document in policies:
        name = str(document["name"])
        label = _label(f"{name} policy", used)
        blocks.append(_call(label, "BackupPolicy", name, {"document": dict(document)}))
    return "\n".join(blocks)


def _instance(found: Instance, used: set[str]) -> str:
    label = _label(found.name, used)
    values: dict[str, Any] = {
        "project_id": found.project_id,
        "name": found.name,
        "cloud_provider": found.cloud_provider,
        "region": found.region,
        "type": found.type,
        "memory": found.memory,
        **{key: getattr(found, key) for key in _OPTIONAL if getattr(found, key) is not None},
        "adopt_instance_id": found.id,
    }
    exported = f"pulumi.export({f'{label}_url'!r}, {label}.connection_url)\n"
    return _call(label, "Instance", label.replace("_", "-"), values) + exported


def _call(label: str, kind: str, name: str, values: Mapping[str, Any]) -> str:
    lines = [f"{label} = aura.{kind}(", f"    {name!r},"]
    lines += [f"    {key}={value!r}," for key, value in values.items() if value is not None]
    return "\n".join([*lines, ")", ""])


def _label(name: str, used: set[str]) -> str:
    """A variable's name made from an instance's; two instances never share one."""
    plain = re.sub(r"\W+", "_", name.lower(), flags=re.ASCII).strip("_") or "instance"
    if plain[0].isdigit() or keyword.iskeyword(plain) or plain in {"aura", "pulumi"}:
        plain = f"instance_{plain}"
    label, number = plain, 1
    while label in used:
        number += 1
        label = f"{plain}_{number}"
    used.add(label)
    return label
