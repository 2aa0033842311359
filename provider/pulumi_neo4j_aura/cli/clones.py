"""`aura-backup clones`: throwaway clones that exports left behind."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_neo4j_aura.cli.frame import Ending, JsonOption, ending, say, services, show

if TYPE_CHECKING:
    from pulumi_neo4j_aura.execution.clones import Leftover


def run(
    *,
    project: Annotated[str, typer.Option(help="Aura's project; AURA_PROJECT_ID if left out.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Delete them.")] = False,
    older_than: Annotated[
        str, typer.Option(help="With --remove: only those older than this, such as 6h.")
    ] = "6h",
    as_json: JsonOption = False,
) -> None:
    """List the clones that exist, and remove those that no export uses any more."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura.execution import clones  # noqa: PLC0415 - not for `--help`

        quiet = (lambda _line: None) if as_json else say
        here = services(quiet)
        found = clones.leftovers(here, _project(project or here.settings.project_id))
        kept: dict[str, str] = {}
        if remove:
            kept = clones.sweep_all(here, found, older_than=_span(older_than))
        _print(found, kept, removed=remove, as_json=as_json)
        raise typer.Exit(Ending.REFUSED if kept else Ending.DONE)


def _project(project: str) -> str:
    from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415 - not for `--help`

    if not project:
        raise Permanent("There is no project.", way_out="Give --project or set AURA_PROJECT_ID.")
    return project


def _span(text: str) -> timedelta:
    from pulumi_neo4j_aura.domain import duration  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415

    try:
        return timedelta() if text in {"0", "0s"} else duration.parse(text)
    except ValueError as error:
        raise Permanent(f"--older-than: {error}.") from error


def _print(
    found: tuple[Leftover, ...], kept: dict[str, str], *, removed: bool, as_json: bool
) -> None:
    if as_json:
        rows: list[dict[str, Any]] = [
            {**asdict(each), "removed": removed and each.id not in kept, "kept": kept.get(each.id)}
            for each in found
        ]
        show({"clones": rows})
        return
    for each in found:
        age = "age unknown" if each.age is None else f"{each.age.total_seconds() / 3600:.1f} h old"
        did = "" if not removed else "kept     " if each.id in kept else "removed  "
        typer.echo(f"{did}{each.id}  {each.name}  {age}")
        if each.id in kept:
            typer.echo(f"         {kept[each.id]}")
    if not found:
        typer.echo("There is no clone of an export in this project.")
