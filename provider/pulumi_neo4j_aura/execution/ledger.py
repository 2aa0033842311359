"""Which parts of an export are in the vault already, so that a kill costs one part and not hours.

A file of this machine, one line a part, each flushed before the next part begins. It says nothing
about whether the export exists: only the manifest does. What it names is checked like everything
else before the manifest is written.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.vault.manifest import Part

_FILE = "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class Done:
    """One part that lies in the vault whole, and the ids of its rows (an `IdSet`'s bytes)."""

    part: Part
    ids: bytes


@dataclass(frozen=True, slots=True)
class Ledger:
    """The parts that one export has finished on this machine.

    `source` names what was read: ids mean something only in one database, so that what was read
    from another one is forgotten.
    """

    folder: Path
    source: Mapping[str, str]

    def done(self) -> tuple[Done, ...]:
        """The finished parts in the order in which they were written; none of another source."""
        lines = self._lines()
        if not lines or not self._is_ours(lines[0]):
            return ()
        found = (_parsed(line) for line in lines[1:])
        return tuple(_done(each) for each in found if each is not None)

    def add(self, part: Part, ids: bytes) -> None:
        """Remember a part, flushed to disk.

        Raises:
            Refused: it cannot be written; the part would be made again after a crash.
        """
        row = {"part": asdict(part), "ids": base64.b64encode(ids).decode()}
        begun = self._begun()
        rows = [row] if begun else [dict(self.source), row]
        self._append("".join(json.dumps(each) + "\n" for each in rows), fresh=not begun)

    def forget(self) -> None:
        """Remove it: the export exists, or will never."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _begun(self) -> bool:
        """Whether it is of this source; the parts are not read for that, each grows the file."""
        try:
            with (self.folder / _FILE).open() as file:
                return self._is_ours(file.readline())
        except OSError:
            return False

    def _is_ours(self, line: str) -> bool:
        return _parsed(line) == dict(self.source)

    def _lines(self) -> list[str]:
        try:
            return (self.folder / _FILE).read_text().splitlines()
        except OSError:
            return []

    def _append(self, text: str, *, fresh: bool) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            mode = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if fresh else os.O_APPEND)
            handle = os.open(self.folder / _FILE, mode, 0o600)
            with os.fdopen(handle, "a") as file:
                # A line that a kill cut short must not swallow this one.
                file.write(text if fresh or self._whole() else f"\n{text}")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Refused(
                f"The export's record {self.folder / _FILE} cannot be written ({error.strerror}).",
                way_out="Make the folder writable, or set XDG_STATE_HOME to one that is.",
            ) from error

    def _whole(self) -> bool:
        with (self.folder / _FILE).open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() == b"\n"


def _parsed(line: str) -> dict[str, object] | None:
    """A line's content; None for one that a kill cut short."""
    try:
        content: object = json.loads(line)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _done(row: Mapping[str, object]) -> Done:
    part, ids = row["part"], row["ids"]
    assert isinstance(part, dict) and isinstance(ids, str)  # noqa: PT018, S101 - our own file
    return Done(Part(**part), base64.b64decode(ids))
