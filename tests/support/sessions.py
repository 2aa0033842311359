"""Processes of a session: what a command started, wherever it put it.

The engine gives each plugin a process group of its own, so that a group is not enough to find what
a killed command has left; the session stays the same.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

SECONDS_TO_DIE = 10.0


def session_members(leader: int) -> list[int]:
    """The living processes of the session that `leader` started; zombies do not count."""
    members = []
    for pid in _process_ids():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == leader and not _is_zombie(pid):
                members.append(pid)
    return members


def kill_session(leader: int) -> None:
    """SIGKILL to every process of a session; returns when they are gone."""
    deadline = time.monotonic() + SECONDS_TO_DIE
    while members := session_members(leader):
        if time.monotonic() > deadline:
            raise AssertionError(f"processes {members} outlive SIGKILL")
        for pid in members:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _process_ids() -> list[int]:
    # Small container images have no `ps`, and macOS has no /proc.
    if Path("/proc/self").exists():
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    listing = subprocess.run(["ps", "-A", "-o", "pid="], stdout=subprocess.PIPE, check=True).stdout
    return [int(pid) for pid in listing.split()]


def _is_zombie(pid: int) -> bool:
    # In a container nobody may collect orphans: they stay in the list for ever.
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] == "Z"
