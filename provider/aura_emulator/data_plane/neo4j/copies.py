"""The copies of stores that stand behind snapshots.

A copy is a folder `<instance>/<copy>` with the database below `data` and a list of the snapshots
that it stands for. It appears under its name only when it is complete, and goes with the last of
its snapshots, so disk use follows the retention of the control plane.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Final

from aura_emulator.data_plane.neo4j.copying import copy_store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
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
        self._held: Counter[str] = Counter()
        self._late: set[str] = set()  # snapshots that were dropped while somebody held them
        self._going: set[Path] = set()  # folders of instances that are gone
        self._recall()

    def _recall(self) -> None:
        for copy in self._folder.glob("*/*"):
            names = [] if copy.suffix in (_PARTIAL, _GOING) else _listed(copy)
            if names:
                self._of.update(dict.fromkeys(names, copy))
            else:  # made or removed only in part
                shutil.rmtree(copy, ignore_errors=True)

    def make(
        self, instance_id: str, data: Path, snapshot_ids: Callable[[], Collection[str]]
    ) -> None:
        """Copy the database below `data` and keep it under the names that are wanted then.

        `snapshot_ids` is asked once, when all is copied: some come and go meanwhile.

        Raises:
            OSError: the copy failed, among others because the disk is full; nothing of it is left.
        """
        copy = self._folder / instance_id / uuid.uuid4().hex
        partial = copy.with_suffix(_PARTIAL)
        try:
            copy_store(data, partial / "data")
            with self._lock:
                wanted = snapshot_ids()
                if wanted:
                    _list(partial, wanted)
                    partial.rename(copy)
                    self._of.update(dict.fromkeys(wanted, copy))
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def data(self, snapshot_id: str) -> Path | None:
        """The `data` folder of the copy behind a snapshot."""
        with self._lock:
            copy = self._of.get(snapshot_id)
        return None if copy is None else copy / "data"

    def snapshots(self) -> set[str]:
        """Every snapshot with a copy."""
        with self._lock:
            return set(self._of)

    def hold(self, snapshot_id: str) -> None:
        """Somebody is going to read this copy, made or not: it stays until `release`.

        A copy that is removed under its reader would look like a store that lacks some files.
        """
        with self._lock:
            self._held[snapshot_id] += 1

    def release(self, snapshot_id: str) -> None:
        """It was read; if it was dropped meanwhile, it goes now."""
        with self._lock:
            self._held[snapshot_id] -= 1
            if self._held[snapshot_id] > 0:
                return
            del self._held[snapshot_id]
            late = snapshot_id in self._late
            self._late.discard(snapshot_id)
        if late:
            self.drop([snapshot_id])

    def held(self, snapshot_id: str) -> bool:
        """Whether somebody is going to read it."""
        with self._lock:
            return snapshot_id in self._held

    def drop(self, snapshot_ids: Iterable[str]) -> None:
        """Forget snapshots; a copy that stands for none any more is removed."""
        with self._lock:
            unused = list(self._forget(snapshot_ids))
            folders = {copy.parent for copy in unused} & self._going
        for copy in unused:
            shutil.rmtree(copy, ignore_errors=True)
        for folder in folders:
            _remove_empty(folder)

    def _forget(self, snapshot_ids: Iterable[str]) -> Iterator[Path]:
        """The folders to be removed, under names that say so."""
        names = set(snapshot_ids)
        self._late |= names & set(self._held)
        touched = {self._of.pop(name) for name in names - set(self._held) if name in self._of}
        for copy in touched:
            left = [name for name, place in self._of.items() if place == copy]
            if left:
                _list(copy, left)
            else:
                yield copy.rename(copy.with_suffix(_GOING))

    def drop_instance(self, instance_id: str) -> None:
        """Forget every snapshot of an instance."""
        folder = self._folder / instance_id
        with self._lock:
            self._going.add(folder)
            names = [name for name, copy in self._of.items() if copy.parent == folder]
        self.drop(names)
        _remove_empty(folder)


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # a copy that is being read stays a little longer
        folder.rmdir()


def _listed(copy: Path) -> list[str]:
    """What a copy stands for; nothing where a removal ended in the middle."""
    try:
        found: list[str] = json.loads((copy / _LIST).read_text())
    except FileNotFoundError:
        return []
    return found


def _list(copy: Path, snapshot_ids: Iterable[str]) -> None:
    fresh = copy / f"{_LIST}.new"
    fresh.write_text(json.dumps(sorted(snapshot_ids)))
    fresh.replace(copy / _LIST)
