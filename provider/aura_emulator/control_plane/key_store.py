"""The tables of customer-managed keys, beside those of the store and in the same database.

Which key an instance was made with has a table of its own, so that the one of the instances is as
it was and older state folders still open.
"""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import TYPE_CHECKING, Final

from aura_emulator.control_plane.model import Key

if TYPE_CHECKING:
    import sqlite3

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS keys (
  position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, project_id TEXT NOT NULL,
  name TEXT NOT NULL, cloud_provider TEXT NOT NULL, region TEXT NOT NULL,
  instance_type TEXT NOT NULL, key_id TEXT NOT NULL, created_at REAL NOT NULL,
  status TEXT NOT NULL, ready_at REAL);
CREATE TABLE IF NOT EXISTS instance_keys (instance_id TEXT PRIMARY KEY, key TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS instance_keys_key ON instance_keys (key);
"""

# The column list comes from our own dataclass, never from a request.
_COLUMNS: Final = ", ".join(item.name for item in fields(Key))
_MARKS: Final = ", ".join("?" for _ in fields(Key))
_KEYS: Final = f"SELECT {_COLUMNS} FROM keys "  # noqa: S608 - see above
_PUT: Final = (
    f"INSERT INTO keys ({_COLUMNS}) VALUES ({_MARKS})"  # noqa: S608 - see above
    " ON CONFLICT (id) DO UPDATE SET status = excluded.status, ready_at = excluded.ready_at"
)


class KeyStore:
    """Keys, and which instance was made with which."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.executescript(_SCHEMA)

    def clear(self) -> None:
        """Forget everything."""
        self._connection.execute("DELETE FROM keys")
        self._connection.execute("DELETE FROM instance_keys")

    def key(self, key_id: str) -> Key | None:
        """One key by Aura's id for it."""
        row = self._connection.execute(_KEYS + "WHERE id = ?", (key_id,)).fetchone()
        return None if row is None else Key(*row)

    def all(self) -> list[Key]:
        """Every key in the order of its making."""
        return [Key(*row) for row in self._connection.execute(_KEYS + "ORDER BY position")]

    def put(self, key: Key) -> None:
        """Add a key, or change the status of one that is there: nothing else of it changes."""
        self._connection.execute(_PUT, astuple(key))

    def drop(self, key_id: str) -> None:
        """Forget a key."""
        self._connection.execute("DELETE FROM keys WHERE id = ?", (key_id,))

    def attach(self, instance_id: str, key_id: str) -> None:
        """Remember the key of a new instance; it never changes."""
        self._connection.execute("INSERT INTO instance_keys VALUES (?, ?)", (instance_id, key_id))

    def of_instance(self, instance_id: str) -> str | None:
        """The id of the key that an instance was made with."""
        row = self._connection.execute(
            "SELECT key FROM instance_keys WHERE instance_id = ?", (instance_id,)
        ).fetchone()
        return None if row is None else str(row[0])

    def in_use(self, key_id: str) -> bool:
        """Whether an instance that exists was made with this key."""
        row = self._connection.execute(
            "SELECT 1 FROM instance_keys JOIN instances ON instances.id = instance_id"
            " WHERE key = ? AND deleted_at IS NULL LIMIT 1",
            (key_id,),
        ).fetchone()
        return row is not None
