"""Make the archive of loaded classes with which a server starts in less than half the time.

Java writes it when a server that loaded them ends. So one is started in a throwaway home, and
stopped once it answers (https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html).
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from jars import say, ticking

from aura_emulator.data_plane.neo4j import installation
from aura_emulator.data_plane.neo4j.installation import Installation

START_SECONDS = 120.0  # seven here; a loaded machine in CI may need ten times as much
STOP_SECONDS = 120.0  # the archive, some 100 MB, is written in this time
BETWEEN_LOOKS = 0.1
#: What Java loads to answer this is in the archive too: the first query costs two seconds without.
QUERY = "CREATE (n:Example {key: 1}) WITH n MATCH (m:Example) WHERE m.key = n.key RETURN m"
#: A client's first words (https://neo4j.com/docs/bolt/current/bolt/handshake/): Bolt 5.2 only.
HANDSHAKE = bytes.fromhex("6060b017 00000205 00000000 00000000 00000000")
#: All is answered: how long the last step took, or a FAILURE, which only makes a smaller archive.
ENDS = (b"t_last", b"\xb1\x7f")
CONFIGURATION = """
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
dbms.usage_report.enabled=false
dbms.security.auth_enabled=false
server.memory.pagecache.size=32m
db.tx_log.preallocate=false
# Without these three it takes twelve seconds to stop.
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
internal.dbms.bolt.netty_server_shutdown_timeout=1
internal.server.bolt.thread_pool_shutdown_wait_time=1s
"""


class NoArchiveError(Exception):
    """The archive could not be made; the server runs without it."""


def make(found: Installation, cache: Path) -> None:
    """Put the archive where `installation.class_data` looks for it; the caller holds the lock.

    Raises:
        NoArchiveError: Java made none. Nothing is left behind.
    """
    target = installation.class_data_path(found.lib, found.java)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".classes-", dir=cache) as folder:
        archive = Path(folder) / "classes.jsa"
        with ticking(lambda: "starting Neo4j once, to make its later starts quick"):
            _run_once(found, Path(folder) / "home", archive)
        if not archive.exists():
            raise NoArchiveError(f"Java {found.java.feature} wrote no archive")
        archive.rename(target)
    say(f"later starts with Java {found.java.feature} are quick: {time.monotonic() - start:.0f} s")


def _run_once(found: Installation, home: Path, archive: Path) -> None:
    """Start a server, wait until it answers, and let it end in peace, which writes the archive."""
    port = _free_port()
    (home / "conf").mkdir(parents=True)
    (home / "conf" / "neo4j.conf").write_text(CONFIGURATION.format(port=port))
    log = home / "server.log"
    with log.open("wb") as output, _server(_command(found, home, archive), output) as server:
        _wait_for_bolt(server, port, log)


def _command(found: Installation, home: Path, archive: Path) -> list[str]:
    options = [
        f"-XX:ArchiveClassesAtExit={archive}",
        *installation.SERVER_FLAGS,
        *found.java_options,
    ]
    arguments = [f"--home-dir={home}", f"--config-dir={home / 'conf'}", "--console-mode"]
    java = str(found.java.executable)
    return [java, *options, "-cp", found.class_path, found.entry_point, *arguments]


@contextmanager
def _server(command: list[str], output: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A server that never outlives the block, nor this process, whatever ends it."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
    ) as server:
        try:
            with _watchdog(server.pid):
                yield server
        finally:
            _stop(server)


@contextmanager
def _watchdog(pid: int) -> Iterator[None]:
    """Ends the process `pid` if this one is killed: its end of the pipe closes then."""
    watch = ["/bin/sh", "-c", "trap '' INT; read -r _; kill $1", "sh", str(pid)]
    with subprocess.Popen(watch, stdin=subprocess.PIPE) as dog:
        try:
            yield
        finally:
            dog.kill()
            dog.wait()


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and end it when it does not."""
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()


def _wait_for_bolt(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while not _answers(port):
        if server.poll() is not None:
            lines = log.read_text(errors="replace").split("\n")
            last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
            raise NoArchiveError(f"the server ended by itself: {last.strip()}")
        if time.monotonic() > end:
            raise NoArchiveError(f"the server did not answer in {START_SECONDS:.0f} s")
        time.sleep(BETWEEN_LOOKS)


def _answers(port: int) -> bool:
    """Whether a Bolt server at this port agrees on a version; makes it run one query, if so."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as connection:
            connection.sendall(HANDSHAKE)
            agreed = any(connection.recv(4))
            connection.sendall(_conversation())
            said = b""
            while not any(end in said for end in ENDS) and (more := connection.recv(4096)):
                said += more
    except OSError:
        return False
    return agreed


def _conversation() -> bytes:
    """HELLO, LOGON, RUN and PULL (https://neo4j.com/docs/bolt/current/bolt/message/)."""
    return b"".join(
        (
            _message(b"\xb1\x01\xa1", _text("user_agent"), _text("tools/neo4j")),
            _message(b"\xb1\x6a\xa1", _text("scheme"), _text("none")),
            _message(b"\xb3\x10", _text(QUERY), b"\xa0\xa0"),
            _message(b"\xb1\x3f\xa1", _text("n"), b"\xff"),
        )
    )


def _message(*parts: bytes) -> bytes:
    """One chunk with its length, and the empty chunk that ends a message."""
    body = b"".join(parts)
    return len(body).to_bytes(2, "big") + body + b"\x00\x00"


def _text(value: str) -> bytes:
    """A PackStream string of at most 255 bytes."""
    encoded = value.encode()
    return bytes((0xD0, len(encoded))) + encoded


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
