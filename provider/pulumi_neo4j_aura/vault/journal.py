"""Intent before effect: what this machine was about to do, written down before it is done.

Aura has no idempotency key and shows a password once. So the intent is on disk before the call is
sent, and Aura's answer is on disk before anything else happens to it. After a crash the next run
reads the unfinished entries and looks for the effect instead of repeating the call.

One folder per entry: `<root>/<owner>/<entry>/intent.json`, `answer.json`, `outcome.json`, each
created once and never overwritten. `answer.json` may hold a password; it is readable by the user
only and is removed as soon as Pulumi's state holds the password.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.errors import Refused

INTENT, _ANSWER, _OUTCOME = "intent.json", "answer.json", "outcome.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One intended effect. `answer` is what Aura said, `outcome` how it ended; None: not known."""

    owner: str
    id: str
    kind: str
    began_at: datetime
    facts: Mapping[str, str]
    answer: Mapping[str, str] | None = field(default=None, repr=False)
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal below one folder of this machine."""

    root: Path
    clock: Clock

    def begin(self, kind: str, owner: str, facts: Mapping[str, str]) -> Entry:
        """Write the intent, flushed to disk.

        Raises:
            Refused: it cannot be written, so the effect must not happen.
        """
        began = self.clock.now()
        entry = Entry(owner, f"{began:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}", kind, began, facts)
        body = {"kind": kind, "began_at": began.isoformat(), "facts": dict(facts)}
        self._write(entry, INTENT, body)
        return entry

    def record_answer(self, entry: Entry, answer: Mapping[str, str]) -> None:
        """Keep Aura's answer; called before the answer is used for anything."""
        self._write(entry, _ANSWER, dict(answer))

    def finish(self, entry: Entry, outcome: str) -> None:
        """Forget the answer, which may hold a password, and close the entry with its outcome.

        Closing a closed entry changes nothing.
        """
        # The answer goes first: nothing would look for a password in a closed entry again. A kill
        # while it was written may have left a draft of it.
        folder = self._folder(entry)
        for path in (folder / _ANSWER, *folder.glob(f".{_ANSWER}.*")):
            path.unlink(missing_ok=True)
        if not (folder / _OUTCOME).exists():
            body = {"outcome": outcome, "at": self.clock.now().isoformat()}
            self._write(entry, _OUTCOME, body)

    def unfinished(self, kind: str, owner: str, facts: Mapping[str, str]) -> tuple[Entry, ...]:
        """Entries without an outcome that carry these facts, oldest first."""
        found: list[Entry] = []
        for intent in (self.root / owner).glob(f"*/{INTENT}"):
            entry = self._read(owner, intent.parent)
            if entry.kind != kind or entry.outcome is not None:
                continue
            if all(entry.facts.get(key) == value for key, value in facts.items()):
                found.append(entry)
        return tuple(sorted(found, key=lambda entry: (entry.began_at, entry.id)))

    def knows(self, kind: str, owner: str) -> bool:
        """Whether this kind of effect was ever intended for this owner, however it ended."""
        folders = (intent.parent for intent in (self.root / owner).glob(f"*/{INTENT}"))
        return any(self._read(owner, folder).kind == kind for folder in folders)

    def _folder(self, entry: Entry) -> Path:
        return self.root / entry.owner / entry.id

    def _write(self, entry: Entry, name: str, body: Mapping[str, object]) -> None:
        folder = self._folder(entry)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_once(folder / name, json.dumps(body, indent=2, sort_keys=True))
        except OSError as error:
            raise Refused(
                f"The journal entry {folder / name} cannot be written ({error.strerror}); nothing "
                "is created or deleted without it, because a lost answer could not be found again.",
                way_out="Make the folder writable, or set XDG_STATE_HOME to one that is.",
            ) from error

    def _read(self, owner: str, folder: Path) -> Entry:
        try:
            intent = _content(folder / INTENT)
            return Entry(
                owner=owner,
                id=folder.name,
                kind=intent["kind"],
                began_at=datetime.fromisoformat(intent["began_at"]),
                facts=dict(intent["facts"]),
                answer=_optional(folder / _ANSWER),
                outcome=(_optional(folder / _OUTCOME) or {}).get("outcome"),
            )
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise Refused(
                f"The journal entry {folder} cannot be read ({error}); it may stand for an "
                "instance that was created and not yet recorded.",
                way_out="Look for that instance in Aura, then remove the folder.",
            ) from error


def _optional(path: Path) -> dict[str, Any] | None:
    """The content of a file that may be missing. An unreadable one is an error, not missing."""
    return _content(path) if path.exists() else None


def _content(path: Path) -> dict[str, Any]:
    content: object = json.loads(path.read_text())
    if not isinstance(content, dict):
        raise TypeError(f"{path.name} holds no object")
    return content


def _write_once(path: Path, text: str) -> None:
    """Create the file whole or not at all, flushed with its folder; an existing one is an error."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
