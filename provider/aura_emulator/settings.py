"""What an emulator is started with. Everything that may change while it runs is in ``switches``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aura_emulator.switches import Switches

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 9810
DEFAULT_CLIENT_ID: Final = "emulator-client"
DEFAULT_CLIENT_SECRET: Final = "emulator-secret"  # noqa: S105 - public by design: it opens nothing but this emulator
DEFAULT_HEAP_MEGABYTES: Final = 256  # 96 is enough to start, 10,000 rows in one go need this
STATE_FILE: Final = "aura.sqlite3"


@dataclass(frozen=True)
class Settings:
    """How one emulator is started.

    ``state`` is the folder that holds the store; ``None`` keeps everything in memory, which is what
    tests in the same process want. ``neo4j_home`` and ``heap_megabytes`` are for the data plane
    ``neo4j``: where it is installed (None: NEO4J_HOME) and what each server gets.
    """

    state: Path | None = None
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    data_plane: str = "none"
    neo4j_home: Path | None = None
    heap_megabytes: int = DEFAULT_HEAP_MEGABYTES
    client_id: str = DEFAULT_CLIENT_ID
    client_secret: str = DEFAULT_CLIENT_SECRET
    verbose: bool = False
    switches: Switches = field(default_factory=Switches)

    @property
    def database(self) -> str:
        """The SQLite path or ``:memory:``."""
        return ":memory:" if self.state is None else str(self.state / STATE_FILE)
