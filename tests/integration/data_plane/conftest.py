"""An empty Neo4j for a test, from the installation that NEO4J_HOME names."""

import os
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest
from neo4j import GraphDatabase
from neo4j.exceptions import DriverError

from aura_emulator.data_plane.neo4j.installation import find
from support.databases import empty

CONFIGURATION = """
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=32m
dbms.security.auth_enabled=false
dbms.usage_report.enabled=false
db.tx_log.preallocate=false
"""
READY_SECONDS = 60
MEMORY = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@pytest.fixture(scope="session")
def one_server(tmp_path_factory):
    """A driver of a server that many tests share: 3 seconds to start, once."""
    if not os.environ.get("NEO4J_HOME"):
        pytest.fail("NEO4J_HOME is not set: these tests need the folder of a Neo4j Community")
    with (
        running_server(tmp_path_factory.mktemp("neo4j")) as port,
        GraphDatabase.driver(f"bolt://127.0.0.1:{port}") as driver,
    ):
        yield driver


@pytest.fixture
def database(one_server):
    """A driver of a server without data, indexes and constraints."""
    empty(one_server)
    return one_server


@contextmanager
def running_server(home):
    """The port of a throwaway server; ended with the test, whatever happens."""
    port = free_port()
    (home / "conf").mkdir()
    (home / "conf" / "neo4j.conf").write_text(CONFIGURATION.format(port=port))
    with (home / "output").open("wb") as output:
        process = subprocess.Popen(command(home), stdout=output, stderr=output)
    try:
        wait_for(port, process, home / "output")
        yield port
    finally:
        process.kill()  # nobody wants its data
        process.wait()


def command(home):
    found = find(None, os.environ)
    classes = [f"-XX:SharedArchiveFile={found.class_data}"] if found.class_data else []
    return [
        found.java.executable,
        *MEMORY,
        *classes,
        *found.java_options,
        "-cp",
        found.class_path,
        found.entry_point,
        f"--home-dir={home}",
        f"--config-dir={home / 'conf'}",
    ]


def free_port():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        return reserved.getsockname()[1]


def wait_for(port, process, output):
    """Return when the server answers queries, not only connections."""
    deadline = time.monotonic() + READY_SECONDS
    with GraphDatabase.driver(f"bolt://127.0.0.1:{port}") as driver:
        while True:
            try:
                return driver.verify_connectivity()
            except DriverError:
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"Neo4j did not start:\n{output.read_text()}")
                time.sleep(0.05)
