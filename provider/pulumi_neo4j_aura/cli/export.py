"""`aura-backup export`: one copy of a snapshot, or of a running instance, into a vault."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_neo4j_aura.cli import places
from pulumi_neo4j_aura.cli.frame import JsonOption, TargetOption, ending, say, services, show, size
from pulumi_neo4j_aura.cli.places import RecipientOption
from pulumi_neo4j_aura.domain.words import counted

if TYPE_CHECKING:
    from pulumi_neo4j_aura.execution.exports.making import Exported


def run(
    instance: Annotated[str, typer.Argument(help="Aura's id of the instance.")],
    target: TargetOption,
    *,
    snapshot: Annotated[
        str, typer.Option(help="A snapshot's id, 'newest', or 'take' to take one now.")
    ] = "newest",
    method: Annotated[
        str,
        typer.Option(
            help="'clone': an exact moment, for the price of a throwaway instance. 'live': reads "
            "the running one. 'auto': clone where Aura allows it."
        ),
    ] = "auto",
    recipient: RecipientOption = [],  # noqa: B006 - typer wants a list
    clone_memory: Annotated[
        str | None, typer.Option(help="Size of the clone, such as 8GB; the instance's if left out.")
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(
            help=f"File with the instance's password, for 'live'; else {places.PASSWORD_VARIABLE}."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Export an instance into a vault. The same export twice is one export."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura.cli import bars  # noqa: PLC0415 - not for `--help`
        from pulumi_neo4j_aura.execution.exports import choice, making  # noqa: PLC0415

        password = places.password(password_file)
        request = choice.Request(
            instance_id=instance,
            snapshot_id=snapshot,
            method=choice.checked_method(method),
            recipients=tuple(recipient),
            clone_memory=clone_memory,
            passwords=(password,) if password else (),
        )
        quiet = (lambda _line: None) if as_json else say
        with bars.shown(as_json=as_json) as progress:
            made = making.export(services(quiet), request, places.claimed(target), progress)
        show(_summary(made, target)) if as_json else _tell(made, target)


def _summary(made: Exported, target: str) -> dict[str, Any]:
    found = made.manifest
    return {
        "export_id": found.export_id,
        "made": made.made,
        "target": target,
        "manifest": found.key,
        "method": found.method,
        "consistent": found.consistent,
        "reason": made.choice.reason,
        "snapshot": found.snapshot.id if found.snapshot else None,
        "moment": found.moment.isoformat(),
        "counts": dict(found.counts),
        "objects": len(found.parts) + 1,
        "stored_bytes": found.stored_bytes,
        "encrypted": found.encrypted,
        "fingerprint": dict(found.fingerprint),
        "seconds": round(made.seconds, 1),
        "clone_gigabyte_hours": made.gigabyte_hours,
    }


def _tell(made: Exported, target: str) -> None:
    found = made.manifest
    did = "exported" if made.made else "was exported already:"
    typer.echo(f"{found.instance.name} ({found.instance.id}) {did} {found.export_id}")
    typer.echo(f"  of {found.moment.isoformat()}, method {found.method}: {made.choice.reason}")
    counts = found.counts
    typer.echo(
        f"  {counts.get('nodes', 0):,} nodes, {counts.get('relationships', 0):,} relationships, "
        f"{size(found.stored_bytes)} in {counted(len(found.parts), 'object')}"
        f"{', encrypted' if found.encrypted else ''}"
    )
    typer.echo(f"  {target.rstrip('/')}/{found.key}")
    if made.gigabyte_hours is not None:
        typer.echo(f"  the clone was billed for about {made.gigabyte_hours:.2f} GB-hours")
