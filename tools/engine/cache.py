"""The user's cache folder: a folder in it is complete or not there, and one process makes it.

For `tools/neo4j` as well, which puts this folder on its path.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import progress


def cache_root(name: str) -> Path:
    """Where such things are kept: outside the repository, so that `git clean` costs no minutes."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "pulumi-neo4j-aura" / name


def digest(*files: Path) -> str:
    """A short hash of the files' contents."""
    total = hashlib.sha256()
    for file in files:
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:12]


def remove_leftovers(cache: Path) -> None:
    """Remove what a killed process left; the caller holds the lock, so nobody works there."""
    for folder in cache.glob(".*"):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def complete_or_absent(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes `target` at the end of the block, or vanishes."""
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield work
        work.chmod(0o755)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def locked(cache: Path, waiting: str, *, speaker: str = "engine") -> Iterator[None]:
    """Hold the only right to add to `cache`; says `waiting` while another process holds it."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.ticking(lambda: waiting, speaker=speaker):
                fcntl.flock(file, fcntl.LOCK_EX)
        yield
