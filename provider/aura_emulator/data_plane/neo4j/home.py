"""The folder that a server lives in: its settings, its first password, its data.

What belongs to a database are two folders, the store and its transaction log. Users and passwords
are in another database, so that data can be put in place without changing who may log in.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from typing import TYPE_CHECKING, Final

from aura_emulator.data_plane.neo4j.ports import HOST

if TYPE_CHECKING:
    from pathlib import Path

DATABASE: Final = "neo4j"
USER: Final = "neo4j"
#: Below `data`; together they are the whole of a database.
PARTS: Final = ("databases", "transactions")
_FOLDERS: Final = ("conf", "data", "logs", "run", "import", "plugins")
_HASH_ROUNDS: Final = 1024
_SALT_BYTES: Final = 32

# Neo4j's operations manual, configuration settings. A copy of a running store has to be recovered
# from its last checkpoint on, which is far back by default: after writing a million entities that
# took ten seconds, and one and a half with this interval. The `internal` settings shorten a stop
# from 12 to 2 seconds by not waiting for clients that are gone.
_SETTINGS: Final = """\
server.bolt.listen_address={host}:{port}
server.bolt.advertised_address={host}:{port}
server.http.enabled=false
server.https.enabled=false
dbms.usage_report.enabled=false
server.memory.pagecache.size={page_cache}m
db.tx_log.preallocate=false
db.checkpoint.interval.time=5s
internal.dbms.bolt.netty_server_shutdown_timeout=1
internal.server.bolt.thread_pool_shutdown_wait_time=1s
"""
_BEFORE_CALENDAR: Final = "internal.dbms.bolt.netty_server_shutdown_quiet_period=0\n"
_CALENDAR: Final = """\
internal.dbms.bolt.netty_server_shutdown_quiet_period_duration=0s
dbms.fleet_manager.enabled=false
"""


class Home:
    """One NEO4J_HOME. Nothing is created before a method says so."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path / "data"
        self.console = path / "logs" / "console.log"

    def make(self, port: int, page_cache_megabytes: int, *, calendar: bool) -> None:
        """Create the folders and write the settings; data that is there stays."""
        for name in _FOLDERS:
            (self.path / name).mkdir(parents=True, exist_ok=True)
        text = _SETTINGS.format(host=HOST, port=port, page_cache=page_cache_megabytes)
        text += _CALENDAR if calendar else _BEFORE_CALENDAR
        (self.path / "conf" / "neo4j.conf").write_text(text)

    def set_password(self, password: str) -> None:
        """The password of the first user, for a server that starts here for the first time.

        Writes what `neo4j-admin dbms set-initial-password` writes, without a Java of its own.
        """
        users = self.data / "dbms"
        users.mkdir(parents=True, exist_ok=True)
        file = users / "auth.ini"
        file.write_text(f"{USER}:{_hashed(password, secrets.token_bytes(_SALT_BYTES))}:\n")
        file.chmod(0o600)

    def forget_users(self) -> None:
        """Back to before the first start, as far as users are concerned; data stays."""
        for part in PARTS:
            shutil.rmtree(self.data / part / "system", ignore_errors=True)
        shutil.rmtree(self.data / "dbms", ignore_errors=True)


def _hashed(password: str, salt: bytes) -> str:
    digest = hashlib.sha256(salt + password.encode()).digest()
    for _ in range(_HASH_ROUNDS - 1):
        digest = hashlib.sha256(digest).digest()
    return f"SHA-256,{digest.hex()},{salt.hex()},{_HASH_ROUNDS}"


def store_folders(data: Path) -> list[Path]:
    """The folders of the database below a `data` folder."""
    return [data / part / DATABASE for part in PARTS]


def stored_bytes(data: Path) -> int:
    """The size of the database below a `data` folder."""
    files = (file for folder in store_folders(data) for file in folder.rglob("*"))
    total = 0
    for file in files:
        try:
            total += file.lstat().st_size
        except FileNotFoundError:
            continue  # a file of the log that was just rotated away
    return total
