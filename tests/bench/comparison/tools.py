"""Each tool's export and import of a whole database, as it is documented for large graphs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from bench.comparison import bringing
from bench.comparison.server import WithApoc
from bench.exports import archive
from bench.reading import _drained
from pulumi_neo4j_aura.bootstrap import SystemClock
from pulumi_neo4j_aura.execution.exports import archiving, importing
from pulumi_neo4j_aura.execution.exports.archiving import Place
from pulumi_neo4j_aura.execution.ledger import Ledger
from pulumi_neo4j_aura.execution.progress import Silent
from pulumi_neo4j_aura.graph import reading
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES
from pulumi_neo4j_aura.vault.manifest import InstanceFacts, Manifest
from pulumi_neo4j_aura.vault.store import Store, open_store

_FOLDER = "exports/bench-shop/20260101T000000Z-now"
_PART_BYTES = 64 << 20
#: Seconds after which a tool is given up: on a large graph `neo4j-backup` would take an hour.
_PATIENCE = 180


#: What exports are measured by: names for the table.
DRAIN, DRIVER = "the drain", "the driver's rows"
OURS, ARCHIVED = "ours", "ours without the fingerprint"


class Tool(Protocol):
    """What is compared."""

    @property
    def name(self) -> str:
        """For the table."""
        ...

    @property
    def writes_back(self) -> bool:
        """Whether it can import what it exported."""
        ...

    @property
    def tries(self) -> int:
        """How often to export; the best counts, because the first one also warms the server."""
        ...

    def export(self, server: WithApoc) -> int:
        """Export everything; bytes of what was written."""
        ...

    def bring_back(self, server: WithApoc) -> None:
        """Import it into the empty database."""
        ...


@dataclass
class Ours:
    """Into a vault in a folder: compressed, hashed, with its fingerprint; back with the proof."""

    folder: Path
    name: str = OURS
    writes_back: bool = True
    tries: int = 3
    _made: tuple[Store, Manifest] | None = field(default=None, repr=False)

    def export(self, server: WithApoc) -> int:
        store = open_store(str(self.folder / "vault"))
        place = Place(store, _FOLDER, "bench-now", (), _PART_BYTES)
        now = datetime.now(UTC).isoformat()
        ledger = Ledger(self.folder / f"ledger-{now}", {"source": now})
        made = archiving.archive_database(server.database, place, ledger, Silent())
        manifest = Manifest(
            key=f"{_FOLDER}/manifest.json",
            export_id="bench-now",
            instance=InstanceFacts("bench", "shop"),
            snapshot=None,
            method="live",
            consistent=False,
            began_at=now,
            completed_at=now,
            parts=made.parts,
            schema=made.schema.to_dict(),
            counts={},
            fingerprint=made.fingerprint.to_dict(),
        )
        self._made = store, manifest
        return manifest.stored_bytes

    def bring_back(self, server: WithApoc) -> None:
        assert self._made is not None
        store, manifest = self._made
        state = self.folder / f"import-{datetime.now(UTC):%H%M%S%f}"
        job = importing.Job(store, manifest, NO_IDENTITIES, server.database, "enterprise-db", state)
        assert importing.import_export(job, SystemClock(), Silent(), lambda _line: None).proven


@dataclass
class Archived:
    """As ours, compressed and hashed into a vault in a folder, but without the fingerprint."""

    folder: Path
    name: str = ARCHIVED
    writes_back: bool = False
    tries: int = 3

    def export(self, server: WithApoc) -> int:
        made = archive(server.database, self.folder / "archived")
        return sum(part.stored_bytes for part in made)

    def bring_back(self, server: WithApoc) -> None:
        raise NotImplementedError


@dataclass
class Rows:
    """Every row of the graph, read in some way and kept nowhere: what exports are measured by."""

    name: str
    read: Callable[[WithApoc, str], None]
    writes_back: bool = False
    tries: int = 2

    def export(self, server: WithApoc) -> int:
        for query in (reading._NODES, reading._RELATIONSHIPS):
            self.read(server, query)
        return 0

    def bring_back(self, server: WithApoc) -> None:
        raise NotImplementedError


def _driven(server: WithApoc, query: str) -> None:
    """The driver as people use it: a Python object for every value."""
    with server.driver() as driver, driver.session(fetch_size=10_000) as session:
        for _ in session.run(query):
            pass


def _drain(server: WithApoc, query: str) -> None:
    """What the server can give: bytes that nobody looks at."""
    for _ in _drained(server.database.connect, query, 0):
        pass


@dataclass
class Apoc:
    """One of APOC's formats, into one file beside the server."""

    kind: str
    file: str
    exporting: str
    importing: str = ""
    #: What its documentation wants before an import.
    preparing: Callable[[WithApoc], None] = lambda _server: None
    tries: int = 3

    @property
    def name(self) -> str:
        return f"APOC {self.kind}"

    @property
    def writes_back(self) -> bool:
        return bool(self.importing)

    def export(self, server: WithApoc) -> int:
        server.ask(self.exporting)
        return (server.files / self.file).stat().st_size

    def bring_back(self, server: WithApoc) -> None:
        self.preparing(server)
        server.ask(self.importing)


def _import_ids(server: WithApoc) -> None:
    """`apoc.import.json` looks nodes up by this property (its documentation)."""
    for label in ("Person", "Place", "Document", "T"):
        server.ask(f"CREATE CONSTRAINT FOR (n:{label}) REQUIRE n.neo4jImportId IS UNIQUE")


def apoc_tools() -> list[Apoc]:
    """Its formats, with the bulk settings of its documentation."""
    return [
        Apoc(
            "JSON",
            "all.json",
            "CALL apoc.export.json.all('all.json', {useTypes: true, batchSize: 20000})",
            "CALL apoc.import.json('all.json', {unwindBatchSize: 5000, txBatchSize: 20000})",
            _import_ids,
        ),
        Apoc("CSV", "all.csv", "CALL apoc.export.csv.all('all.csv', {batchSize: 20000})"),
        Apoc(
            "GraphML",
            "all.graphml",
            "CALL apoc.export.graphml.all('all.graphml', {useTypes: true, batchSize: 20000})",
            "CALL apoc.import.graphml('all.graphml', {readLabels: true, batchSize: 20000})",
        ),
        Apoc(
            "Cypher",
            "all.cypher",
            "CALL apoc.export.cypher.all('all.cypher', {format: 'plain', "
            "useOptimizations: {type: 'UNWIND_BATCH', unwindBatchSize: 1000}, batchSize: 20000})",
        ),
    ]


_BACKUP = """
import sys
from neo4j import GraphDatabase
from neo4j_backup import Extractor, Importer
what, folder, url, user = sys.argv[1:5]
driver = GraphDatabase.driver(url, auth=(user, sys.stdin.read()), encrypted=False)
if what == "export":
    Extractor(project_dir=folder, driver=driver, database="neo4j", input_yes=True).extract_data()
else:
    Importer(project_dir=folder, driver=driver, database="neo4j", input_yes=True).import_data()
"""


@dataclass
class Backup:
    """The package `neo4j-backup`, in an interpreter of its own, compressing by default."""

    folder: Path
    name: str = "neo4j-backup"
    writes_back: bool = True
    tries: int = 1

    def export(self, server: WithApoc) -> int:
        self._run("export", server)
        files = (each for each in (self.folder / "backup").rglob("*") if each.is_file())
        return sum(each.stat().st_size for each in files)

    def bring_back(self, server: WithApoc) -> None:
        self._run("import", server)

    def _run(self, what: str, server: WithApoc) -> None:
        login = server.login
        words = [bringing.backup_python(), "-c", _BACKUP, what, self.folder / "backup"]
        done = subprocess.run(
            [*map(str, words), login.url, login.user],
            input=login.password,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
        if done.returncode:
            raise RuntimeError(f"neo4j-backup {what}: {done.stderr.strip().splitlines()[-1]}")


def tools(folder: Path) -> list[Tool]:
    """All that are compared."""
    rows = [Rows(DRAIN, _drain), Rows(DRIVER, _driven)]
    return [*rows, Ours(folder), Archived(folder), *apoc_tools(), Backup(folder)]
