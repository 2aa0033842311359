"""The journal of effects: what a reconciler was about to do, and how it ended.

One folder for each try of each action: `journal/<action>-<try>/intent.json`, created before the
effect, and `outcome.json` after it. The folder's name follows from the action alone, so of two who
want the same effect exactly one gets to write the intent. Slots that end without an effect are
records too. What they come to is remembered in the catalog, which can be made anew at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any, Final, TypeVar

from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.domain.slot import Slot, SlotOutcome
from pulumi_neo4j_aura.errors import AuraError, Busy, NotFound, Refused
from pulumi_neo4j_aura.vault import catalog, history, layout, records
from pulumi_neo4j_aura.vault.catalog import Kept
from pulumi_neo4j_aura.vault.history import History, Intent, Record
from pulumi_neo4j_aura.vault.past import INTENT, OUTCOME, Past
from pulumi_neo4j_aura.vault.recent import Recent
from pulumi_neo4j_aura.vault.vault import Vault

T = TypeVar("T")

_READERS: Final = 16

#: Tries of one action that are counted; a thousand failures of one slot are a defect, not a wait.
_MOST_TRIES: Final = 1000


@dataclass(frozen=True, slots=True)
class Wish:
    """One action that is to be done.

    Attributes:
        key: names it: equal for everybody who wants the same effect.
        kind: of action.
        policy: whose.
        instance_id: which instance it is about.
        facts: for people; never a secret.
        slot: which it is for.
        once: whether an action that was done is never done again.
    """

    key: str
    kind: str
    policy: str
    instance_id: str
    facts: Mapping[str, str]
    slot: Slot | None = None
    once: bool = True


#: What journals came to that were read or written lately.
_READ: Final[Recent[Past]] = Recent()


@dataclass(frozen=True, slots=True)
class EffectJournal:
    """The journal of one vault. Thread-safe; holds nothing of what it saw."""

    vault: Vault
    clock: Clock

    # --- writing ------------------------------------------------------------------------------

    def begin(self, wish: Wish, epoch: int) -> Intent:
        """Write the intent of the action's next try, or go on with one that nobody ended.

        Only who has the lease may call this: a try without an outcome is a dead run's then.

        Raises:
            Refused: it was done already, or failed too often.
            Busy: a later holder of the lease began it.
            AuraError: the intent cannot be written, so the effect must not happen.
        """
        began = self.clock.now()
        body = {
            "key": wish.key,
            "kind": wish.kind,
            "policy": wish.policy,
            "instance_id": wish.instance_id,
            "rule": wish.slot.rule if wish.slot else "",
            "due": wish.slot.due.isoformat() if wish.slot else "",
            "began_at": began.isoformat(),
            "epoch": epoch,
            "facts": dict(wish.facts),
        }
        for number in range(1, _MOST_TRIES + 1):
            folder = _folder(wish.key, number)
            if not self.vault.store.create(f"{folder}/{INTENT}", records.dump(body)):
                ended = self._outcome(folder)
                if ended is not None and wish.once and ended["state"] == history.DONE:
                    raise Refused(
                        f"{wish.key} was done already.", way_out="There is nothing to do."
                    )
                if ended is not None:
                    continue
                self._require_older(folder, epoch)
            return Intent(folder, wish.key, wish.kind, wish.policy, wish.instance_id, began)
        raise Refused(
            f"{wish.key} was tried {_MOST_TRIES} times.",
            way_out="Look at the journal of the vault.",
        )

    def finish(self, intent: Intent, state: str, reason: str, facts: Mapping[str, str]) -> None:
        """Say how a try ended: `done`, `failed` or `skipped`. Never with a secret in `facts`.

        Raises:
            AuraError: it cannot be written; the next run finds the try open and looks again.
        """
        # Whatever a handler hands over: what does not read as it must freezes the whole vault.
        told = {str(name): str(value) for name, value in facts.items()}
        body = {"state": state, "reason": reason, "facts": told}
        ended = {**body, "at": self.clock.now().isoformat()}
        self.vault.store.create(f"{intent.id}/{OUTCOME}", records.dump(ended))

    def settle(self, outcomes: Collection[SlotOutcome]) -> None:
        """Record slots that ended without an effect, and that open tries for them are over.

        Only who has the lease may call this.

        Raises:
            AuraError: it cannot be written; the same is recorded by the next run.
        """
        told = [
            {
                "policy": each.slot.policy,
                "rule": each.slot.rule,
                "instance_id": each.slot.instance_id,
                "due": each.slot.due.isoformat(),
                "ended": each.ended.value,
                "reason": each.reason,
                "count": each.count,
            }
            for each in outcomes
        ]
        if not told:
            return
        # The same for everybody who records the same slots, however often.
        mark = hashlib.sha256(records.dump({"slots": told})).hexdigest()[:10]
        newest = max(each.slot.due for each in outcomes).astimezone(UTC)
        folder = f"{layout.JOURNAL}/slots-{newest:%Y%m%dT%H%M%SZ}-{mark}"
        body = {"state": history.SETTLED, "at": self.clock.now().isoformat(), "slots": told}
        self.vault.store.create(f"{folder}/{OUTCOME}", records.dump(body))
        self._end_tries({each.slot.id: each.reason for each in outcomes})

    def _end_tries(self, settled: Mapping[str, str]) -> None:
        """Whoever died after its effect left a try open, and the slot was found to be done."""
        for intent in self.unfinished():
            reason = settled.get(intent.key.partition(" ")[2])
            if reason is not None:
                self.finish(intent, history.SKIPPED, reason, {})

    def _outcome(self, folder: str) -> dict[str, Any] | None:
        """How a try ended; None: it certainly did not."""
        key = f"{folder}/{OUTCOME}"
        try:
            found = records.load(self.vault.store, key)
        except NotFound:
            return None
        if "state" not in found:
            raise records.damaged(self.vault.store, key, "it says no state")
        return found

    def _require_older(self, folder: str, epoch: int) -> None:
        """See that an open try is not of somebody who had the lease after us.

        Raises:
            Busy: it is: we slept past the end of our lease.
        """
        key = f"{folder}/{INTENT}"
        try:
            theirs = int(records.load(self.vault.store, key)["epoch"])
        except (KeyError, ValueError, TypeError) as error:
            raise records.damaged(self.vault.store, key, str(error)) from error
        if theirs > epoch:
            raise Busy(
                f"A later holder of the lease works on {self.vault.store.url}/{folder}.",
                way_out="Nothing has to be done; it goes on there.",
            )

    # --- reading ------------------------------------------------------------------------------

    def read(self) -> History:
        """All that the journal says, whole.

        Raises:
            AuraError: it could not be seen whole, or a record is damaged.
        """
        data, before = self._remembered()
        past, fresh = before.after(self.vault.store.list(layout.JOURNAL))
        past = past.with_read(dict(zip(fresh, _at_once(self._ended, fresh), strict=True)))
        known = self._history(before, past)
        past = replace(past, history=known)
        if fresh or past.kept.keys() != before.kept.keys():
            self._remember(past)
        elif data:
            _READ.keep(data, past)
        return known

    def _history(self, before: Past, past: Past) -> History:
        """What it says; the same value where nothing happened, since that knows what follows."""
        begun = self._open(past.open)
        known = before.history
        if known is not None and past.kept is before.kept and known.unfinished == begun:
            return known
        ended = (row for folder in sorted(past.kept) for row in past.kept[folder].value)
        return History(tuple(ended), begun)

    def unfinished(self) -> tuple[Intent, ...]:
        """The tries that nobody ended; what ended is listed and not read.

        Raises:
            AuraError: it could not be seen whole, or an open try's intent is damaged.
        """
        folders: dict[str, set[str]] = {INTENT: set(), OUTCOME: set()}
        for entry in self.vault.store.list(layout.JOURNAL):
            folder, _, name = entry.key.rpartition("/")
            folders.setdefault(name, set()).add(folder)
        return self._open(folders[INTENT] - folders[OUTCOME])

    def _open(self, folders: Collection[str]) -> tuple[Intent, ...]:
        return tuple(_at_once(self._begun, sorted(folders)))

    def _ended(self, folder: str) -> tuple[Record, ...]:
        try:
            outcome = records.load(self.vault.store, f"{folder}/{OUTCOME}")
            if "slots" in outcome:
                return tuple(history.of_slot(each, outcome["at"]) for each in outcome["slots"])
            intent = records.load(self.vault.store, f"{folder}/{INTENT}")
            return (history.of_effect(intent, outcome),)
        except NotFound as error:
            raise records.damaged(self.vault.store, folder, "its intent is missing") from error
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise records.damaged(self.vault.store, folder, str(error)) from error

    def _begun(self, folder: str) -> Intent:
        intent = records.load(self.vault.store, f"{folder}/{INTENT}")
        try:
            return Intent(
                folder,
                records.text(intent["key"]),
                records.text(intent["kind"]),
                records.text(intent["policy"]),
                records.text(intent["instance_id"]),
                records.moment(intent["began_at"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise records.damaged(self.vault.store, folder, str(error)) from error

    def _remembered(self) -> tuple[bytes, Past]:
        """What the catalog has, with the state of the records when they were read.

        Anything odd about it: nothing. It saves reading, and must not decide anything.
        """
        try:
            data = self.vault.store.get(layout.PAST)
            return data, _READ.of(data, _past)
        except (AuraError, ValueError, TypeError, AttributeError):
            return b"", Past()
        except (ArithmeticError, LookupError, RecursionError):
            return b"", Past()

    def _remember(self, past: Past) -> None:
        data = catalog.dump("folders", past.kept)
        try:
            self.vault.store.put(layout.PAST, data)
            _READ.keep(data, past)
        except AuraError:
            return  # a reader without the right to write reads everything again


def _past(data: bytes) -> Past:
    return Past(
        {
            str(folder): Kept(str(state), tuple(Record(**each) for each in rows))
            for folder, (state, rows) in json.loads(data)["folders"].items()
        }
    )


def _at_once(read: Callable[[str], T], folders: Sequence[str]) -> list[T]:
    """What lies in some folders; where there are none, no threads are made."""
    if not folders:
        return []
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(read, folders))


def _folder(key: str, number: int) -> str:
    """One try's folder: readable, and the same for everybody who wants the same."""
    mark = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:10]
    return f"{layout.JOURNAL}/{layout.segment(f'{key} {mark}')}-{number:03d}"
