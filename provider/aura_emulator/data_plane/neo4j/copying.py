"""Copies and exchanges stores. A folder appears under its final name only when it is complete."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING, Final

from aura_emulator.data_plane.neo4j.home import store_folders

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK: Final = 1 << 30
#: What file systems answer that have no such call.
_UNABLE: Final = (errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP)


def copy_store(data: Path, to: Path) -> None:
    """Copy the database below one `data` folder to below another, which must not have one.

    Raises:
        OSError: among others when the disk is full; what was copied so far is left.
    """
    for source, target in zip(store_folders(data), store_folders(to), strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target, copy_function=_copy_file)


def _copy_file(source: str, target: str) -> str:
    """One file; where the file system can, its blocks are shared instead of copied."""
    if not hasattr(os, "copy_file_range"):
        return shutil.copyfile(source, target)
    try:
        with open(source, "rb") as reading, open(target, "wb") as writing:  # noqa: PTH123
            while os.copy_file_range(reading.fileno(), writing.fileno(), _CHUNK):
                pass
    except OSError as error:
        if error.errno not in _UNABLE:
            raise
        return shutil.copyfile(source, target)
    return target


def exchange_store(data: Path, fresh: Path) -> None:
    """Put the database below `fresh` in the place of the one below `data`, by renames.

    Killed half-way it can be repeated, as long as `fresh` has been made anew.
    """
    for source, target in zip(store_folders(fresh), store_folders(data), strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            shutil.rmtree(target)
        source.rename(target)
