"""The copies of stores that stand behind snapshots.

A copy is a folder `<instance>/<copy>` with the database below `data` and a list of the snapshots
that it stands for. It appears under its name only when it is complete, and goes with the last of
its snapshots, so disk use follows the retention of the control plane.
"""

from __future__ import annotations

import json
import shutil
import threading
import uuid
from typing import TYPE_CHECKING, Final

from aura_emulator.data_plane.neo4j.copying import copy_store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

_LIST: Final = "snapshots.json"
_PARTIAL: Final = ".part"
_GOING: Final = ".gone"


class Copies:
    """All copies below one folder. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._of: dict[str, Path] = {}  # by snapshot
        self._recall()

    def _recall(self) -> None:
        for copy in self._folder.glob("*/*"):
            if copy.suffix in (_PARTIAL, _GOING):
                shutil.rmtree(copy, ignore_errors=True)
            else:
                self._of.update(dict.fromkeys(_listed(copy), copy))

    def make(self, instance_id: str, data: Path, snapshot_ids: Collection[str]) -> None:
        """Copy the database below `data` and keep it under these names.

        Raises:
            OSError: the copy failed, among others because the disk is full; nothing of it is left.
        """
        copy = self._folder / instance_id / uuid.uuid4().hex
        partial = copy.with_suffix(_PARTIAL)
        try:
            copy_store(data, partial / "data")
            with self._lock:
                _list(partial, snapshot_ids)
                partial.rename(copy)
                self._of.update(dict.fromkeys(snapshot_ids, copy))
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise

    def also(self, snapshot_id: str, others: Collection[str]) -> None:
        """The copy behind a snapshot stands for others too."""
        if not others:
            return
        with self._lock:
            copy = self._of[snapshot_id]
            self._of.update(dict.fromkeys(others, copy))
            _list(copy, [name for name, place in self._of.items() if place == copy])

    def data(self, snapshot_id: str) -> Path | None:
        """The `data` folder of the copy behind a snapshot."""
        with self._lock:
            copy = self._of.get(snapshot_id)
        return None if copy is None else copy / "data"

    def snapshots(self) -> set[str]:
        """Every snapshot with a copy."""
        with self._lock:
            return set(self._of)

    def drop(self, snapshot_ids: Iterable[str]) -> None:
        """Forget snapshots; a copy that stands for none any more is removed."""
        with self._lock:
            touched = {self._of.pop(name) for name in snapshot_ids if name in self._of}
            unused = []
            for copy in touched:
                left = [name for name, place in self._of.items() if place == copy]
                if left:
                    _list(copy, left)
                else:
                    unused.append(copy.rename(copy.with_suffix(_GOING)))
        for copy in unused:
            shutil.rmtree(copy, ignore_errors=True)

    def drop_instance(self, instance_id: str) -> None:
        """Forget every snapshot of an instance."""
        folder = self._folder / instance_id
        with self._lock:
            self._of = {name: copy for name, copy in self._of.items() if copy.parent != folder}
        shutil.rmtree(folder, ignore_errors=True)


def _listed(copy: Path) -> list[str]:
    found: list[str] = json.loads((copy / _LIST).read_text())
    return found


def _list(copy: Path, snapshot_ids: Iterable[str]) -> None:
    fresh = copy / f"{_LIST}.new"
    fresh.write_text(json.dumps(sorted(snapshot_ids)))
    fresh.replace(copy / _LIST)
