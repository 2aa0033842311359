"""`aura-backup forget`: an export that somebody else removed is given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pulumi_neo4j_aura.cli import places
from pulumi_neo4j_aura.cli.frame import JsonOption, TargetOption, clock, ending, show

if TYPE_CHECKING:
    from pulumi_neo4j_aura.domain.clock import Clock
    from pulumi_neo4j_aura.domain.observed import MissingExport
    from pulumi_neo4j_aura.vault.vault import Vault


def run(
    export: Annotated[str, typer.Argument(help="Its id, as the finding `copy-missing` has it.")],
    target: TargetOption,
    *,
    reason: Annotated[str, typer.Option(help="Why it is lost; kept in the journal.")],
    as_json: JsonOption = False,
) -> None:
    """Give up an export that was removed past this tool: it is missed no more."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura.vault import removal  # noqa: PLC0415 - not for `--help`

        vault, at = places.vault_at(target), clock()
        missing = _missing(vault, export, at)
        removal.forget(vault, missing, reason, at.now())
        if as_json:
            show({"export": missing.export_id, "moment": missing.moment.isoformat()})
        else:
            typer.echo(f"{missing.export_id} of {missing.moment.isoformat()} is given up: {reason}")


def _missing(vault: Vault, export: str, at: Clock) -> MissingExport:
    from pulumi_neo4j_aura.errors import Refused  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.vault.effects import EffectJournal  # noqa: PLC0415

    history = EffectJournal(vault, at).read()
    found = history.missing(there={row.export_id for row in vault.exports()})
    for each in found:
        if each.export_id == export:
            return each
    raise Refused(
        f"No export {export!r} is missing at {vault.store.url}.",
        way_out=f"Missing are: {', '.join(each.export_id for each in found) or 'none'}.",
    )
