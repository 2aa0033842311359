"""One export of an instance in a vault. The manifest is the commit; the copy outlives the resource.

What is exported is settled once, in `check`. The same export that lies there already is taken as it
is, so that an `up` that was interrupted after the commit makes no second one.
"""

from __future__ import annotations

from pulumi_neo4j_aura import bootstrap
from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.errors import NotFound
from pulumi_neo4j_aura.execution.exports import choice, making
from pulumi_neo4j_aura.execution.exports.making import Exported
from pulumi_neo4j_aura.execution.progress import Lines
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import export_choice, export_removal, vaults
from pulumi_neo4j_aura.resources.core.inputs import ExportInputs, normalised, validate
from pulumi_neo4j_aura.resources.core.results import Checked, Created, Diffed, Found, Gone
from pulumi_neo4j_aura.resources.core.values import (
    Properties,
    holds_unknown,
    without_nones,
)
from pulumi_neo4j_aura.vault.manifest import Manifest
from pulumi_neo4j_aura.vault.vault import Vault

INPUT_KEYS = frozenset(ExportInputs.model_fields)

#: A change of one of these is another export.
_REPLACING = ("instance_id", "snapshot_id", "target", "triggers", "method")

#: What reads live: the moment at which the first try began stands for the export.
KIND = "export-live"


def check(services: Services, olds: Properties, news: Properties) -> Checked:
    """Normalise and validate; for a new export also what it is of, and whether that is there."""
    kept: Properties = {key: olds[key] for key in ("owner", "chosen") if key in olds}
    values = {**news, **kept}
    inputs, failures = validate(ExportInputs, values)
    if inputs is None:
        return Checked(without_nones(values), failures)
    values = normalised(inputs, values)
    if olds or _pending(values):
        return Checked(values)
    chosen, failures = export_choice.settle(services, inputs)
    return Checked({**values, "chosen": chosen} if chosen else values, failures)


def _pending(values: Properties) -> bool:
    """Whether what decides the choice is made in the same `up`."""
    return any(holds_unknown(values.get(key)) for key in ("snapshot_id", "password"))


def diff(olds: Properties, news: Properties) -> Diffed:
    """Another instance, snapshot, target, method or trigger is another export."""
    return Diffed(tuple(key for key in _REPLACING if _differs(olds.get(key), news.get(key))))


def _differs(old: object, new: object) -> bool:
    return not holds_unknown(new) and (old or None) != (new or None)


def create(services: Services, values: Properties) -> Created:
    """Make the export, or take the same one that is there already."""
    inputs = ExportInputs.model_validate(values)
    chosen = inputs.chosen or {}
    vault = bootstrap.vault(inputs.target)
    vault_id = vault.id()
    snapshot_id = str(chosen.get("snapshot_id") or inputs.snapshot_id or choice.NEWEST)
    if chosen.get("method") == choice.LIVE:
        made = _live(services, inputs, vault)
    else:
        made = _export(services, inputs, vault, snapshot_id)
    if not made.made:
        # If it is the very one that a replaced resource is about to prune, it stays.
        services.taken_up.add(export_removal.mark(inputs.target, made.manifest.export_id))
        services.report(f"export {made.manifest.export_id} was there already")
    outputs = {**values, **_facts(made.manifest), "vault_id": vault_id}
    if made.gigabyte_hours is not None:
        outputs["clone_gigabyte_hours"] = round(made.gigabyte_hours, 2)
    return Created(made.manifest.export_id, without_nones(outputs))


def _export(
    services: Services, inputs: ExportInputs, vault: Vault, snapshot_id: str, occasion: str = ""
) -> Exported:
    patience = duration.parse(inputs.wait_timeout).total_seconds()
    request = export_choice.request(inputs, snapshot_id, occasion, patience)
    return making.export(services, request, vault, Lines(services.report, services.clock))


def _live(services: Services, inputs: ExportInputs, vault: Vault) -> Exported:
    """Read the running instance once, however often it takes to come to an end."""
    owner = inputs.owner or "unowned"
    facts = {"instance_id": inputs.instance_id, "vault": inputs.target}
    open_ones = services.journal.unfinished(KIND, owner, facts)
    entry = open_ones[-1] if open_ones else services.journal.begin(KIND, owner, facts)
    made = _export(services, inputs, vault, choice.NEWEST, occasion=entry.id)
    services.journal.finish(entry, made.manifest.export_id)
    return made


def read(_services: Services, export_id: str, state: Properties) -> Found | Gone:
    """See the manifest; the data itself is what `aura-backup verify` looks at.

    Raises:
        AuraError: whether it is there cannot be told, or its manifest is damaged.
    """
    vault = vaults.existing(str(state["target"]))
    manifest = _manifest(vault, export_id, state)
    if manifest is None:
        vaults.same_vault(vault, str(state.get("vault_id", "")))
        return Gone(export_id, (f"export {export_id} was pruned or lost",))
    inputs = {key: value for key, value in state.items() if key in INPUT_KEYS}
    return Found(export_id, {**state, **_facts(manifest)}, inputs)


def _manifest(vault: Vault, export_id: str, state: Properties) -> Manifest | None:
    try:
        return vault.read(str(state["manifest"]))
    except NotFound:
        # Another machine may have made the same one while the instance had another name.
        return vault.find(export_id, str(state["instance_id"]))


def update(services: Services, export_id: str, state: Properties, values: Properties) -> Properties:
    """Nothing that changes in place changes the copy."""
    if state.get("recipients", []) != values.get("recipients", []):
        services.warn(
            f"export {export_id} stays encrypted as it was made; other recipients hold for the "
            "next one (change a trigger to make one)"
        )
    kept = {key: value for key, value in state.items() if key not in INPUT_KEYS}
    return {**kept, **values}


def delete(services: Services, export_id: str, state: Properties) -> None:
    """Forget it; prune it only when that was asked for, and never the last good copy."""
    if state.get("retain", True):
        services.report(f"export {export_id} is forgotten by Pulumi and kept in {state['target']}")
        return
    export_removal.prune(services, export_id, state)


def _facts(made: Manifest) -> Properties:
    return {
        "export_id": made.export_id,
        "manifest": made.key,
        "counts": dict(made.counts),
        "fingerprint": dict(made.fingerprint),
        "moment": made.moment.isoformat(),
        "made_by": made.method,
        "consistent": made.consistent,
        "encrypted": made.encrypted,
        "stored_bytes": made.stored_bytes,
        "objects": len(made.parts),
    }
