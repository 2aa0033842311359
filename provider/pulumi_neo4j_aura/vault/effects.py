"""The journal of effects: what a reconciler was about to do, and how it ended.

One folder for each try of each action: `journal/<action>-<try>/intent.json`, created before the
effect, and `outcome.json` after it. The folder's name follows from the action alone, so of two who
want the same effect exactly one gets to write the intent. Slots that end without an effect are
records too. What they come to is remembered in the catalog, which can be made anew at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.domain.plain import plain
from pulumi_neo4j_aura.domain.slot import Slot, SlotOutcome
from pulumi_neo4j_aura.errors import AuraError, Busy, NotFound, Refused
from pulumi_neo4j_aura.vault import history, layout, records
from pulumi_neo4j_aura.vault.history import History, Intent, Record
from pulumi_neo4j_aura.vault.recent import Recent
from pulumi_neo4j_aura.vault.store import Entry
from pulumi_neo4j_aura.vault.vault import Vault

_INTENT, _OUTCOME = "intent.json", "outcome.json"
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


_Kept = tuple[str, tuple[Record, ...]]
#: What journals came to that were read or written lately.
_READ: Final[Recent[Mapping[str, _Kept]]] = Recent()


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
            if not self.vault.store.create(f"{folder}/{_INTENT}", records.dump(body)):
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
        self.vault.store.create(f"{intent.id}/{_OUTCOME}", records.dump(ended))

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
        self.vault.store.create(f"{folder}/{_OUTCOME}", records.dump(body))
        self._end_tries({each.slot.id: each.reason for each in outcomes})

    def _end_tries(self, settled: Mapping[str, str]) -> None:
        """Whoever died after its effect left a try open, and the slot was found to be done."""
        for intent in self.read().unfinished:
            reason = settled.get(intent.key.partition(" ")[2])
            if reason is not None:
                self.finish(intent, history.SKIPPED, reason, {})

    def _outcome(self, folder: str) -> dict[str, Any] | None:
        """How a try ended; None: it certainly did not."""
        key = f"{folder}/{_OUTCOME}"
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
        key = f"{folder}/{_INTENT}"
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
        listed: dict[str, dict[str, Entry]] = {}
        for entry in self.vault.store.list(layout.JOURNAL):
            folder, _, name = entry.key.rpartition("/")
            if name in {_INTENT, _OUTCOME}:
                listed.setdefault(folder, {})[name] = entry
        states = {each: _state(found) for each, found in listed.items() if _OUTCOME in found}
        remembered = self._remembered()
        known = {
            folder: kept for folder, kept in remembered.items() if states.get(folder) == kept[0]
        }
        fresh = sorted(states.keys() - known.keys())
        with ThreadPoolExecutor(_READERS) as pool:
            read = list(pool.map(self._ended, fresh))
            begun = list(pool.map(self._begun, sorted(listed.keys() - states.keys())))
        found = known | {f: (states[f], rows) for f, rows in zip(fresh, read, strict=True)}
        if fresh or len(found) != len(remembered):
            self._remember(found)
        ended = (row for _, (_, rows) in sorted(found.items()) for row in rows)
        return History(tuple(ended), tuple(begun))

    def _ended(self, folder: str) -> tuple[Record, ...]:
        try:
            outcome = records.load(self.vault.store, f"{folder}/{_OUTCOME}")
            if "slots" in outcome:
                return tuple(history.of_slot(each, outcome["at"]) for each in outcome["slots"])
            intent = records.load(self.vault.store, f"{folder}/{_INTENT}")
            return (history.of_effect(intent, outcome),)
        except NotFound as error:
            raise records.damaged(self.vault.store, folder, "its intent is missing") from error
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise records.damaged(self.vault.store, folder, str(error)) from error

    def _begun(self, folder: str) -> Intent:
        intent = records.load(self.vault.store, f"{folder}/{_INTENT}")
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

    def _remembered(self) -> Mapping[str, _Kept]:
        """What the catalog has, with the state of the records when they were read.

        Anything odd about it: nothing. It saves reading, and must not decide anything.
        """
        try:
            return _READ.of(self.vault.store.get(layout.PAST), _kept)
        except (AuraError, ValueError, TypeError, AttributeError):
            return {}
        except (ArithmeticError, LookupError, RecursionError):
            return {}

    def _remember(self, found: Mapping[str, _Kept]) -> None:
        text = json.dumps({"folders": found}, default=plain, ensure_ascii=False)
        data = text.encode(errors="surrogatepass")
        try:
            self.vault.store.put(layout.PAST, data)
            _READ.keep(data, found)
        except AuraError:
            return  # a reader without the right to write reads everything again


def _kept(data: bytes) -> Mapping[str, _Kept]:
    return {
        str(folder): (str(state), tuple(Record(**each) for each in rows))
        for folder, (state, rows) in json.loads(data)["folders"].items()
    }


def _folder(key: str, number: int) -> str:
    """One try's folder: readable, and the same for everybody who wants the same."""
    mark = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:10]
    return f"{layout.JOURNAL}/{layout.segment(f'{key} {mark}')}-{number:03d}"


def _state(found: Mapping[str, Entry]) -> str:
    """What changes when somebody replaces a record; its bytes are not looked at."""
    return " ".join(
        f"{name} {each.size} {each.modified.isoformat()}" for name, each in sorted(found.items())
    )
