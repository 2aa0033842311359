"""Starts programs so that none of them outlives its emulator unnoticed.

A program writes its own process id down before it becomes what it is to be, so there is no moment
at which it runs and nobody knows. The next emulator in the same folder ends what is left, and only
that: the process must have the recorded id, be as old as recorded, and name the folder in its
command line.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_END_SECONDS: Final = 10.0
#: Clocks are corrected while machines run, and with them what systems say of a start time.
_START_TOLERANCE_SECONDS: Final = 2.0
# `exec` keeps the process id, so what is written is the id of the program itself.
_RECORDING_SHELL: Final = 'echo $$ > "$0.new" && mv "$0.new" "$0" && exec "$@"'


@dataclass(frozen=True)
class Record:
    """What was written down of a process; `started` None if its emulator died before it could."""

    pid: int
    started: float | None


def launch(
    record: Path, command: Sequence[str], output: IO[bytes], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a program in the background, its output in a file, its identity in `record`.

    It gets a session of its own, so that Ctrl-C in a terminal reaches the emulator alone, which
    then stops its servers in order.
    """
    forget(record)  # both files: a start time of before would hide a process from `reap`
    process = subprocess.Popen(  # noqa: S603 - our own command line
        ["/bin/sh", "-c", _RECORDING_SHELL, str(record), *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        start_new_session=True,
    )
    _write(record.with_suffix(".started"), process.pid)
    return process


def _write(record: Path, pid: int) -> None:
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return  # ended already
    record.write_text(json.dumps({"pid": pid, "started": started}))


def reap(record: Path, folder: Path) -> bool:
    """End the process of `record` if it still is that process; whether there was one.

    Args:
        record: as given to `launch`.
        folder: a path that stands in the command line of our program and of no other.
    """
    known = _read(record)
    if known is None:
        return False
    try:
        process = psutil.Process(known.pid)
        if not _is_ours(process, known, folder):
            return False
        process.kill()
        process.wait(_END_SECONDS)
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # gone, or another user's
        return False
    return True


def _read(record: Path) -> Record | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(record.with_suffix(".started").read_text())
        return Record(int(found["pid"]), float(found["started"]))
    with contextlib.suppress(OSError, ValueError):
        return Record(int(record.read_text()), None)
    return None


def _is_ours(process: psutil.Process, known: Record, folder: Path) -> bool:
    if known.started is not None:
        apart = abs(process.create_time() - known.started)
        if apart > _START_TOLERANCE_SECONDS:
            return False
    return any(str(folder) in argument for argument in process.cmdline())


def forget(record: Path) -> None:
    """The program ended in our sight."""
    record.unlink(missing_ok=True)
    record.with_suffix(".started").unlink(missing_ok=True)
