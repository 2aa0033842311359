"""Runs `neo4j-admin` on a home whose server is down: dumps in and out."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, Final

from aura_emulator.data_plane.neo4j import processes
from aura_emulator.data_plane.neo4j.home import DATABASE
from aura_emulator.data_plane.neo4j.server import java_environment, last_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aura_emulator.data_plane.neo4j.home import Home
    from aura_emulator.data_plane.neo4j.installation import Installation

_LOOK_SECONDS: Final = 0.05
_MIGRATE: Final = "database migrate"  # what `load` says of a store that is too old
_RECORD: Final = "admin"


class AdminError(Exception):
    """A command failed; the message has its last words."""


class Admin:
    """The commands of one home. `given_up` is asked while one runs, and ends it."""

    def __init__(
        self, installation: Installation, home: Home, given_up: Callable[[], bool]
    ) -> None:
        self._installation = installation
        self._home = home
        self._given_up = given_up

    def load(self, folder: Path) -> None:
        """Load `folder`/neo4j.dump; a store of Neo4j 4.3 or later is migrated.

        Raises:
            AdminError: the dump is damaged, or too old, or the disk is full.
        """
        said = self._run("database", "load", DATABASE, f"--from-path={folder}",
                         "--overwrite-destination=true")  # fmt: skip
        if _MIGRATE in said:
            self._run("database", "migrate", DATABASE, "--force-btree-indexes-to-range")

    def dump(self, folder: Path) -> Path:
        """Write the database to `folder`/neo4j.dump, and say which file that is."""
        folder.mkdir(parents=True, exist_ok=True)
        self._run("database", "dump", DATABASE, f"--to-path={folder}")
        return folder / f"{DATABASE}.dump"

    def _run(self, *arguments: str) -> str:
        record = self._home.path / "run" / _RECORD
        output = self._home.path / "logs" / "admin.log"
        command = [
            str(self._installation.java.executable),
            "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            # Names the home, so that a process that outlives its emulator can be told.
            f"-Daura.emulator.home={self._home.path}",
            *self._installation.java_options,
            "-cp", self._installation.class_path, "org.neo4j.cli.AdminTool", *arguments,
        ]  # fmt: skip
        with output.open("wb") as writing:
            process = processes.launch(record, command, writing, java_environment(self._home))
        try:
            code = self._wait(process)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            processes.forget(record)
        if code:
            raise AdminError(f"`neo4j-admin {' '.join(arguments[:2])}`: {last_words(output)}")
        return output.read_text(errors="replace")

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        while (code := process.poll()) is None:
            if self._given_up():
                raise AdminError("The emulator stops")
            time.sleep(_LOOK_SECONDS)
        return code


def reap(home: Home) -> bool:
    """End the command that a dead emulator left in this home; whether there was one."""
    return processes.reap(home.path / "run" / _RECORD, home.path)
