"""The vault behind a target's URL, told apart from a place that cannot be seen right now."""

from __future__ import annotations

from pulumi_neo4j_aura import bootstrap
from pulumi_neo4j_aura.errors import NotFound, Transient
from pulumi_neo4j_aura.vault.store import folder_of
from pulumi_neo4j_aura.vault.vault import Vault


def existing(url: str) -> Vault:
    """The vault behind a URL, for looking: a folder that is not there is not made.

    Raises:
        Transient: the folder is not there; perhaps its disk is not mounted.
    """
    folder = folder_of(url)
    if folder is not None and not folder.is_dir():
        raise Transient(
            f"The folder of the target {url} is not there, so it is unknown what lies in it.",
            way_out="Mount its disk; if the vault is really gone, make the empty folder.",
        )
    return bootstrap.vault(url)


def same_vault(vault: Vault, vault_id: str) -> None:
    """See that the vault answers and is the one that the state knows.

    Raises:
        Transient: the place answers without a vault, or with another one: what the state knows
            may lie elsewhere.
    """
    try:
        found = vault.id()
    except NotFound as error:
        raise Transient(
            f"There is no vault at {vault.store.url} any more, so it is unknown what became of "
            "its exports.",
            way_out="Bring the vault back, or look whether this is the right place.",
        ) from error
    if vault_id and found != vault_id:
        raise Transient(
            f"Another vault lies at {vault.store.url}: {found} instead of {vault_id}.",
            way_out="Look whether the right disk or bucket is there.",
        )
