"""Exports, vaults and states for tests of retention and guards, and decisions as text."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta

from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.domain.observed import (
    ObservedExport,
    ObservedInstance,
    ObservedProject,
    ObservedState,
    ObservedVault,
)
from pulumi_neo4j_aura.domain.policy import Policy, Retention, Selector
from pulumi_neo4j_aura.planning.plan import PruneExport

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
PUBLISHED = NOW - timedelta(days=400)
TARGET = "file:///backups"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(text: str) -> datetime:
    """A UTC time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def an_export(export_id: str, moment: datetime | None, **other) -> ObservedExport:
    """A good export of `orders`, whose key follows from its id."""
    instance = other.pop("instance_id", "abc1")
    return ObservedExport(
        export_id=export_id,
        key=other.pop("key", f"exports/{instance}-orders/{export_id}/manifest.json"),
        instance_id=instance,
        instance_name=other.pop("instance_name", "orders"),
        moment=moment,
        **other,
    )


def every(span: timedelta, count: int, newest: datetime = NOW, name: str = "e", **other):
    """`count` exports, one each `span`, newest first; the newest is e00."""
    return [
        an_export(f"{name}{number:02}", newest - number * span, **other) for number in range(count)
    ]


def a_policy(name: str = "production", **other) -> Policy:
    """A policy for all of project `p1`, with budgets that do not matter."""
    return Policy(
        name=name,
        instances=other.pop("instances", Selector(project="p1")),
        target=other.pop("target", TARGET),
        **other,
    )


def an_instance(instance_id: str = "abc1", **other) -> ObservedInstance:
    """An instance of project `p1` that was seen."""
    return ObservedInstance(instance_id, other.pop("name", "orders"), "p1", **other)


def a_vault(exports, **other) -> ObservedVault:
    """A vault that has known the policies `production` and `staging` for long."""
    known = {"production": PUBLISHED, "staging": PUBLISHED}
    return ObservedVault(TARGET, exports=tuple(exports), since=other.pop("since", known), **other)


def a_state(exports=(), *, instances=None, vault=None, **other) -> ObservedState:
    """One project, its instances and one vault, all of it seen."""
    return ObservedState(
        at=NOW,
        projects=other.pop("projects", (ObservedProject("p1"),)),
        instances=(an_instance(),) if instances is None else tuple(instances),
        vaults=(vault or a_vault(exports),),
        **other,
    )


def a_prune(export: ObservedExport, policy: str = "production", **other) -> PruneExport:
    """The action that prunes this export."""
    return PruneExport(
        policy=policy,
        instance_id=export.instance_id,
        instance_name=export.instance_name,
        target=other.pop("target", TARGET),
        export_id=export.export_id,
        manifest_key=other.pop("manifest_key", export.key),
        reason="no rule keeps it",
    )


def pruned(decided) -> list[str]:
    """Ids of what may be pruned, oldest first."""
    return [each.export.export_id for each in decided.prune]


def reasons(decided) -> dict[str, tuple[str, ...]]:
    """Why each kept export is kept."""
    return {each.export_id: each.reasons for each in decided.kept}


def as_text(title: str, retention: Retention, exports, decided) -> str:
    """A decision as a page to read: rules, then every export, newest first, with its reasons."""
    why = {each.export_id: ("keep ", "; ".join(each.reasons)) for each in decided.kept}
    why |= {each.export.export_id: ("PRUNE", each.reason) for each in decided.prune}
    lines = [title, "", f"retention: {_rules(retention)}", f"now:       {NOW.isoformat()}", ""]
    oldest = datetime.min.replace(tzinfo=UTC)
    for export in sorted(
        exports, key=lambda each: (each.moment or oldest, each.export_id), reverse=True
    ):
        verdict, reason = why[export.export_id]
        when = export.moment.isoformat() if export.moment else "no time"
        lines.append(f"{verdict} {export.export_id:8} {when:26}{_marks(export):18} {reason}")
    kept, gone = len(decided.kept), len(decided.prune)
    return "\n".join([*lines, "", f"{kept} kept, {gone} to prune", ""])


def _rules(retention: Retention) -> str:
    def show(value) -> str:
        return duration.show(value.total_seconds()) if isinstance(value, timedelta) else str(value)

    given = [
        f"{each.name}={show(value)}"
        for each in fields(retention)
        if (value := getattr(retention, each.name)) is not None and each.name != "floor"
    ]
    floor = retention.floor
    return ", ".join([*given, f"floor={floor.count}", f"proven={floor.proven}"])


def _marks(export: ObservedExport) -> str:
    marks = {
        "live": not export.consistent,
        "proven": export.proven_at is not None,
        "damaged": not export.good,
        "foreign": not export.ours,
    }
    return " ".join(name for name, given in marks.items() if given)
