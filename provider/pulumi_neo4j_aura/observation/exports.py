"""What lies in a vault, as the planner sees it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.aura.client import DISTRIBUTION
from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.domain.observed import (
    MissingExport,
    ObservedExport,
    ObservedVault,
    Sight,
)
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
        return _observed(vault, EffectJournal(vault, clock), url, clock.now())
    except AuraError as error:
        return ObservedVault(url, Sight.UNKNOWN, str(error))


def _observed(vault: Vault, journal: EffectJournal, url: str, now: datetime) -> ObservedVault:
    history = journal.read()
    vault.id()  # a place that is no vault says so, instead of having nothing
    rows, sizes = vault.exports(), vault.sizes()
    exports = tuple(_export(row, sizes) for row in rows)
    there = {each.export_id for each in exports}
    return ObservedVault(
        url,
        exports=exports,
        holds=holds.current(vault),
        slots=history.pasts(),
        since={each.name: each.since for each in policies.current(vault)},
        deletes=history.deletes_since(now - DAY, there),
        restore_seconds=history.restore_seconds(),
        recreated=history.recreated(),
        under_way=frozenset(intent.key for intent in history.unfinished),
        missing=_by_instance(missing(journal, history, there)),
    )


def missing(
    journal: EffectJournal, history: History, there: Container[str]
) -> tuple[MissingExport, ...]:
    """What was made, was not pruned, and is not there.

    Args:
        journal: is read once more where something is: a prune may have begun meanwhile.
        history: what the journal said before it was seen what is there.
        there: ids of the exports that exist.
    """
    found = history.missing(there)
    if not found:
        return ()
    still = {each.export_id for each in journal.read().missing(there)}
    return tuple(each for each in found if each.export_id in still)


def _by_instance(found: Iterable[MissingExport]) -> dict[str, tuple[MissingExport, ...]]:
    sorted_by: dict[str, list[MissingExport]] = {}
    for each in found:
        sorted_by.setdefault(each.instance_id, []).append(each)
    return {instance: tuple(several) for instance, several in sorted_by.items()}


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
    return ObservedExport(
        export_id=row.export_id,
        key=row.key,
        instance_id=layout.id_at(row.key).partition("-")[0],
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
