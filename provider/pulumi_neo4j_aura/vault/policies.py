"""Policies that are published in a vault: a series of versions for each, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pulumi_neo4j_aura.vault import layout, records
from pulumi_neo4j_aura.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Published:
    """The newest version of one policy. `since`: when its first one was, since it came back."""

    name: str
    version: str
    document: Mapping[str, Any]
    published_at: datetime
    since: datetime


def publish(
    vault: Vault, name: str, version: str, document: Mapping[str, Any], now: datetime
) -> None:
    """Make this the newest version; nothing happens when it is already.

    Raises:
        Busy: somebody else publishes the same policy right now.
        AuraError: the vault cannot be written.
    """
    number, newest = _newest(vault, _folder(name))
    if newest is not None and newest.version == version:
        return
    told = {
        "name": name,
        "version": version,
        "document": document,
        "published_at": now.isoformat(),
        "since": (newest.since if newest else now).isoformat(),
    }
    records.append(vault.store, _folder(name), number, told)


def withdraw(vault: Vault, name: str, now: datetime) -> None:
    """Take a policy back; its history stays, and so does every copy.

    Raises:
        AuraError: the vault cannot be written.
    """
    number, newest = _newest(vault, _folder(name))
    if newest is not None:
        told = {"name": name, "withdrawn": True, "at": now.isoformat()}
        records.append(vault.store, _folder(name), number, told)


def current(vault: Vault) -> tuple[Published, ...]:
    """The newest version of every policy that is not withdrawn, by name.

    Raises:
        AuraError: the vault could not be seen whole, or a policy is damaged.
    """
    names = vault.store.folders(layout.POLICIES)
    found = [_newest(vault, f"{layout.POLICIES}/{each}")[1] for each in names]
    return tuple(sorted((each for each in found if each is not None), key=lambda each: each.name))


def _folder(name: str) -> str:
    return f"{layout.POLICIES}/{layout.segment(name)}"


def _newest(vault: Vault, folder: str) -> tuple[int, Published | None]:
    """The number of the newest record, and what it publishes; None: nothing."""
    number, body = records.newest(vault.store, folder)
    if body is None or body.get("withdrawn") is True:
        return number, None
    try:
        return number, Published(
            records.text(body["name"]),
            records.text(body["version"]),
            dict(body["document"]),
            records.moment(body["published_at"]),
            records.moment(body["since"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        key = f"{folder}/{number:08d}.json"
        raise records.damaged(vault.store, key, str(error)) from error
