"""What lies in a vault, as the planner sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.aura.client import DISTRIBUTION
from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.domain.observed import ObservedExport, ObservedVault, Sight
from pulumi_neo4j_aura.errors import AuraError
from pulumi_neo4j_aura.vault import holds, layout, policies
from pulumi_neo4j_aura.vault.effects import EffectJournal
from pulumi_neo4j_aura.vault.history import History
from pulumi_neo4j_aura.vault.manifest import FILE, Manifest
from pulumi_neo4j_aura.vault.vault import Row, Vault

#: How far back deletions count against the budget of a day.
DAY: Final = timedelta(days=1)


def observe(vault: Vault, clock: Clock, url: str) -> ObservedVault:
    """One vault; UNKNOWN with the reason when any of it could not be seen."""
    try:
        return _observed(vault, EffectJournal(vault, clock).read(), url, clock.now())
    except AuraError as error:
        return ObservedVault(url, Sight.UNKNOWN, str(error))


def _observed(vault: Vault, history: History, url: str, now: datetime) -> ObservedVault:
    vault.id()  # a place that is no vault says so, instead of having nothing
    rows, sizes = vault.exports(), vault.sizes()
    exports = tuple(_export(row, sizes) for row in rows)
    return ObservedVault(
        url,
        exports=exports,
        holds=holds.current(vault),
        slots=history.pasts(),
        since={each.name: each.since for each in policies.current(vault)},
        deletes=history.deletes_since(now - DAY, {each.export_id for each in exports}),
        restore_seconds=history.restore_seconds(),
        recreated=history.recreated(),
        under_way=frozenset(intent.key for intent in history.unfinished),
    )


def _export(row: Row, sizes: Mapping[str, int]) -> ObservedExport:
    if row.manifest is None:
        return _unreadable(row)
    made = row.manifest
    problem = next(_problems(made, sizes), "")
    return ObservedExport(
        export_id=made.export_id,
        key=made.key,
        instance_id=made.instance.id,
        instance_name=made.instance.name,
        moment=made.moment,
        method=made.method,
        snapshot_id=made.snapshot.id if made.snapshot else "",
        completed_at=datetime.fromisoformat(made.completed_at),
        consistent=made.consistent,
        good=not problem,
        problem=problem,
        ours=made.method == FILE or made.tool.startswith(DISTRIBUTION),
        stored_bytes=made.stored_bytes,
        nodes=int(made.counts.get("nodes", 0)),
        relationships=int(made.counts.get("relationships", 0)),
        project_id=made.instance.project_id,
        type=made.instance.type,
    )


def _unreadable(row: Row) -> ObservedExport:
    """A manifest that does not read: its key still says which instance it is of."""
    export_id = layout.id_at(row.key)
    return ObservedExport(
        export_id=export_id or row.key,
        key=row.key,
        instance_id=export_id.partition("-")[0],
        instance_name="",
        moment=None,
        good=False,
        problem=row.problem,
        ours=False,
    )


def _problems(made: Manifest, sizes: Mapping[str, int]) -> Iterator[str]:
    for part in made.parts:
        size = sizes.get(part.key)
        if size is None:
            yield f"{part.key} is missing"
        elif size != part.stored_bytes:
            yield f"{part.key} has {size} bytes instead of {part.stored_bytes}"
