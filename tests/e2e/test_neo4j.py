"""The Neo4j that `make neo4j` brings is whole, and starts."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aura_emulator.data_plane.neo4j import installation

pytestmark = pytest.mark.neo4j

TOOL = Path(__file__).resolve().parents[2] / "tools" / "neo4j"
FLAGS = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-Xmx256m"]


@pytest.fixture(scope="module")
def neo4j():
    answer = subprocess.run(
        [sys.executable, str(TOOL / "ensure.py")], stdout=subprocess.PIPE, text=True, check=True
    )
    return installation.find(Path(answer.stdout.strip()), os.environ)


def handshake(port: int) -> bytes:
    """The version that a Bolt server agrees to; empty while there is none."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(bytes.fromhex("6060b017 00040405 00000000 00000000 00000000"))
            return connection.recv(4)
    except OSError:
        return b""


def test_every_pinned_jar_is_there(neo4j):
    """A Neo4j of the user's own may hold more; ours holds exactly these."""
    lines = (TOOL / "jars.sha256").read_text().splitlines()
    pinned = {line.split()[1] for line in lines}
    assert os.environ.get("NEO4J_HOME") or pinned == {jar.name for jar in neo4j.lib.glob("*.jar")}


def test_it_starts_in_a_fresh_home_and_answers_bolt(neo4j, tmp_path):
    """With HTTP off, from the archive of loaded classes if there is one, and ends when asked."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "neo4j.conf").write_text(
        f"server.bolt.listen_address=127.0.0.1:{port}\n"
        "server.http.enabled=false\nserver.https.enabled=false\n"
        "dbms.usage_report.enabled=false\ndb.tx_log.preallocate=false\n"
    )
    archive = [f"-XX:SharedArchiveFile={neo4j.class_data}"] if neo4j.class_data else []
    options = [*archive, *FLAGS, *neo4j.java_options, "-cp", neo4j.class_path, neo4j.entry_point]
    arguments = [f"--home-dir={tmp_path}", f"--config-dir={tmp_path / 'conf'}", "--console-mode"]
    log = tmp_path / "output"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [neo4j.java.executable, *options, *arguments], stdout=output, stderr=output
        ) as server,
    ):
        try:
            end = time.monotonic() + 120
            while not (agreed := handshake(port)):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.2)
        finally:
            server.terminate()
    assert agreed == b"\x00\x00\x04\x05"
