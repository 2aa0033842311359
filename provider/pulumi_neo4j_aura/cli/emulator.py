"""`aura-backup emulator`: the same as `python -m aura_emulator`."""

from __future__ import annotations

import importlib

import typer


def run(context: typer.Context) -> None:
    """Hand everything to the emulator's own command line."""
    try:
        command = importlib.import_module("aura_emulator.cli")
    except ModuleNotFoundError as error:
        typer.echo(
            f"The emulator needs {error.name}, which is not installed. "
            "Run: pip install 'pulumi-neo4j-aura[emulator]'",
            err=True,
        )
        raise typer.Exit(1) from error
    raise typer.Exit(command.main(context.args))
