"""Show that a long step is alive: a counting line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# CI services end jobs that are silent, and people press Ctrl-C long before that.
SECONDS_BETWEEN_LINES = 15.0


def say(text: str, *, speaker: str = "engine") -> None:
    """One line for the user; stdout is kept for the answer."""
    print(f"{speaker}: {text}", file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """Elapsed time as `3:07`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


@contextmanager
def ticking(describe: Callable[[], str], *, speaker: str = "engine") -> Iterator[None]:
    """Print what `describe` says and the time elapsed, again and again until the block ends."""
    done = threading.Event()
    thread = threading.Thread(target=_tick, args=(describe, done, speaker), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _tick(describe: Callable[[], str], done: threading.Event, speaker: str) -> None:
    start = time.monotonic()
    terminal = sys.stderr.isatty()
    while not done.wait(1.0 if terminal else SECONDS_BETWEEN_LINES):
        text = f"{describe()}, {clock(time.monotonic() - start)}"
        if terminal:
            print(f"\r{speaker}: {text}\033[K", end="", file=sys.stderr, flush=True)
        else:
            say(text, speaker=speaker)
    if terminal:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def run_counting(
    command: list[str], *, cwd: Path, env: dict[str, str], on_line: Callable[[str], None]
) -> tuple[int, str]:
    """Run a command; `on_line` gets each line of its stderr. Answers exit code and stdout."""
    with subprocess.Popen(
        command, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None  # noqa: S101 - for the type checker
        assert process.stdout is not None  # noqa: S101
        output: list[str] = []
        reader = threading.Thread(target=lambda out=process.stdout: output.append(out.read()))
        reader.start()
        for line in process.stderr:
            on_line(line.rstrip())
        reader.join()
    return process.returncode, "".join(output)
