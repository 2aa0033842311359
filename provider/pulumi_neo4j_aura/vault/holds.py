"""Holds: named reasons why an export must not be pruned. Added, removed, never forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pulumi_neo4j_aura.domain.observed import StoredHold
from pulumi_neo4j_aura.errors import NotFound, Refused
from pulumi_neo4j_aura.vault import layout, records
from pulumi_neo4j_aura.vault.vault import Vault


def add(vault: Vault, hold: StoredHold, now: datetime) -> None:
    """Put a hold down.

    Raises:
        Refused: a hold of this name holds something else, or for another reason.
        AuraError: the vault cannot be written.
    """
    folder = _folder(hold.name)
    number, body = records.newest(vault.store, folder)
    if body is not None and body.get("removed") is not True:
        if _hold(vault, f"{folder}/{number:08d}.json", body) == hold:
            return
        raise Refused(
            f"There is a hold {hold.name!r} already, on {body.get('copy')}.",
            way_out="Choose another name, or remove that one first.",
        )
    until = hold.until.isoformat() if hold.until else None
    told = {"name": hold.name, "copy": hold.copy, "reason": hold.reason, "until": until}
    records.append(vault.store, folder, number, {**told, "at": now.isoformat()})


def remove(vault: Vault, name: str, now: datetime) -> None:
    """Take a hold away.

    Raises:
        NotFound: there is none of this name.
        AuraError: the vault cannot be written.
    """
    folder = _folder(name)
    number, body = records.newest(vault.store, folder)
    if body is None or body.get("removed") is True:
        raise NotFound(
            f"There is no hold {name!r} at {vault.store.url}.",
            way_out="`aura-backup hold list` shows those that there are.",
        )
    records.append(
        vault.store, folder, number, {"name": name, "removed": True, "at": now.isoformat()}
    )


def current(vault: Vault) -> tuple[StoredHold, ...]:
    """Every hold that was not removed, by name; also those whose end has come.

    Raises:
        AuraError: the vault could not be seen whole, or a hold is damaged.
    """
    found = []
    for each in vault.store.folders(layout.HOLDS):
        folder = f"{layout.HOLDS}/{each}"
        number, body = records.newest(vault.store, folder)
        if body is not None and body.get("removed") is not True:
            found.append(_hold(vault, f"{folder}/{number:08d}.json", body))
    return tuple(sorted(found, key=lambda hold: hold.name))


def _folder(name: str) -> str:
    return f"{layout.HOLDS}/{layout.segment(name)}"


def _hold(vault: Vault, key: str, body: Mapping[str, Any]) -> StoredHold:
    try:
        until = body["until"]
        end = None if until is None else records.moment(until)
        return StoredHold(
            records.text(body["name"]),
            records.text(body["copy"]),
            records.text(body["reason"]),
            end,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise records.damaged(vault.store, key, str(error)) from error
