"""What a database remembers of itself over the death of the emulator."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_FILE: Final = "database.json"


@dataclass(frozen=True)
class Memory:
    """`filled_by` is the order whose data is in place: the same order again changes nothing."""

    port: int
    password: str
    filled_by: str | None = None


def recall(folder: Path) -> Memory | None:
    """What the database in this folder knows of itself.

    None where nothing was written down: the emulator died before it could.
    """
    try:
        return Memory(**json.loads((folder / _FILE).read_text()))
    except FileNotFoundError:
        return None


def remember(folder: Path, memory: Memory) -> None:
    """Write it down, whole or not at all, for its owner's eyes."""
    file = folder / _FILE
    fresh = file.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(memory)))
    fresh.replace(file)
