"""`aura-backup plan`: what would be done now, and why. Nothing is done."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_neo4j_aura.cli import declared
from pulumi_neo4j_aura.cli.declared import PolicyOption, VaultOption
from pulumi_neo4j_aura.cli.frame import JsonOption, ending, say, show

if TYPE_CHECKING:
    from pulumi_neo4j_aura.domain.policy import Policy
    from pulumi_neo4j_aura.planning.plan import Plan


def run(
    *,
    policy: PolicyOption = [],  # noqa: B006 - typer wants a list
    target: VaultOption = "",
    at: Annotated[
        str, typer.Option(help="As of this time (ISO 8601) in the world as it is now.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write the plan here, for `aura-backup apply FILE`.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="For a pull request.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ask Aura for every day that was not seen to its end.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what the policies ask for now. Exit code 0 nothing, 2 changes or findings, 3 unknown."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura.reconciler import endings  # noqa: PLC0415 - not for `--help`

        found = declared.policies(policy, target)
        made = declared.reconciler(found, as_json=as_json).plan(at=moment(at), fresh=fresh)
        if out is not None:
            _write(out, made, found)
        _print(made, as_json=as_json, markdown=markdown)
        raise typer.Exit(declared.ending_of(endings.of_plan(made, found)))


def moment(text: str) -> datetime | None:
    """A time as it was written; without a zone it is UTC.

    Raises:
        Permanent: it is no time.
    """
    from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415 - not for `--help`

    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Permanent(
            f"--at: {text!r} is no time.", way_out="Write for example 2026-12-24T06:00:00+01:00."
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _print(made: Plan, *, as_json: bool, markdown: bool) -> None:
    from pulumi_neo4j_aura.cli.frame import console  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.reporting import plans  # noqa: PLC0415

    if as_json:
        show(plans.to_json(made))
    elif markdown:
        typer.echo(plans.markdown(made))
    else:
        console().print(plans.table(made))


def _write(out: Path, made: Plan, policies: tuple[Policy, ...]) -> None:
    from pulumi_neo4j_aura import policy_document  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415
    from pulumi_neo4j_aura.planning import checksum  # noqa: PLC0415
    from pulumi_neo4j_aura.reporting import plans  # noqa: PLC0415

    body: dict[str, Any] = {
        "format": FORMAT,
        "checksum": checksum.of(made),
        "policies": [policy_document.to_document(each) for each in policies],
        "plan": plans.to_json(made),
    }
    try:
        out.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise Permanent(
            f"The plan cannot be written to {out} ({error.strerror}).", way_out="Correct --out."
        ) from error
    say(f"wrote the plan {body['checksum']}; `aura-backup apply {out}` applies exactly this")


FORMAT = "aura-backup/plan/1"
