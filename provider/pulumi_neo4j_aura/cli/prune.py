"""`aura-backup prune`: what retention keeps and prunes, and why; with --yes it prunes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_neo4j_aura.cli import declared
from pulumi_neo4j_aura.cli.declared import PolicyOption, VaultOption
from pulumi_neo4j_aura.cli.frame import JsonOption, ending, show

if TYPE_CHECKING:
    from pulumi_neo4j_aura.planning.plan import Plan
    from pulumi_neo4j_aura.reconciler.passes import Applied


def run(
    *,
    policy: PolicyOption = [],  # noqa: B006 - typer wants a list
    target: VaultOption = "",
    at: Annotated[str, typer.Option(help="Show it as of this time (ISO 8601).")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Prune; else it is only shown.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show each export with the reasons to keep or to prune it."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura.cli.plan import moment  # noqa: PLC0415 - not for `--help`
        from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415

        if yes and at:
            raise Permanent("--yes prunes now, not at another time.", way_out="Leave --at out.")
        found = declared.policies(policy, target)
        reconciler = declared.reconciler(found, as_json=as_json)
        if not yes:
            _show(reconciler.plan(at=moment(at)), as_json=as_json)
            return
        _done(reconciler.apply(only=_is_prune), as_json=as_json)


def _is_prune(action: object) -> bool:
    from pulumi_neo4j_aura.planning.plan import PruneExport  # noqa: PLC0415 - not for `--help`

    return isinstance(action, PruneExport)


def _show(plan: Plan, *, as_json: bool) -> None:
    prunes = [each for each in plan.actions if _is_prune(each)]
    refused = [each for each in plan.refused if _is_prune(each.action)]
    if as_json:
        show(_fields(plan))
        return
    for kept in plan.kept:
        typer.echo(f"keep   {kept.export_id}: {'; '.join(kept.reasons)}")
    for each in prunes:
        typer.echo(f"prune  {each.key.rpartition(' ')[2]}: {each.reason}")
    for one in refused:
        name = one.action.key.rpartition(" ")[2]
        typer.echo(f"keep   {name}: would be pruned, but {one.reason} [{one.guard}]")
    if not plan.kept and not prunes and not refused:
        typer.echo("There is no export that these policies are about.")
    raise typer.Exit(_code(bool(prunes), bool(refused)))


def _fields(plan: Plan) -> dict[str, Any]:
    return {
        "keep": [{"export": each.export_id, "reasons": each.reasons} for each in plan.kept],
        "prune": [
            {"export": each.key.rpartition(" ")[2], "reason": each.reason}
            for each in plan.actions
            if _is_prune(each)
        ],
        "refused": [
            {
                "export": each.action.key.rpartition(" ")[2],
                "guard": each.guard,
                "reason": each.reason,
            }
            for each in plan.refused
            if _is_prune(each.action)
        ],
    }


def _done(applied: Applied, *, as_json: bool) -> None:
    from pulumi_neo4j_aura.execution.actions.outcome import Failed, told  # noqa: PLC0415

    if as_json:
        ended = [{"action": e.action.key, "message": told(e.outcome)} for e in applied.ended]
        show({**_fields(applied.plan), "ended": ended})
    else:
        for each in applied.ended:
            typer.echo(told(each.outcome))
        if not applied.ended:
            typer.echo("Nothing was pruned.")
    failed = any(isinstance(each.outcome, Failed) for each in applied.ended)
    raise typer.Exit(1 if failed else 0)


def _code(prunes: bool, refused: bool) -> int:
    word = "refused" if refused else "changes" if prunes else "done"
    return declared.ending_of(word)
