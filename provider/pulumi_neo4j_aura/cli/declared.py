"""The policies that a command is about: from files, or those published in a vault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pulumi_neo4j_aura.cli.frame import say

if TYPE_CHECKING:
    from pulumi_neo4j_aura.domain.policy import Policy
    from pulumi_neo4j_aura.reconciler.passes import Reconciler

PolicyOption = Annotated[
    list[Path], typer.Option("--policy", help="A policy file; several times for several.")
]
VaultOption = Annotated[
    str, typer.Option("--target", help="A vault whose published policies are meant instead.")
]
ProjectOption = Annotated[str, typer.Option(help="Aura's project; AURA_PROJECT_ID if left out.")]


def policies(files: list[Path], target: str) -> tuple[Policy, ...]:
    """The policies of the files, or those published at the target.

    Raises:
        Permanent: neither or both are given, or a policy makes no sense.
        AuraError: the vault cannot be seen.
    """
    from pulumi_neo4j_aura import policy_document  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.cli import places  # noqa: PLC0415
    from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415
    from pulumi_neo4j_aura.vault import policies as published  # noqa: PLC0415

    if bool(files) == bool(target):
        raise Permanent(
            "Which policies is not clear.",
            way_out="Give policy files with --policy, or a vault with --target; not both.",
        )
    if files:
        return _distinct(tuple(policy_document.load(file) for file in files))
    found = published.current(places.vault_at(target))
    if not found:
        raise Permanent(
            f"No policy is published at {target}.",
            way_out="Give its file with --policy; `apply` publishes it.",
        )
    return tuple(
        policy_document.parse(each.document, f"policy {each.name} at {target}") for each in found
    )


def _distinct(found: tuple[Policy, ...]) -> tuple[Policy, ...]:
    from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415 - not for `--help`

    names = [policy.name for policy in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Permanent(
            f"Two policies are named {', '.join(twice)}.", way_out="Give each its own name."
        )
    return found


def reconciler(
    found: tuple[Policy, ...], *, as_json: bool, report: Callable[[str], None] = say
) -> Reconciler:
    """What reconciles these policies, from the environment's settings."""
    from pulumi_neo4j_aura import bootstrap, settings  # noqa: PLC0415 - not for `--help`

    quiet = (lambda _line: None) if as_json else report
    return bootstrap.reconciler(settings.load(), found, quiet, lambda line: say(f"warning: {line}"))


def ending_of(word: str) -> int:
    """The exit code for what a plan or a pass comes to."""
    from pulumi_neo4j_aura.cli.frame import Ending  # noqa: PLC0415 - beside its use

    return int(Ending[word.upper()])
