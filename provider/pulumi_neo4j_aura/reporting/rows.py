"""Rows of an export for people and programs: typed JSON, one row a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO, Any

from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.errors import Damaged
from pulumi_neo4j_aura.reporting.typed import properties, typed
from pulumi_neo4j_aura.vault.archive.frames import FIELDS

PROPERTIES = "properties"


def row(record: bytes, kind: str) -> dict[str, Any]:
    """A record as a dictionary: the names of its kind's fields, and typed JSON.

    Args:
        record: as it lies in a part.
        kind: `nodes`, `relationships` or `schema`.

    Raises:
        Damaged: it is no record of this kind.
    """
    names = FIELDS[kind]
    try:
        values, end = packstream.decode(record)
    except ValueError as error:
        raise _damaged(kind, str(error)) from error
    if not isinstance(values, list) or len(values) != len(names) or end != len(record):
        raise _damaged(kind, f"it is not a list of {len(names)} values")
    found = dict(zip(names, values, strict=True))
    if not isinstance(found.get(PROPERTIES, {}), dict):
        raise _damaged(kind, "its properties are no map")
    return {
        name: properties(value) if name == PROPERTIES else typed(value)
        for name, value in found.items()
    }


def _damaged(kind: str, why: str) -> Damaged:
    return Damaged(
        f"A record among the {kind} cannot be read: {why}.",
        way_out="Verify the export (deep); nothing was changed.",
    )


def json_line(content: dict[str, Any]) -> str:
    """A row as one line, without the line's end."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def write_json_lines(records: Iterable[bytes], kind: str, sink: IO[str]) -> int:
    """Write one line a record; how many. Constant memory."""
    count = 0
    for record in records:
        sink.write(json_line(row(record, kind)) + "\n")
        count += 1
    return count
