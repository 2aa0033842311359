"""One Neo4j server: a Java process in a home of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psutil

from aura_emulator.data_plane.neo4j import bolt, processes
from aura_emulator.data_plane.neo4j.home import Home
from aura_emulator.data_plane.neo4j.installation import SERVER_FLAGS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aura_emulator.data_plane.neo4j.installation import Installation

_LOOK_SECONDS: Final = 0.02
#: It takes two at most; with a full disk it never ends. Supervisors lose patience after ten.
_STOP_SECONDS: Final = 8.0
_FREEZE_SECONDS: Final = 5.0
_LAST_LINES: Final = 3
_LINE_LENGTH: Final = 300
_RECORD: Final = "pid"


class ServerError(Exception):
    """A server did not start or not stop; the message is a sentence with the server's words."""


@dataclass(frozen=True)
class Sizes:
    """What one server gets; the floor of about 250 MB resident is Java's and Neo4j's own."""

    heap_megabytes: int = 256
    page_cache_megabytes: int = 32
    start_seconds: float = 120.0  # a loaded machine with two cores may start ten at once


class Server:
    """The server of one home. It runs or it does not; nobody else starts it."""

    def __init__(self, installation: Installation, home: Home, port: int, sizes: Sizes) -> None:
        self.home = home
        self.port = port
        self._installation = installation
        self._sizes = sizes
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self.runs() else None

    def runs(self) -> bool:
        """Whether the process exists; it need not answer yet."""
        return self._process is not None and self._process.poll() is None

    def start(self, given_up: Callable[[], bool] = lambda: False) -> None:
        """Start it and wait until Bolt answers; `given_up` is asked all the while.

        Raises:
            ServerError: it ended, or did not answer in time. Nothing of it runs then.
        """
        self.home.make(
            self.port, self._sizes.page_cache_megabytes, calendar=self._installation.calendar
        )
        with self.home.console.open("wb") as output:
            self._process = processes.launch(
                _record(self.home), self._command(), output, self._environment()
            )
        try:
            self._wait_for_bolt(given_up)
        except BaseException:
            self.kill()
            raise

    def _command(self) -> list[str]:
        heap = self._sizes.heap_megabytes
        return [
            str(self._installation.java.executable),
            f"-Xms{min(heap, 64)}m", f"-Xmx{heap}m", *SERVER_FLAGS,
            *self._installation.java_options,
            *self._installation.class_data_options,
            "-cp", self._installation.class_path, self._installation.entry_point,
            f"--home-dir={self.home.path}", f"--config-dir={self.home.path / 'conf'}",
            "--console-mode",
        ]  # fmt: skip

    def _environment(self) -> dict[str, str]:
        return java_environment(self.home)

    def _wait_for_bolt(self, given_up: Callable[[], bool]) -> None:
        ends = time.monotonic() + self._sizes.start_seconds
        while not bolt.shakes_hands(self.port):
            if not self.runs():
                raise ServerError(f"Neo4j ended while it started: {self.last_words()}")
            if given_up():
                raise ServerError("The start of Neo4j was given up")
            if time.monotonic() > ends:
                raise ServerError(
                    f"Neo4j did not answer at port {self.port} in "
                    f"{self._sizes.start_seconds:.0f} s: {self.last_words()}"
                )
            time.sleep(_LOOK_SECONDS)
        if not self.runs():  # somebody else's server answered at our port
            raise ServerError(f"Neo4j ended while it started: {self.last_words()}")

    def last_words(self) -> str:
        """The end of what the server said, in one line."""
        return last_words(self.home.console)

    def stop(self) -> None:
        """Let it write everything and end; after some seconds it is ended all the same.

        Nothing is lost then: what was acknowledged is in its log.
        """
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            process.send_signal(signal.SIGCONT)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._ended()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._ended()

    def _ended(self) -> None:
        self._process = None
        processes.forget(_record(self.home))

    def freeze(self) -> bool:
        """Hold every thread of the server where it is; False if there is none to hold.

        Its clients wait. What it wrote to its files is what a power cut would leave, and Neo4j's
        own recovery opens a copy of that.
        """
        if self._process is None or self._process.poll() is not None:
            return False
        self._process.send_signal(signal.SIGSTOP)
        try:
            held = psutil.Process(self._process.pid)
            ends = time.monotonic() + _FREEZE_SECONDS
            while not _stopped(held):
                if time.monotonic() > ends:
                    self.thaw()
                    raise ServerError(f"Process {held.pid} cannot be held")
        except psutil.NoSuchProcess:
            return False
        return True

    def thaw(self) -> None:
        """Go on."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)

    def resident_bytes(self) -> int | None:
        """Its memory; None while it does not run."""
        with contextlib.suppress(psutil.NoSuchProcess):
            if self._process is not None and self.runs():
                return int(psutil.Process(self._process.pid).memory_info().rss)
        return None


def _stopped(held: psutil.Process) -> bool:
    """Whether all of its threads stand still, where the system tells; else its process."""
    tasks = f"/proc/{held.pid}/task"
    if not os.path.isdir(tasks):  # noqa: PTH112
        return bool(held.status() == psutil.STATUS_STOPPED)
    states = set()
    with contextlib.suppress(FileNotFoundError):  # killed just now
        for task in os.listdir(tasks):  # noqa: PTH208 - thousands of times
            with contextlib.suppress(OSError), open(f"{tasks}/{task}/stat", "rb") as stat:  # noqa: PTH123
                states.add(stat.read().rpartition(b") ")[2][:1])
    return states <= {b"T", b"t", b"Z", b"X"}


def java_environment(home: Home) -> dict[str, str]:
    """What Neo4j reads from the environment; the user's own NEO4J_* would change its settings."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("NEO4J_", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"))
    }
    return {
        **kept,
        "NEO4J_HOME": str(home.path),
        "NEO4J_CONF": str(home.path / "conf"),
    }


def last_words(file: Path) -> str:
    """The last lines of a program's output that are no stack trace, in one line."""
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return "it left no words"
    lines = [line.strip() for line in text.splitlines()]
    said = [line for line in lines if line and not line.startswith(("at ", "... "))]
    return " / ".join(line[:_LINE_LENGTH] for line in said[-_LAST_LINES:]) or "it left no words"


def _record(home: Home) -> Path:
    return home.path / "run" / _RECORD


def reap(home: Home) -> bool:
    """End the server that a dead emulator left in this home; whether there was one."""
    return processes.reap(_record(home), home.path)
