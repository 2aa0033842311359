"""`aura-backup import`: an export into an empty instance, proven by its fingerprint."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pulumi_neo4j_aura.cli import places
from pulumi_neo4j_aura.cli.frame import JsonOption, TargetOption, ending, say, services, show


def run(
    export: Annotated[str, typer.Argument(help="An export's id, or its beginning.")],
    target: TargetOption,
    into: Annotated[str, typer.Option("--into", help="Aura's id of the instance to write into.")],
    *,
    password_file: Annotated[
        Path | None,
        typer.Option(help=f"File with its password; else {places.PASSWORD_VARIABLE}."),
    ] = None,
    allow_existing: Annotated[
        bool,
        typer.Option("--allow-existing", help="Write beside data that is there; not provable."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write an export into an empty instance. Killed and run again, it goes on."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura.cli import bars  # noqa: PLC0415 - not for `--help`
        from pulumi_neo4j_aura.execution.exports import filling  # noqa: PLC0415

        quiet = (lambda _line: None) if as_json else say
        request = filling.Request(
            instance_id=into,
            export_id=export,
            passwords=(places.password(password_file),),
            allow_existing=allow_existing,
        )
        with bars.shown(as_json=as_json) as progress:
            vault = places.vault_at(target)
            done = filling.fill(services(quiet), request, vault, places.identities(), progress)
        if as_json:
            show({"instance_id": into, "export": export, **asdict(done)})
            return
        proof = "its fingerprint is the export's" if done.proven else f"not proven: {done.remark}"
        typer.echo(
            f"instance {into} holds {done.nodes:,} nodes and {done.relationships:,} "
            f"relationships of the export; {proof}"
        )
