"""The tables of what the data plane was asked for, beside those of the store.

An order is remembered until its operation ends, and a snapshot's need for data until its copy was
seen: both are what a crash must not lose. Tables of their own, so that older state folders open.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from aura_emulator.data_plane.interface import Limits, Source, Work, WorkKind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS work (instance_id TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS uncopied (snapshot_id TEXT PRIMARY KEY, instance_id TEXT NOT NULL);
"""


class OrderStore:
    """Orders to the data plane, and the snapshots of which no copy was seen yet."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.executescript(_SCHEMA)

    def clear(self) -> None:
        """Forget everything."""
        self._connection.execute("DELETE FROM work")
        self._connection.execute("DELETE FROM uncopied")

    def work(self, instance_id: str) -> Work | None:
        """The order that belongs to an instance's present operation."""
        row = self._connection.execute(
            "SELECT document FROM work WHERE instance_id = ?", (instance_id,)
        ).fetchone()
        return None if row is None else _work(row[0])

    def put(self, work: Work) -> None:
        """Remember an order; an instance has one at a time."""
        self._connection.execute(
            "INSERT OR REPLACE INTO work VALUES (?, ?)",
            (work.instance_id, json.dumps(asdict(work))),
        )

    def drop(self, instance_id: str) -> None:
        """The order is carried out, or will never be."""
        self._connection.execute("DELETE FROM work WHERE instance_id = ?", (instance_id,))

    def uncopied(self, instance_id: str) -> list[str]:
        """Snapshots of an instance of which nobody has seen yet that their data is kept."""
        rows = self._connection.execute(
            "SELECT snapshot_id FROM uncopied WHERE instance_id = ?", (instance_id,)
        )
        return [row[0] for row in rows]

    def put_uncopied(self, instance_id: str, snapshot_ids: Iterable[str]) -> None:
        """Remember that these snapshots need data."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO uncopied VALUES (?, ?)",
            [(snapshot_id, instance_id) for snapshot_id in snapshot_ids],
        )

    def drop_uncopied(self, snapshot_id: str) -> None:
        """Its data is kept, or lost."""
        self._connection.execute("DELETE FROM uncopied WHERE snapshot_id = ?", (snapshot_id,))


def _work(document: str) -> Work:
    raw = json.loads(document)
    source, limits = raw.pop("source"), raw.pop("limits")
    return Work(
        kind=WorkKind(raw.pop("kind")),
        source=None if source is None else Source(**source),
        limits=Limits(**limits),
        **raw,
    )
