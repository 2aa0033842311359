"""`aura-backup apply`: do what the policies ask for now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_neo4j_aura.cli import declared
from pulumi_neo4j_aura.cli.declared import PolicyOption, VaultOption
from pulumi_neo4j_aura.cli.frame import JsonOption, ending, say, show
from pulumi_neo4j_aura.cli.plan import FORMAT

if TYPE_CHECKING:
    from pulumi_neo4j_aura.domain.policy import Policy
    from pulumi_neo4j_aura.planning.plan import Plan
    from pulumi_neo4j_aura.reconciler.passes import Applied


def run(
    plan: Annotated[
        Path | None, typer.Argument(help="A plan of `plan --out` that somebody has approved of.")
    ] = None,
    *,
    policy: PolicyOption = [],  # noqa: B006 - typer wants a list
    target: VaultOption = "",
    claim: Annotated[
        bool, typer.Option("--claim", help="Make a target a vault, if it is none yet.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Reconcile once. Running it again goes on where it stopped; nothing is done twice."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura import bootstrap, settings  # noqa: PLC0415 - not for `--help`
        from pulumi_neo4j_aura.reconciler import endings  # noqa: PLC0415

        found, approved, read = _what(plan, policy, target)
        if not target:  # what is published there is where these come from
            bootstrap.publish(settings.load(), found, say, claim=claim)
        reconciler = declared.reconciler(found, as_json=as_json)
        applied = reconciler.apply(approved=approved, read=read)
        _print(applied, as_json=as_json)
        raise typer.Exit(declared.ending_of(endings.of_pass(applied, found)))


def _what(
    plan: Path | None, policy: list[Path], target: str
) -> tuple[tuple[Policy, ...], str, Plan | None]:
    from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415 - not for `--help`

    if plan is None:
        return declared.policies(policy, target), "", None
    if policy or target:
        raise Permanent(
            "An approved plan names its own policies.", way_out="Leave --policy and --target out."
        )
    return _approved(plan)


def _approved(file: Path) -> tuple[tuple[Policy, ...], str, Plan]:
    from pulumi_neo4j_aura import policy_document  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415
    from pulumi_neo4j_aura.reporting import plan_reading  # noqa: PLC0415

    try:
        content = json.loads(file.read_text())
        found, documents = content["format"], content["policies"]
        checksum, plan = str(content["checksum"]), content["plan"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Permanent(
            f"{file} is no plan that can be applied ({error}).",
            way_out="Make one with `aura-backup plan --out FILE`.",
        ) from error
    if found != FORMAT:
        raise Permanent(
            f"{file} has the format {found}; this version reads {FORMAT}.",
            way_out="Make the plan anew with this version.",
        )
    policies = tuple(policy_document.parse(each, str(file)) for each in documents)
    return policies, checksum, plan_reading.from_json(plan)


def _print(applied: Applied, *, as_json: bool) -> None:
    from pulumi_neo4j_aura.execution.actions.outcome import told  # noqa: PLC0415 - not for help
    from pulumi_neo4j_aura.reporting import plans  # noqa: PLC0415

    if as_json:
        ended = [_fields(each.action.key, each.outcome) for each in applied.ended]
        show(
            {
                "ended": ended,
                "planned": plans.to_json(applied.plan),
                "left": plans.to_json(applied.left),
            }
        )
        return
    for each in applied.ended:
        word = type(each.outcome).__name__.lower()
        typer.echo(f"{word:9}{each.action.instance_name}: {told(each.outcome)}")
    after = applied.left
    for refused in after.refused:
        typer.echo(f"refused  {refused.action.key}: {refused.reason} [{refused.guard}]")
    for finding in after.findings:
        name = finding.instance_name or finding.policy
        typer.echo(f"{finding.severity.value:9}{name}: {finding.message} [{finding.code}]")
    if not applied.ended and not after.findings and not after.refused:
        typer.echo("Everything is as the policies ask.")


def _fields(key: str, outcome: Any) -> dict[str, Any]:
    from pulumi_neo4j_aura.execution.actions.outcome import told  # noqa: PLC0415 - not for help

    return {"action": key, "outcome": type(outcome).__name__.lower(), "message": told(outcome)}
