"""An export as the source of an instance: chosen once, and seen to be usable before a create."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pulumi_neo4j_aura import bootstrap
from pulumi_neo4j_aura.errors import AuraError, BadCredentials, Permanent, Transient
from pulumi_neo4j_aura.execution.exports import contents, importing
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import vaults
from pulumi_neo4j_aura.resources.core.inputs import InstanceInputs, Source
from pulumi_neo4j_aura.resources.core.results import Failure, Resolved
from pulumi_neo4j_aura.resources.core.values import Properties
from pulumi_neo4j_aura.vault import layout
from pulumi_neo4j_aura.vault.manifest import FILE, Manifest
from pulumi_neo4j_aura.vault.vault import Row, Vault

#: How many passed-over exports the provenance names; the rest is counted.
_NAMED_SKIPPED = 10

_NO_KEY = (
    "is encrypted, and there is no key to read it. Set AURA_BACKUP_AGE_IDENTITY_FILE to the file "
    "with the age identity of one of its recipients"
)


@dataclass(frozen=True, slots=True)
class _Chosen:
    manifest: Manifest
    how: str
    skipped: tuple[Properties, ...] = ()


def resolve(services: Services, inputs: InstanceInputs, source: Source) -> Resolved:
    """Look the export up, choose the newest where none is named, and say why it does not do.

    Raises:
        Transient: the vault cannot be seen now.
    """
    try:
        vault = vaults.existing(source.target or "")
        chosen = _chosen(services, vault, source)
        if isinstance(chosen, str):
            return _failed(chosen)
        problem = _unfit(services, vault, chosen.manifest, inputs.type)
    except Transient:
        raise
    except AuraError as error:
        return _failed(str(error))
    return _failed(problem) if problem else Resolved(_provenance(source, chosen))


def _failed(reason: str) -> Resolved:
    return Resolved({}, (Failure("source", reason),))


def _chosen(services: Services, vault: Vault, source: Source) -> _Chosen | str:
    now = services.clock.now()
    if not source.export_id:
        return _newest(vault, source, now)
    found = vault.get(source.export_id)
    problem = _objection(vault, found, now)
    return f"export {found.export_id} {problem}" if problem else _Chosen(found, "explicit")


def _newest(vault: Vault, source: Source, now: datetime) -> _Chosen | str:
    vault.id()  # a place that is no vault says so, instead of having nothing
    rows = [row for row in vault.exports() if _of_instance(row, source.instance_id)]
    # A manifest that cannot be read has no time; its folder's name has.
    rows.sort(key=lambda row: row.key.split("/")[2], reverse=True)
    skipped: list[Properties] = []
    for row in rows:
        reason = _objection(vault, row.manifest, now) if row.manifest else row.problem
        if row.manifest is not None and reason is None:
            return _Chosen(row.manifest, "newest", tuple(skipped))
        skipped.append({"export": layout.id_at(row.key) or row.key, "reason": reason})
    return _none_found(source, skipped)


def _of_instance(row: Row, instance_id: str) -> bool:
    if row.manifest is not None:
        return row.manifest.instance.id == instance_id
    return bool(layout.id_at(row.key)) and layout.of_instance(row.key.split("/")[1], instance_id)


def _none_found(source: Source, skipped: list[Properties]) -> str:
    named = [f"{each['export']} {each['reason']}" for each in skipped[:_NAMED_SKIPPED]]
    seen = "; ".join(named) if named else "there is none of this instance"
    return (
        f"the vault {source.target} has no usable export of instance {source.instance_id} "
        f"({seen}). Make one with an Export resource or `aura-backup export`"
    )


def _objection(vault: Vault, manifest: Manifest, now: datetime) -> str | None:
    """Why this export does not do, or None. One listing; the digests are looked at later."""
    if manifest.method == FILE:
        return "is an adopted file, which cannot be written over Bolt"
    if manifest.moment > now:
        return "lies in the future"
    sizes = {each.key: each.size for each in vault.store.list(manifest.folder)}
    for part in manifest.parts:
        if part.key not in sizes:
            return f"is damaged: {part.key} is missing"
        if sizes[part.key] != part.stored_bytes:
            return f"is damaged: {part.key} has {sizes[part.key]} bytes, not {part.stored_bytes}"
    return None


def _unfit(services: Services, vault: Vault, manifest: Manifest, kind: str) -> str | None:
    """Why this export cannot become this instance."""
    checks: tuple[Callable[[], str | None], ...] = (
        lambda: importing.objection(manifest, kind),
        lambda: _locked(services, vault, manifest),
    )
    return next((reason for check in checks if (reason := check())), None)


def _locked(services: Services, vault: Vault, manifest: Manifest) -> str | None:
    """Whether the keys of this machine open it; tried on the small object with the schema."""
    if not manifest.encrypted:
        return None
    identities = bootstrap.identities(services.settings)
    if not identities:
        return f"export {manifest.export_id} {_NO_KEY}"
    for part in manifest.of_kind("schema"):
        try:
            next(contents.rows_of(vault.store, manifest, part, identities), None)
        except BadCredentials as error:
            return str(error)
        except Permanent as error:
            return f"export {manifest.export_id} is damaged: {error}"
    return None


def _provenance(source: Source, chosen: _Chosen) -> Properties:
    found = chosen.manifest
    facts: Properties = {
        "kind": "export",
        "target": source.target,
        "export_id": found.export_id,
        "chosen": chosen.how,
        "instance_id": found.instance.id,
        "moment": found.moment.isoformat(),
        "counts": dict(found.counts),
        "consistent": found.consistent,
        "encrypted": found.encrypted,
    }
    if found.snapshot is not None:
        facts["snapshot_id"] = found.snapshot.id
    if chosen.skipped:
        facts["skipped"] = list(chosen.skipped[:_NAMED_SKIPPED])
        facts["skipped_count"] = len(chosen.skipped)
    return facts
