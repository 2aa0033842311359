"""`aura-backup ls` and `show`: what lies in a vault."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_neo4j_aura.cli import places
from pulumi_neo4j_aura.cli.frame import JsonOption, TargetOption, clock, ending, show, size

if TYPE_CHECKING:
    from pulumi_neo4j_aura.vault.manifest import Manifest
    from pulumi_neo4j_aura.vault.vault import Row, Vault


_WIDTH = 140


def run(
    target: TargetOption,
    *,
    orphans: Annotated[
        bool, typer.Option("--orphans", help="List objects that belong to no export instead.")
    ] = False,
    remove_orphans: Annotated[
        bool, typer.Option("--remove-orphans", help="Delete those that are older than a day.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the exports of a vault, oldest data first."""
    with ending(as_json=as_json):
        vault = places.vault_at(target)
        vault.id()
        if orphans or remove_orphans:
            _orphans(vault, remove=remove_orphans, as_json=as_json)
            return
        rows = vault.exports()
        if as_json:
            show({"target": target, "exports": [_fields(row) for row in rows]})
        else:
            _table(rows)


def _fields(row: Row) -> dict[str, Any]:
    found = row.manifest
    if found is None:
        return {"manifest": row.key, "damaged": row.problem}
    return {
        "export_id": found.export_id,
        "instance_id": found.instance.id,
        "instance_name": found.instance.name,
        "moment": found.moment.isoformat(),
        "method": found.method,
        "consistent": found.consistent,
        "encrypted": found.encrypted,
        "counts": dict(found.counts),
        "stored_bytes": found.stored_bytes,
        "manifest": found.key,
    }


def _table(rows: tuple[Row, ...]) -> None:
    from rich import box  # noqa: PLC0415 - not for `--help`
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("export", "instance", "data of", "method"):
        table.add_column(title, no_wrap=True)
    for title in ("nodes", "relationships", "size"):
        table.add_column(title, justify="right")
    table.add_column("encrypted")
    for row in rows:
        table.add_row(*_cells(row))
    if rows:
        # An id that is broken into pieces cannot be copied: a narrow terminal wraps the line.
        Console(highlight=False, width=max(Console().width, _WIDTH)).print(table)
    else:
        typer.echo("There is no export in this vault.")


def _cells(row: Row) -> tuple[str, ...]:
    found = row.manifest
    if found is None:
        return (f"DAMAGED {row.key}", row.problem)
    counts = found.counts
    return (
        found.export_id,
        found.instance.name,
        f"{found.moment:%Y-%m-%d %H:%M:%S}Z",
        found.method,
        f"{counts.get('nodes', 0):,}" if counts else "",
        f"{counts.get('relationships', 0):,}" if counts else "",
        size(found.stored_bytes),
        "yes" if found.encrypted else "no",
    )


def _orphans(vault: Vault, *, remove: bool, as_json: bool) -> None:

    found = vault.orphans(clock().now())
    if remove:
        vault.remove(found)
    if as_json:
        show({"orphans": [each._asdict() for each in found], "removed": remove})
        return
    for each in found:
        typer.echo(f"{'removed ' if remove else ''}{each.key}  ({each.size:,} bytes)")
    if not found:
        typer.echo("Every object that is older than a day belongs to an export.")


def show_one(
    export: Annotated[str, typer.Argument(help="An export's id, or its beginning.")],
    target: TargetOption,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one export: where it came from, what is in it, and every object."""
    with ending(as_json=as_json):
        found = places.vault_at(target).get(export)
        if as_json:
            show(asdict(found))
        else:
            _describe(found, target)


def _describe(found: Manifest, target: str) -> None:
    of = found.instance
    lines = [
        f"export      {found.export_id}",
        f"instance    {of.name} ({of.id}), {of.type} {of.memory}, project {of.project_id}",
        f"data of     {found.moment.isoformat()}"
        + ("" if found.consistent else " and the time until it was read: not one moment"),
        f"snapshot    {found.snapshot.id if found.snapshot else 'none: the running instance'}",
        f"made        {found.began_at} to {found.completed_at} by {found.tool}",
        f"encrypted   {', '.join(found.recipients) if found.recipients else 'no'}",
        f"missing     {', '.join(found.not_included) or 'nothing'}",
        f"manifest    {target.rstrip('/')}/{found.key}",
    ]
    lines += [f"{kind:12}{count:,}" for kind, count in found.counts.items()]
    lines += [f"  {each}" for each in _statements(found)]
    lines += [f"{part.stored_bytes:>12,}  {part.key.rpartition('/')[2]}" for part in found.parts]
    typer.echo("\n".join(lines))


def _statements(found: Manifest) -> list[str]:
    kinds = ("constraints", "indexes")
    return [item["statement"] for kind in kinds for item in found.schema.get(kind, ())]
