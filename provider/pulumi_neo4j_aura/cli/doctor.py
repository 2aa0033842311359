"""`aura-backup doctor`: whether everything that policies need works, before they need it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from pulumi_neo4j_aura.cli import declared
from pulumi_neo4j_aura.cli.declared import PolicyOption, VaultOption
from pulumi_neo4j_aura.cli.frame import Ending, JsonOption, ending, services, show

if TYPE_CHECKING:
    from pulumi_neo4j_aura.reconciler.checks import Check


def run(
    *,
    policy: PolicyOption = [],  # noqa: B006 - typer wants a list
    target: VaultOption = "",
    as_json: JsonOption = False,
) -> None:
    """Check credentials, rights, rate, quota, targets and keys. Writes only a probe object."""
    with ending(as_json=as_json):
        from pulumi_neo4j_aura import bootstrap  # noqa: PLC0415 - not for `--help`
        from pulumi_neo4j_aura.cli import places  # noqa: PLC0415
        from pulumi_neo4j_aura.reconciler import checks  # noqa: PLC0415

        found = declared.policies(policy, target) if policy or target else ()
        urls = sorted({each.target for each in found} | ({target} if target else set()))
        here = services(lambda _line: None)
        made = checks.run(here, urls, bootstrap.vault, places.identities)
        if as_json:
            show({"checks": [asdict(each) for each in made]})
        else:
            _tell(made)
        raise typer.Exit(_code(made))


def _tell(made: tuple[Check, ...]) -> None:
    for each in made:
        typer.echo(f"{each.result.value:8}{each.name}: {each.message}")


def _code(made: tuple[Check, ...]) -> Ending:
    results = {each.result.value for each in made}
    if "failed" in results:
        return Ending.FAILED
    return Ending.UNKNOWN if "unknown" in results else Ending.DONE
