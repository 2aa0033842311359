"""`aura-backup status`: how each protected instance stands, at a glance."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from pulumi_neo4j_aura.cli import declared
from pulumi_neo4j_aura.cli.declared import PolicyOption, VaultOption
from pulumi_neo4j_aura.cli.frame import JsonOption, console, ending, show

if TYPE_CHECKING:
    from rich.table import Table

    from pulumi_neo4j_aura.planning.plan import Finding, InstanceStatus, Plan


def run(
    *,
    policy: PolicyOption = [],  # noqa: B006 - typer wants a list
    target: VaultOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show the newest copies, their age against the RPO, what is due next, and findings."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura.reconciler import endings  # noqa: PLC0415 - not for `--help`

        found = declared.policies(policy, target)
        plan = declared.reconciler(found, as_json=as_json).plan()
        if as_json:
            show(_fields(plan))
        else:
            _tell(plan)
        raise typer.Exit(declared.ending_of(endings.of_plan(plan, found)))


def _fields(plan: Plan) -> dict[str, Any]:
    from pulumi_neo4j_aura.reporting import plans  # noqa: PLC0415 - not for `--help`

    whole = plans.to_json(plan)
    return {key: whole[key] for key in ("at", "statuses", "findings", "next_due")}


def _tell(plan: Plan) -> None:
    if plan.statuses:
        console().print(_table(plan))
    for finding in plan.findings:
        console().print(_line(finding), soft_wrap=True)
    due = len(plan.actions)
    if due:
        typer.echo(f"{due} {'action is' if due == 1 else 'actions are'} due: `aura-backup plan`")
    elif not plan.findings:
        typer.echo("Everything is as the policies ask.")


def _table(plan: Plan) -> Table:
    from rich import box  # noqa: PLC0415 - not for `--help`
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    titles = ("policy", "instance", "newest copy", "newest export", "RPO used", "next due", "state")
    for title in titles:
        table.add_column(title, no_wrap=title in {"policy", "instance"})
    for status in plan.statuses:
        table.add_row(*_cells(status, plan.at, {each.code for each in _of(plan, status)}))
    return table


def _of(plan: Plan, status: InstanceStatus) -> list[Finding]:
    """Its own findings, and what could not be seen for its whole policy: never shown as good."""
    return [
        each
        for each in plan.findings
        if (each.instance_id == status.instance_id and each.severity.value != "info")
        or (
            not each.instance_id
            and each.policy == status.policy
            and each.severity.value == "unknown"
        )
    ]


def _cells(status: InstanceStatus, now: datetime, codes: set[str]) -> tuple[str, ...]:
    from rich.markup import escape  # noqa: PLC0415 - not for `--help`

    used = "" if status.rpo_used is None else f"{status.rpo_used:.0%}"
    return (
        escape(status.policy),
        escape(status.instance_name or status.instance_id),
        _age(status.newest_copy, now),
        _age(status.newest_export, now),
        used,
        _time_left(status.next_due, now),
        f"[red]{', '.join(sorted(codes))}[/]" if codes else "[green]good[/]",
    )


def _age(moment: datetime | None, now: datetime) -> str:
    return "none" if moment is None else f"{_span(now - moment)} old"


def _time_left(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return ""
    return "now" if moment <= now else f"in {_span(moment - now)}"


def _span(span: timedelta) -> str:
    from pulumi_neo4j_aura.domain import duration  # noqa: PLC0415 - not for `--help`

    return duration.show(max(span.total_seconds(), 0))


_COLOURS = {"critical": "bold red", "warning": "yellow", "unknown": "magenta", "info": "cyan"}


def _line(finding: Finding) -> str:
    from rich.markup import escape  # noqa: PLC0415 - not for `--help`

    colour = _COLOURS[finding.severity.value]
    name = finding.instance_name or finding.instance_id or finding.policy
    text = escape(f"{name}: {finding.message} {finding.way_out}".rstrip())
    return f"[{colour}]{finding.severity.value}[/] {text} [dim]{escape(f'[{finding.code}]')}[/]"
