"""Who a resource is, independent of machine and run: the basis of pending names and the journal.

Made from what is known before registration. The URN itself cannot be used: inside a component it
would make the component's children depend on the component. What is hashed tells resources apart
as a URN does, except types further up than the direct parent; if two resources differ in nothing
else, the second is refused as an orphan of the first and nothing is lost.
"""

from __future__ import annotations

import pulumi

from pulumi_neo4j_aura.domain import naming


def owner_of(kind: str, name: str, opts: pulumi.ResourceOptions | None) -> str:
    """The owner mark of a resource of this kind and name in the running stack."""
    parent = opts.parent if opts else None
    above = parent.pulumi_resource_type if parent is not None else ""
    return naming.owner(
        pulumi.get_organization(),
        pulumi.get_project(),
        pulumi.get_stack(),
        above,
        kind,
        name,
    )
