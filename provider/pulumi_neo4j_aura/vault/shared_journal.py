"""The journal of creates and deletes, kept on this machine and in the vault.

What this machine was about to ask of Aura lies in the vault as well, so that another machine finds
a clone or a snapshot that it left under way. Answers with a password stay on this machine: there
the other one sees only that something was asked for, and looks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pulumi_neo4j_aura.errors import AuraError, NotFound
from pulumi_neo4j_aura.vault import journal, layout, records
from pulumi_neo4j_aura.vault.journal import Entry, Journal
from pulumi_neo4j_aura.vault.store import Store

_SECRET: Final = "password"  # noqa: S105 - a key, not a password


@dataclass(frozen=True, slots=True)
class SharedJournal(Journal):
    """A journal below one folder of this machine and in one vault."""

    store: Store

    def begin(self, kind: str, owner: str, facts: Mapping[str, str]) -> Entry:
        """Write the intent, here and in the vault, before anything is asked of Aura.

        Raises:
            Refused: it cannot be written here.
            AuraError: it cannot be written in the vault; the effect must not happen.
        """
        entry = Journal.begin(self, kind, owner, facts)
        body = {"kind": kind, "began_at": entry.began_at.isoformat(), "facts": dict(facts)}
        try:
            self.store.create(f"{_folder(entry)}/intent.json", records.dump(body))
        except AuraError:
            Journal.finish(self, entry, "not begun: the vault could not be written")
            raise
        return entry

    def record_answer(self, entry: Entry, answer: Mapping[str, str]) -> None:
        """Keep Aura's answer; what holds a password stays on this machine."""
        Journal.record_answer(self, entry, answer)
        if _SECRET not in answer:
            self.store.create(f"{_folder(entry)}/answer.json", records.dump(dict(answer)))

    def finish(self, entry: Entry, outcome: str) -> None:
        """Close the entry, in the vault first: an open one is looked for, a closed one never."""
        body = {"outcome": outcome, "at": self.clock.now().isoformat()}
        self.store.create(f"{_folder(entry)}/outcome.json", records.dump(body))
        Journal.finish(self, entry, outcome)

    def unfinished(self, kind: str, owner: str, facts: Mapping[str, str]) -> tuple[Entry, ...]:
        """Open entries with these facts, of this machine and of others, oldest first."""
        own = Journal.unfinished(self, kind, owner, facts)
        known = {entry.id for entry in own}
        others = [
            entry
            for entry in self._elsewhere(owner)
            if entry.id not in known and entry.kind == kind and not self._is_here(entry)
        ]
        fitting = [each for each in others if _carries(each, facts)]
        return tuple(sorted((*own, *fitting), key=lambda each: (each.began_at, each.id)))

    def knows(self, kind: str, owner: str) -> bool:
        """Whether this kind of effect was ever intended for this owner, on any machine."""
        return Journal.knows(self, kind, owner) or any(
            entry.kind == kind for entry in self._elsewhere(owner, closed=True)
        )

    def _is_here(self, entry: Entry) -> bool:
        """Whether this machine has the entry, so that what it says of it counts."""
        return (self.root / entry.owner / entry.id / journal.INTENT).exists()

    def _elsewhere(self, owner: str, *, closed: bool = False) -> Iterator[Entry]:
        top = f"{layout.INTENTS}/{layout.segment(owner)}"
        names: dict[str, set[str]] = {}
        for each in self.store.list(top):
            folder, _, name = each.key.rpartition("/")
            names.setdefault(folder, set()).add(name)
        for folder, found in names.items():
            if "intent.json" in found and (closed or "outcome.json" not in found):
                yield self._of_another(owner, folder, has_answer="answer.json" in found)

    def _of_another(self, owner: str, folder: str, *, has_answer: bool) -> Entry:
        key = f"{folder}/intent.json"
        try:
            body = records.load(self.store, key)
            answer = records.load(self.store, f"{folder}/answer.json") if has_answer else None
            began = records.moment(body["began_at"])
            name = folder.rpartition("/")[2]
            return Entry(
                owner, name, records.text(body["kind"]), began, dict(body["facts"]), answer
            )
        except (NotFound, KeyError, ValueError, TypeError) as error:
            raise records.damaged(self.store, key, str(error)) from error


def _folder(entry: Entry) -> str:
    return f"{layout.INTENTS}/{layout.segment(entry.owner)}/{layout.segment(entry.id)}"


def _carries(entry: Entry, facts: Mapping[str, str]) -> bool:
    return all(entry.facts.get(key) == value for key, value in facts.items())
