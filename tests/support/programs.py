"""Pulumi programs as text, for tests that run the real engine."""

from __future__ import annotations

from support.emulator import PRODUCTION_PROJECT_ID

PROJECT_ID = PRODUCTION_PROJECT_ID

_HEAD = "import pulumi\nimport pulumi_neo4j_aura as aura\n\n"

_DEFAULTS = {
    "name": '"orders"',
    "cloud_provider": '"gcp"',
    "region": '"europe-west1"',
    "type": '"professional-db"',
    "memory": '"2GB"',
    "deletion_protection": "False",
}

_EXPORTS = """
pulumi.export("instance_id", {0}.instance_id)
pulumi.export("url", {0}.connection_url)
pulumi.export("password", {0}.password)
pulumi.export("provenance", {0}.provenance)
"""


def instance(resource: str = "orders", **arguments: str) -> str:
    """One instance declaration; arguments are Python expressions as text."""
    given = {**_DEFAULTS, **arguments}
    inside = "".join(f"    {key}={value},\n" for key, value in given.items())
    return f'{resource} = aura.Instance(\n    "{resource}",\n{inside})\n'


def one_instance(**arguments: str) -> str:
    """A program with one instance named `orders` and its outputs."""
    return _HEAD + instance(**arguments) + _EXPORTS.format("orders")


def snapshot_and_staging(release: str = "1") -> str:
    """Production, an on-demand snapshot of it, and staging from that snapshot."""
    return (
        _HEAD
        + instance()
        + "before = aura.Snapshot(\n"
        + '    "before",\n    instance_id=orders.instance_id,\n'
        + f'    triggers={{"release": "{release}"}},\n)\n'
        + instance(
            "staging",
            name='"orders-staging"',
            source="aura.from_snapshot(orders.instance_id, before.snapshot_id)",
        )
        + _EXPORTS.format("staging")
        + 'pulumi.export("snapshot_id", before.snapshot_id)\n'
        + 'pulumi.export("production_id", orders.instance_id)\n'
    )


def program(*parts: str) -> str:
    """A program of these parts."""
    return _HEAD + "\n".join(parts)
