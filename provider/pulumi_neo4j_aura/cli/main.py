"""`aura-backup`: the commands and what is common to them. Heavy imports stay in the commands."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated

import typer

from pulumi_neo4j_aura.cli import (
    adopt,
    apply,
    cat,
    clones,
    doctor,
    emulator,
    export,
    forget,
    hold,
    importing,
    listing,
    plan,
    prune,
    status,
    verify,
    watch,
)

app = typer.Typer(
    name="aura-backup",
    help="Neo4j Aura backups as code.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aura-backup {metadata.version('pulumi-neo4j-aura')}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Neo4j Aura backups as code."""


for _command, _run in (
    ("doctor", doctor.run),
    ("plan", plan.run),
    ("apply", apply.run),
    ("watch", watch.run),
    ("status", status.run),
    ("prune", prune.run),
    ("forget", forget.run),
    ("export", export.run),
    ("verify", verify.run),
    ("ls", listing.run),
    ("show", listing.show_one),
    ("cat", cat.run),
    ("import", importing.run),
    ("adopt", adopt.run),
    ("clones", clones.run),
):
    app.command(_command)(_run)

app.add_typer(hold.app, name="hold")

app.command(
    "emulator",
    help="Run a local Aura (all options: aura-backup emulator --help).",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)(emulator.run)
