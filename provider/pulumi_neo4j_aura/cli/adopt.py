"""`aura-backup adopt`: a file that was downloaded from the Aura Console, into the vault."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pulumi_neo4j_aura.cli import places
from pulumi_neo4j_aura.cli.frame import JsonOption, TargetOption, ending, show
from pulumi_neo4j_aura.cli.places import RecipientOption


def run(
    file: Annotated[Path, typer.Argument(help="A .dump, .backup or .tar of Neo4j.")],
    target: TargetOption,
    instance: Annotated[str, typer.Option(help="Aura's id of the instance it is of.")],
    *,
    name: Annotated[str, typer.Option(help="The instance's name, for people.")] = "",
    taken_at: Annotated[
        datetime | None,
        typer.Option(help="When the data was like this (UTC); the file's own time if left out."),
    ] = None,
    recipient: RecipientOption = [],  # noqa: B006 - typer wants a list
    as_json: JsonOption = False,
) -> None:
    """Take a downloaded file into a vault: recognised, hashed, encrypted, listed."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura.bootstrap import SystemClock  # noqa: PLC0415 - not for `--help`
        from pulumi_neo4j_aura.cli import bars  # noqa: PLC0415
        from pulumi_neo4j_aura.execution.exports import adopting  # noqa: PLC0415

        request = adopting.FileRequest(
            path=file,
            instance_id=instance,
            instance_name=name,
            taken_at=None if taken_at is None else adopting.in_utc(taken_at),
            recipients=tuple(recipient),
        )
        with bars.shown(as_json=as_json) as progress:
            vault = places.claimed(target)
            made = adopting.adopt_file(request, vault, SystemClock(), progress)
        if as_json:
            show({"export_id": made.export_id, "manifest": made.key, "tool": made.tool})
        else:
            typer.echo(f"adopted {file.name} as {made.export_id}")
            typer.echo(f"  {target.rstrip('/')}/{made.parts[0].key}")
