"""What stands for everything that a plan would do, so that the approved plan is what is applied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict

from pulumi_neo4j_aura.planning import diff
from pulumi_neo4j_aura.planning.diff import FieldChange
from pulumi_neo4j_aura.planning.plan import Action, Plan, PruneExport

#: What differs between two looks at the same world, or is there for people.
_LEFT_OUT = frozenset({"reason", "skipped", "slot", "gigabytes", "instance_name"})


def of(plan: Plan) -> str:
    """Sixteen hexadecimal digits over the actions and over those that approval lets through.

    The same world and policies give the same, whenever the plan is made.
    """
    told = sorted(json.dumps(_essence(each), sort_keys=True) for each in _asked(plan))
    versions = [list(each) for each in plan.policies]
    text = json.dumps({"actions": told, "policies": versions})
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def differences(old: Plan, new: Plan) -> tuple[FieldChange, ...]:
    """Why two plans have different checksums; empty exactly when they have the same.

    One change for each action and each policy that differs, by its name. `old` and `new` are what
    the checksum counts of it; None: it is not in that plan.
    """
    before, after = _named(old), _named(new)
    names = before.keys() | after.keys()
    return diff.changes(
        {name: before.get(name) for name in names}, {name: after.get(name) for name in names}
    )


def _asked(plan: Plan) -> tuple[Action, ...]:
    return (*plan.actions, *(each.action for each in plan.refused if each.approvable))


def _essence(action: Action) -> dict[str, object]:
    values = {key: value for key, value in asdict(action).items() if key not in _LEFT_OUT}
    return {"kind": type(action).__name__, **values}


def _named(plan: Plan) -> Mapping[str, object]:
    found: dict[str, object] = {f"policy {name}": version for name, version in plan.policies}
    for action in sorted(_asked(plan), key=lambda each: json.dumps(_essence(each), sort_keys=True)):
        name = _name(action)
        count = 1
        while (numbered := name if count == 1 else f"{name} ({count})") in found:
            count += 1
        found[numbered] = _essence(action)
    return found


def _name(action: Action) -> str:
    """What it does to what; the same for a later slot, whose action may be another."""
    copy = f" {action.export_id}" if isinstance(action, PruneExport) else ""
    return f"{action.policy}: {type(action).__name__} {action.instance_id}{copy}"
