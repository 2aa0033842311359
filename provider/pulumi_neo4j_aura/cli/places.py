"""The vault and the keys that a command works with, from its options and the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pulumi_neo4j_aura.cli.frame import say

if TYPE_CHECKING:
    from pulumi_neo4j_aura.vault.encryption import Identities
    from pulumi_neo4j_aura.vault.vault import Vault

#: The password of the instance that is read live or written into.
PASSWORD_VARIABLE = "AURA_BACKUP_PASSWORD"  # noqa: S105 - a name, not a password

RecipientOption = Annotated[
    list[str],
    typer.Option("--recipient", help="An age recipient (age1…); several times for several."),
]


def vault_at(url: str) -> Vault:
    """The vault behind a URL; nothing is asked of it yet."""
    from pulumi_neo4j_aura import bootstrap  # noqa: PLC0415 - not for `--help`

    return bootstrap.vault(url)


def claimed(url: str) -> Vault:
    """The vault behind a URL, made one if the place is none yet."""
    from pulumi_neo4j_aura import bootstrap  # noqa: PLC0415 - not for `--help`

    vault, is_new = bootstrap.claimed_vault(url)
    if is_new:
        # A mistyped or unmounted place must not pass for the one with all the copies.
        say(f"{url} was no vault yet; a new one was made there")
    return vault


def identities() -> Identities:
    """The keys of AURA_BACKUP_AGE_IDENTITY_FILE; none when it is not set."""
    from pulumi_neo4j_aura import bootstrap, settings  # noqa: PLC0415 - not for `--help`

    return bootstrap.identities(settings.load())


def password(file: Path | None) -> str:
    """The first line of a file, or the environment's; never an argument, which others can see."""
    if file is None:
        return os.environ.get(PASSWORD_VARIABLE, "")
    from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415 - beside its use

    try:
        return file.read_text().partition("\n")[0].strip()
    except OSError as error:
        raise Permanent(
            f"The password file {file} cannot be read ({error.strerror}).",
            way_out="Correct --password-file.",
        ) from error
