"""A server as Aura's run, with APOC in it, and an empty store whenever one is wanted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import neo4j

from bench.comparison.bringing import apoc_jars
from bench.imports import Warm
from pulumi_neo4j_aura.execution.databases import Database
from pulumi_neo4j_aura.graph.endpoint import Login

_SETTINGS = "dbms.security.procedures.unrestricted=apoc.*\n"
_APOC = """\
apoc.export.file.enabled=true
apoc.import.file.enabled=true
apoc.import.file.use_neo4j_config=true
"""
#: Enough that nobody waits for memory: the largest graph's store is smaller.
_PAGE_CACHE = ("server.memory.pagecache.size=32m", "server.memory.pagecache.size=512m")
#: One node and one relationship at a time of every tool's first steps are compiled by then.
_WARMING = (
    "UNWIND range(1, 5000) AS i CREATE (a:Warm {n: i})-[:WARM {n: i}]->(b:Warm {n: -i})",
    "MATCH (n) DETACH DELETE n",
)


class WithApoc(Warm):
    """All of Java's compilers, two gigabytes, and APOC with the right to read and write files."""

    def __enter__(self) -> Self:
        super().__enter__()
        for jar in apoc_jars():
            shutil.copy(jar, self.home.path / "plugins")
        conf = self.home.path / "conf"
        self.files.mkdir(exist_ok=True)
        text = (conf / "neo4j.conf").read_text()
        assert _PAGE_CACHE[0] in text
        where = f"server.directories.import={self.files}\n"
        (conf / "neo4j.conf").write_text(text.replace(*_PAGE_CACHE) + _SETTINGS + where)
        (conf / "apoc.conf").write_text(_APOC)
        return self

    def _java(self, *arguments: str) -> list[str]:
        # Its extensions are found on the class path only, where a distribution has its plugins too.
        known = self._found.class_path
        changed = {"-Xmx1g": "-Xmx2g", known: f"{known}{os.pathsep}{self.home.path / 'plugins'}/*"}
        return [changed.get(word, word) for word in super()._java(*arguments)]

    @property
    def files(self) -> Path:
        """Where APOC reads and writes."""
        return self.home.path / "import"

    @property
    def database(self) -> Database:
        """As our code wants it."""
        return Database(self.login.url, Login(self.login.user, self.login.password))

    def driver(self) -> neo4j.Driver:
        """A driver that does not complain."""
        login = self.login
        return neo4j.GraphDatabase.driver(
            login.url, auth=(login.user, login.password), notifications_min_severity="OFF"
        )

    def ask(self, query: Any, **parameters: Any) -> list[neo4j.Record]:
        """One query, one answer."""
        with self.driver() as driver, driver.session() as session:
            return [*session.run(query, parameters)]

    def start_empty(self) -> None:
        """A new store, and a server that has warmed up a little; the files stay."""
        self.stop()
        for part in ("databases", "transactions"):
            shutil.rmtree(self.home.data / part, ignore_errors=True)
        self.start()
        for query in _WARMING:
            self.ask(query)

    def peak_megabytes(self) -> float:
        """The server's own resident memory at its highest so far."""
        assert self._process is not None
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(text.split("VmHWM:")[1].split()[0]) / 1000


@contextmanager
def running(folder: Path) -> Iterator[WithApoc]:
    """A server with an empty store, below this folder."""
    with WithApoc(folder / "home") as server:
        server.start_empty()
        yield server
