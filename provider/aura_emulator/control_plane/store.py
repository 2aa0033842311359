"""The emulator's memory: one SQLite database, committed before any answer leaves.

One process, one connection, no threads: every request handler runs to its end before the next one
starts, so a read followed by a write is atomic. WAL with ``synchronous=NORMAL`` survives the death
of the process, which is what is promised; it does not promise to survive a power cut.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final

from aura_emulator.control_plane.key_store import KeyStore
from aura_emulator.control_plane.model import (
    Credential,
    Instance,
    Project,
    Snapshot,
    Summary,
    Token,
)
from aura_emulator.control_plane.order_store import OrderStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS projects (
  position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS credentials (client_id TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
  token TEXT PRIMARY KEY, client_id TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS instances (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
  version TEXT NOT NULL, cloud_provider TEXT NOT NULL, region TEXT NOT NULL,
  memory INTEGER NOT NULL, storage INTEGER NOT NULL,
  vector_optimized INTEGER NOT NULL, graph_analytics_plugin INTEGER NOT NULL,
  secondaries_count INTEGER, cdc_enrichment_mode TEXT,
  created_at REAL NOT NULL, status TEXT NOT NULL, operation TEXT,
  deadline REAL, next_status TEXT, changes TEXT, slots_until REAL, locked_until REAL,
  graph_nodes INTEGER NOT NULL, graph_relationships INTEGER NOT NULL, deleted_at REAL);
CREATE INDEX IF NOT EXISTS instances_due ON instances (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX IF NOT EXISTS instances_project ON instances (project_id);
CREATE INDEX IF NOT EXISTS instances_living ON instances (project_id, type)
  WHERE deleted_at IS NULL;
CREATE TABLE IF NOT EXISTS snapshots (
  id TEXT PRIMARY KEY, instance_id TEXT NOT NULL, profile TEXT NOT NULL, kind TEXT NOT NULL,
  taken_at REAL NOT NULL, begins_at REAL NOT NULL, ends_at REAL, end_status TEXT NOT NULL,
  exportable_until REAL, restorable_until REAL NOT NULL,
  memory INTEGER NOT NULL, storage INTEGER NOT NULL, version TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS snapshots_day ON snapshots (instance_id, taken_at);
CREATE TABLE IF NOT EXISTS v2_instances (
  instance_id TEXT PRIMARY KEY, graph_analytics TEXT NOT NULL) WITHOUT ROWID;
"""

_INSTANCE_COLUMNS: Final = ", ".join(item.name for item in fields(Instance))
_SNAPSHOT_COLUMNS: Final = ", ".join(item.name for item in fields(Snapshot))
_TABLES: Final = (
    "meta", "projects", "credentials", "tokens", "instances", "snapshots", "v2_instances",
)  # fmt: skip


def _put(table: str, columns: str) -> str:
    names = columns.split(", ")
    marks = ", ".join("?" for _ in names)
    # Not REPLACE, which would move the row to the end of its table and so of every list.
    changes = ", ".join(f"{name} = excluded.{name}" for name in names)
    return (
        f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - our own names
        f" ON CONFLICT (id) DO UPDATE SET {changes}"
    )


# The column lists come from our own dataclasses, never from a request.
_PUT_INSTANCE: Final = _put("instances", _INSTANCE_COLUMNS)
_PUT_SNAPSHOT: Final = _put("snapshots", _SNAPSHOT_COLUMNS)
_INSTANCES: Final = f"SELECT {_INSTANCE_COLUMNS} FROM instances "  # noqa: S608 - see above
_SNAPSHOTS: Final = f"SELECT {_SNAPSHOT_COLUMNS} FROM snapshots "  # noqa: S608 - see above


class Store:
    """Everything that outlives the process. Writes commit at once unless inside `together`."""

    def __init__(self, database: str) -> None:
        # Requests come one at a time, but in process perhaps from another thread than this one.
        self._connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        self._depth = 0
        self._afterwards: list[Callable[[], None]] = []
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)
        self.keys = KeyStore(self._connection)
        self.orders = OrderStore(self._connection)

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All writes inside become visible at once, or none of them."""
        if self._depth == 0:
            self._connection.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("ROLLBACK")
                self._afterwards.clear()
            raise
        self._depth -= 1
        if self._depth == 0:
            self._connection.execute("COMMIT")
            self._run_afterwards()

    def afterwards(self, call: Callable[[], None]) -> None:
        """Call something once what is being written has been committed, and not if it never is."""
        self._afterwards.append(call)
        if self._depth == 0:
            self._run_afterwards()

    def _run_afterwards(self) -> None:
        """All of them, also when one raises: what they do has been promised."""
        calls, self._afterwards = self._afterwards, []
        with ExitStack() as stack:
            for call in reversed(calls):
                stack.callback(call)

    def clear(self) -> None:
        """Forget everything."""
        with self.together():
            for table in _TABLES:
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
            self.keys.clear()
            self.orders.clear()

    # meta

    def number(self, key: str) -> float | None:
        """A remembered number."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else float(row[0])

    def put_number(self, key: str, value: float | None) -> None:
        """Remember a number; None forgets it."""
        if value is None:
            self._connection.execute("DELETE FROM meta WHERE key = ?", (key,))
        else:
            self._connection.execute(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, repr(float(value)))
            )

    def text(self, key: str) -> str | None:
        """A remembered text."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def put_text(self, key: str, value: str) -> None:
        """Remember a text."""
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # projects and credentials

    def projects(self) -> list[Project]:
        """Every project in the order of its making."""
        rows = self._connection.execute("SELECT document FROM projects ORDER BY position")
        return [_project(row[0]) for row in rows]

    def project(self, project_id: str) -> Project | None:
        """One project."""
        row = self._connection.execute(
            "SELECT document FROM projects WHERE id = ?", (project_id,)
        ).fetchone()
        return None if row is None else _project(row[0])

    def put_project(self, project: Project) -> None:
        """Add or replace a project; it keeps its place in the list."""
        self._connection.execute(
            "INSERT INTO projects (id, document) VALUES (?, ?)"
            " ON CONFLICT (id) DO UPDATE SET document = excluded.document",
            (project.id, json.dumps(asdict(project))),
        )

    def credentials(self) -> list[Credential]:
        """Every credential."""
        rows = self._connection.execute("SELECT document FROM credentials ORDER BY client_id")
        return [_credential(row[0]) for row in rows]

    def put_credential(self, credential: Credential) -> None:
        """Add or replace a credential."""
        self._connection.execute(
            "INSERT OR REPLACE INTO credentials VALUES (?, ?)",
            (credential.client_id, json.dumps(asdict(credential))),
        )

    def drop_credential(self, client_id: str) -> None:
        """Revoke a credential and its tokens."""
        with self.together():
            self._connection.execute("DELETE FROM credentials WHERE client_id = ?", (client_id,))
            self._connection.execute("DELETE FROM tokens WHERE client_id = ?", (client_id,))

    # tokens

    def tokens(self) -> list[Token]:
        """Every token that was not forgotten, expired ones too."""
        return [Token(*row) for row in self._connection.execute("SELECT * FROM tokens")]

    def put_token(self, token: Token) -> None:
        """Remember a token."""
        self._connection.execute(
            "INSERT INTO tokens VALUES (?, ?, ?)", (token.token, token.client_id, token.expires_at)
        )

    def expire_tokens(self, at: float) -> None:
        """Every token ends at `at` or earlier."""
        self._connection.execute("UPDATE tokens SET expires_at = MIN(expires_at, ?)", (at,))

    # instances

    def instance(self, instance_id: str) -> Instance | None:
        """One instance, deleted ones too: the caller looks at `deleted_at`."""
        row = self._connection.execute(_INSTANCES + "WHERE id = ?", (instance_id,)).fetchone()
        return None if row is None else Instance(*row)

    def instances(self) -> list[Instance]:
        """Every instance that exists, oldest first."""
        return self._instances("WHERE deleted_at IS NULL ORDER BY created_at, rowid")

    def summaries(self, project_ids: Iterable[str]) -> list[Summary]:
        """The instances that exist in these projects, oldest first."""
        rows = self._connection.execute(
            "SELECT id, name, project_id, cloud_provider, created_at FROM instances"
            " WHERE deleted_at IS NULL AND project_id IN (SELECT value FROM json_each(?))"
            " ORDER BY created_at, rowid",
            (json.dumps(list(project_ids)),),
        )
        return [Summary(*row) for row in rows]

    def count_instances(self, project_id: str | None = None, type_: str | None = None) -> int:
        """How many instances exist, of one project or all, of one type or all; reads none."""
        row = self._connection.execute(
            "SELECT COUNT(*) FROM instances WHERE deleted_at IS NULL"
            " AND project_id = IFNULL(?, project_id) AND type = IFNULL(?, type)",
            (project_id, type_),
        ).fetchone()
        return int(row[0])

    def due(self, now: float) -> list[Instance]:
        """Instances with an operation that should have ended by `now`."""
        return self._instances("WHERE deadline <= ? AND deleted_at IS NULL", now)

    def deleted_since(self, moment: float) -> list[Instance]:
        """Instances that went after `moment`."""
        return self._instances("WHERE deleted_at > ? ORDER BY created_at, rowid", moment)

    def _instances(self, where: str, *values: object) -> list[Instance]:
        return [Instance(*row) for row in self._connection.execute(_INSTANCES + where, values)]

    def put_instance(self, instance: Instance) -> None:
        """Add or replace an instance."""
        self._connection.execute(_PUT_INSTANCE, _values(instance))

    def graph_analytics(self, instance_id: str) -> str | None:
        """What an instance made through v2beta1 asked for; None if v1 made it."""
        row = self._connection.execute(
            "SELECT graph_analytics FROM v2_instances WHERE instance_id = ?", (instance_id,)
        ).fetchone()
        return None if row is None else str(row[0])

    def put_graph_analytics(self, instance_id: str, graph_analytics: str) -> None:
        """Remember that v2beta1 made an instance, and what it asked for."""
        self._connection.execute(
            "INSERT OR REPLACE INTO v2_instances VALUES (?, ?)", (instance_id, graph_analytics)
        )

    # snapshots

    def snapshot(self, snapshot_id: str) -> Snapshot | None:
        """One snapshot, expired or not."""
        row = self._connection.execute(_SNAPSHOTS + "WHERE id = ?", (snapshot_id,)).fetchone()
        return None if row is None else Snapshot(*row)

    def snapshots(self, instance_id: str, begin: float, end: float) -> list[Snapshot]:
        """Snapshots of an instance taken in `[begin, end)`, oldest first."""
        return self._snapshots(
            "WHERE instance_id = ? AND taken_at >= ? AND taken_at < ? ORDER BY taken_at, id",
            instance_id,
            begin,
            end,
        )

    def unfinished_snapshots(self, instance_id: str, now: float) -> list[Snapshot]:
        """Snapshots of an instance that have not ended by `now`."""
        return self._snapshots(
            "WHERE instance_id = ?"
            " AND (ends_at IS NULL OR ends_at > ? OR end_status = 'InProgress')",
            instance_id,
            now,
        )

    def newest_completed(self, instance_id: str, now: float) -> Snapshot | None:
        """The newest snapshot of an instance that completed by `now`."""
        found = self._snapshots(
            "WHERE instance_id = ? AND ends_at <= ? AND end_status = 'Completed'"
            " ORDER BY taken_at DESC LIMIT 1",
            instance_id,
            now,
        )
        return found[0] if found else None

    def exportable_scheduled(self, instance_id: str, begin: float, end: float) -> int:
        """How many scheduled snapshots taken in `[begin, end)` may be exported at some time."""
        row = self._connection.execute(
            "SELECT COUNT(*) FROM snapshots WHERE instance_id = ?"
            " AND taken_at >= ? AND taken_at < ?"
            " AND profile = 'Scheduled' AND exportable_until IS NOT NULL",
            (instance_id, begin, end),
        ).fetchone()
        return int(row[0])

    def snapshot_ids(self) -> list[str]:
        """Every snapshot there is."""
        return [row[0] for row in self._connection.execute("SELECT id FROM snapshots")]

    def _snapshots(self, where: str, *values: object) -> list[Snapshot]:
        return [Snapshot(*row) for row in self._connection.execute(_SNAPSHOTS + where, values)]

    def put_snapshots(self, snapshots: Iterable[Snapshot]) -> None:
        """Add or replace snapshots."""
        with self.together():
            self._connection.executemany(_PUT_SNAPSHOT, map(_values, snapshots))

    def drop_snapshots(self, instance_id: str, expired_at: float | None = None) -> list[str]:
        """Drop an instance's snapshots, or only those expired by a moment; their ids."""
        where = "WHERE instance_id = ?" + (
            "" if expired_at is None else " AND restorable_until <= ?"
        )
        values = (instance_id,) if expired_at is None else (instance_id, expired_at)
        rows = self._connection.execute(
            f"DELETE FROM snapshots {where} RETURNING id",  # noqa: S608 - our own words
            values,
        ).fetchall()
        return [row[0] for row in rows]

    def drop_snapshot(self, snapshot_id: str) -> None:
        """Drop one snapshot."""
        self._connection.execute("DELETE FROM snapshots WHERE id = ?", (snapshot_id,))


def _values(record: Instance | Snapshot) -> Sequence[Any]:
    return tuple(getattr(record, name) for name in record.__dataclass_fields__)


def _project(document: str) -> Project:
    raw = json.loads(document)
    types = raw.pop("types")
    return Project(types=None if types is None else tuple(types), **raw)


def _credential(document: str) -> Credential:
    raw = json.loads(document)
    projects = raw.pop("projects")
    return Credential(projects=None if projects is None else tuple(projects), **raw)
