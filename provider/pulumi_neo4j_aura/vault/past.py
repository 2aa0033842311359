"""What a process knows of a journal, and what a listing shows that it does not know.

A journal only grows: after a year a listing has tens of thousands of records, of which all but a
few are as they were at the last look. Those are compared, and nothing else is done about them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from pulumi_neo4j_aura.vault.catalog import Kept
from pulumi_neo4j_aura.vault.history import History, Record
from pulumi_neo4j_aura.vault.store import Entry

INTENT: Final = "intent.json"
OUTCOME: Final = "outcome.json"

#: The records of one folder, by name, as a listing shows them.
Shown = Mapping[str, Entry]
KeptRecords = Kept[Shown, tuple[Record, ...]]


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a journal; whoever gets it must not change it.

    Attributes:
        kept: what the tries that ended came to, by folder.
        shown: the records as a listing showed them when `kept` was seen to be true of them, by key.
            Empty: that was not seen yet.
        open: folders of tries that nobody ended.
        history: what all of it says.
    """

    kept: Mapping[str, KeptRecords] = field(default_factory=dict)
    shown: Mapping[str, Entry] = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    history: History | None = None

    def after(self, listing: Iterable[Entry]) -> tuple[Past, list[str]]:
        """The same after another look, and the folders whose records have to be read for it.

        Raises:
            AuraError: the listing broke off.
        """
        changed, gone = self._differs(listing)
        if not changed and not gone and self.shown:
            return self, []
        shown = {**self.shown, **changed}
        for key in gone:
            del shown[key]
        return self._updated(shown, {_folder(key) for key in (*changed, *gone)})

    def _differs(self, listing: Iterable[Entry]) -> tuple[dict[str, Entry], set[str]]:
        """Records that are new or were replaced, and the keys of those that are gone."""
        known, same, changed = self.shown.get, set[str](), dict[str, Entry]()
        for entry in listing:
            if known(entry.key) == entry:
                same.add(entry.key)
            elif entry.key.endswith((f"/{INTENT}", f"/{OUTCOME}")):
                changed[entry.key] = entry
        return changed, self.shown.keys() - same - changed.keys()

    def _updated(self, shown: Mapping[str, Entry], touched: set[str]) -> tuple[Past, list[str]]:
        # What a catalog says was not compared with any listing yet: it may tell of more than is.
        kept = dict(self.kept if self.shown else _of(self.kept, touched))
        still_open, fresh = set(self.open - touched), list[str]()
        for folder in touched:
            found = records_in(shown, folder)
            if OUTCOME not in found:
                kept.pop(folder, None)
                still_open.update([folder] if found else [])
            elif folder not in kept or kept[folder].state != state(found):
                kept.pop(folder, None)
                fresh.append(folder)
        return replace(self, kept=kept, shown=shown, open=frozenset(still_open)), sorted(fresh)

    def with_read(self, read: Mapping[str, tuple[Record, ...]]) -> Past:
        """The same with what was read in some folders."""
        if not read:
            return self
        new: dict[str, KeptRecords] = {
            folder: Kept(state(records_in(self.shown, folder)), rows)
            for folder, rows in read.items()
        }
        return replace(self, kept={**self.kept, **new})


def records_in(shown: Mapping[str, Entry], folder: str) -> Shown:
    """The records of one folder."""
    keys = {name: f"{folder}/{name}" for name in (INTENT, OUTCOME)}
    return {name: shown[key] for name, key in keys.items() if key in shown}


def state(found: Shown) -> str:
    """What changes when somebody replaces a record; its bytes are not looked at."""
    return " ".join(
        f"{name} {each.size} {each.modified.isoformat()}" for name, each in sorted(found.items())
    )


def _folder(key: str) -> str:
    return key.rpartition("/")[0]


def _of(kept: Mapping[str, KeptRecords], folders: set[str]) -> dict[str, KeptRecords]:
    return {folder: each for folder, each in kept.items() if folder in folders}
