"""`aura-backup verify`: whether exports are what their manifests say."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_neo4j_aura.cli import places
from pulumi_neo4j_aura.cli.frame import Ending, JsonOption, TargetOption, ending, show, size
from pulumi_neo4j_aura.domain.words import counted

if TYPE_CHECKING:
    from pulumi_neo4j_aura.execution.exports.verifying import Depth, Verdict
    from pulumi_neo4j_aura.vault.vault import Row, Vault


def run(
    target: TargetOption,
    export: Annotated[
        str, typer.Argument(help="An export's id, or its beginning; all if left out.")
    ] = "",
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Existence and sizes only.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Every digest; the default.")] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Every row, and the fingerprint anew; needs the key.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Verify exports. Exit code 0 sound, 1 damaged, 3 not everything could be looked at."""
    with ending(as_json=as_json):
        depth = _depth(quick=quick, full=full, deep=deep)
        vault = places.vault_at(target)
        vault.id()
        rows = _rows(vault, export)
        verdicts = _look(vault, rows, depth, as_json=as_json)
        broken = [row for row in rows if row.manifest is None]
        _print(verdicts, broken, as_json=as_json)
        raise typer.Exit(_code(verdicts, broken))


def _depth(*, quick: bool, full: bool, deep: bool) -> Depth:
    from pulumi_neo4j_aura.errors import Refused  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.execution.exports.verifying import Depth  # noqa: PLC0415

    if quick + full + deep > 1:
        raise Refused("Only one of --quick, --full and --deep.", way_out="Each includes the last.")
    return Depth.QUICK if quick else Depth.DEEP if deep else Depth.FULL


def _rows(vault: Vault, export: str) -> list[Row]:
    from pulumi_neo4j_aura.vault.vault import Row  # noqa: PLC0415 - not for `--help`

    if export:
        found = vault.get(export)
        return [Row(found.key, found)]
    return list(vault.exports())


def _look(vault: Vault, rows: list[Row], depth: Depth, *, as_json: bool) -> list[Verdict]:
    from pulumi_neo4j_aura.cli import bars  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.execution.exports import verifying  # noqa: PLC0415

    keys = places.identities()
    with bars.shown(as_json=as_json) as progress:
        return [
            verifying.verify(
                vault.store, row.manifest, depth, keys, progress, processes=_processes()
            )
            for row in rows
            if row.manifest is not None
        ]


def _processes() -> int:
    return os.cpu_count() or 1


def _code(verdicts: list[Verdict], broken: list[Row]) -> Ending:
    if broken or any(each.damaged for each in verdicts):
        return Ending.FAILED
    return Ending.DONE if all(each.sound for each in verdicts) else Ending.UNKNOWN


def _print(verdicts: list[Verdict], broken: list[Row], *, as_json: bool) -> None:
    if as_json:
        damaged = [{"manifest": row.key, "reason": row.problem} for row in broken]
        show({"exports": [_fields(each) for each in verdicts], "damaged_manifests": damaged})
        return
    for verdict in verdicts:
        word = "sound" if verdict.sound else "DAMAGED" if verdict.damaged else "unknown"
        amount = f"{counted(verdict.objects, 'object')}, {size(verdict.stored_bytes)}"
        typer.echo(f"{word:8}{verdict.export_id}  ({verdict.depth}, {amount})")
        for problem in verdict.problems:
            typer.echo(f"        {problem.key}: {problem.reason}")
    for row in broken:
        typer.echo(f"DAMAGED {row.key}: {row.problem}")
    if not verdicts and not broken:
        typer.echo("There is no export in this vault.")


def _fields(verdict: Verdict) -> dict[str, Any]:
    return {**asdict(verdict), "sound": verdict.sound, "damaged": verdict.damaged}
