"""`aura-backup hold`: named reasons why an export must not be pruned."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pulumi_neo4j_aura.cli import places
from pulumi_neo4j_aura.cli.frame import JsonOption, TargetOption, clock, ending, show

if TYPE_CHECKING:
    from pulumi_neo4j_aura.vault.vault import Vault

app = typer.Typer(
    help="Named reasons why an export must not be pruned.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

NameArgument = Annotated[str, typer.Argument(help="The hold's name, such as legal-2026-11.")]


@app.command("add")
def add(
    name: NameArgument,
    copy: Annotated[
        str, typer.Argument(help="An export's id; or an instance's id, which holds all of its.")
    ],
    target: TargetOption,
    *,
    reason: Annotated[str, typer.Option(help="Why; shown wherever it holds.")],
    until: Annotated[str, typer.Option(help="Until this time (ISO 8601); else for ever.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Put a hold on an export, or on all exports of an instance."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura.cli.plan import moment  # noqa: PLC0415
        from pulumi_neo4j_aura.domain.observed import StoredHold  # noqa: PLC0415
        from pulumi_neo4j_aura.vault import holds  # noqa: PLC0415

        vault = places.vault_at(target)
        vault.id()
        hold = StoredHold(name, _found(vault, copy), reason, moment(until))
        holds.add(vault, hold, clock().now())
        if as_json:
            show(asdict(hold))
        else:
            typer.echo(f"{hold.copy} is held: {reason}")


def _found(vault: Vault, copy: str) -> str:
    """The whole id of what is meant: a typing mistake must not look like protection.

    Raises:
        Refused: there is no such export, and none of such an instance.
    """
    from pulumi_neo4j_aura.errors import Refused  # noqa: PLC0415 - not for `--help`

    rows = [row.manifest for row in vault.exports() if row.manifest is not None]
    if any(each.instance.id == copy for each in rows):
        return copy
    found = vault.find(copy)
    if found is None:
        raise Refused(
            f"There is no export {copy!r} at {vault.store.url}, and none of such an instance; "
            "nothing is held.",
            way_out="`aura-backup ls` shows what there is.",
        )
    return found.export_id


@app.command("remove")
def remove(name: NameArgument, target: TargetOption, *, as_json: JsonOption = False) -> None:
    """Take a hold away. What it was and when it ended stays readable in the vault."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura.vault import holds  # noqa: PLC0415

        holds.remove(places.vault_at(target), name, clock().now())
        if as_json:
            show({"removed": name})
        else:
            typer.echo(f"the hold {name} is gone")


@app.command("list")
def list_all(target: TargetOption, *, as_json: JsonOption = False) -> None:
    """List the holds of a vault."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura.vault import holds  # noqa: PLC0415 - not for `--help`

        vault = places.vault_at(target)
        vault.id()
        found = holds.current(vault)
        if as_json:
            show({"holds": [asdict(each) for each in found]})
            return
        for each in found:
            until = f"until {each.until.isoformat()}" if each.until else "for ever"
            typer.echo(f"{each.name}  {each.copy}  {until}: {each.reason}")
        if not found:
            typer.echo("There is no hold in this vault.")
