"""Small JSON records that are written once, and numbered series of them.

A local directory has no compare-and-swap, so nothing is ever changed: a series grows by its next
number, which exactly one of several writers gets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pulumi_neo4j_aura.errors import Busy, Damaged
from pulumi_neo4j_aura.vault.store import Store

_NUMBERED: Final = re.compile(r"([0-9]{8})\.json")


def dump(body: Mapping[str, Any]) -> bytes:
    """As it lies in the vault: for people as well."""
    text = json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False, default=str) + "\n"
    return text.encode(errors="surrogatepass")


def load(store: Store, key: str) -> dict[str, Any]:
    """One record.

    Raises:
        NotFound: there is none.
        Damaged: it is no record.
    """
    data = store.get(key)
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise damaged(store, key, str(error)) from error
    if not isinstance(content, dict):
        raise damaged(store, key, "it holds no object")
    return content


def text(value: object) -> str:
    """A text in a record.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")  # noqa: TRY004 - of a value, not of a call
    return value


def moment(text: object) -> datetime:
    """A time in a record.

    Raises:
        ValueError: it is none, or one without a zone, which could be any of a day's.
    """
    found = datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return found


def damaged(store: Store, key: str, why: str) -> Damaged:
    """The error for a record that cannot be used."""
    return Damaged(
        f"{store.url}/{key} cannot be read ({why}), so what it says is unknown.",
        way_out="Restore it from another copy of the vault, or look at it and remove it.",
    )


def numbers(store: Store, folder: str) -> dict[int, str]:
    """The keys of a series, by number.

    Raises:
        AuraError: it could not be listed whole.
    """
    found: dict[int, str] = {}
    for entry in store.list(folder):
        above, _, name = entry.key.rpartition("/")
        match = _NUMBERED.fullmatch(name)
        if match is not None and above == folder:
            found[int(match[1])] = entry.key
    return found


def append(store: Store, folder: str, after: int, body: Mapping[str, Any]) -> str:
    """Write the next record of a series; its key. `after`: the newest number that was seen.

    Raises:
        Busy: somebody else wrote the next record.
    """
    key, data = f"{folder}/{after + 1:08d}.json", dump(body)
    # A store whose answer was lost on the way is asked again, and then says that it is there.
    if not store.create(key, data) and store.get(key) != data:
        raise Busy(f"Somebody else wrote {store.url}/{key} just now.", way_out="Run again.")
    return key


def newest(store: Store, folder: str) -> tuple[int, dict[str, Any] | None]:
    """The number and content of a series' newest record; 0 and None when it is empty."""
    found = numbers(store, folder)
    if not found:
        return 0, None
    number = max(found)
    return number, load(store, found[number])
