"""What the journal of effects says, once it is read: values only.

How each try of each action ended, which slots were settled, and what follows from it for the next
plan: when a rule ran last, what was deleted lately, how long a restore took.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from pulumi_neo4j_aura.domain.observed import MissingExport, Past
from pulumi_neo4j_aura.domain.slot import Ended
from pulumi_neo4j_aura.vault import records

DONE, FAILED, SKIPPED, SETTLED = "done", "failed", "skipped", "settled"
EXPORT: Final = "ExportSnapshot"
PRUNE: Final = "PruneExport"
#: What the vault itself writes about each prune, whoever decided on it.
PRUNED_OBJECTS: Final = "PruneObjects"


@dataclass(frozen=True, slots=True)
class Intent:
    """One try of one action whose intent is written. `key` names the action."""

    id: str
    key: str
    kind: str
    policy: str
    instance_id: str
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """What one folder of the journal comes to; times are UTC.

    Raises:
        ValueError, KeyError: it makes no sense.
    """

    kind: str = ""
    key: str = ""
    policy: str = ""
    instance_id: str = ""
    rule: str = ""
    due: str = ""
    at: str = ""
    state: str = ""
    reason: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Nothing of this is looked at again where it is used."""
        texts = [getattr(self, name) for name in _TEXTS]
        if not all(isinstance(each, str) for each in (*texts, *self.facts, *self.facts.values())):
            raise ValueError("it holds something that is no text")
        for time in filter(None, (self.at, self.due)):
            if records.moment(time).isoformat() != time or records.moment(time).utcoffset():
                raise ValueError(f"{time} is not as it was written")
        timedelta(seconds=float(self.facts.get("restore_seconds", 0)))
        if "recreated" in self.facts:
            _ = self.facts["instance_id"]
        if self.kind == EXPORT and "export_id" in self.facts:
            records.moment(self.facts["moment"])


_TEXTS: Final = tuple(each.name for each in fields(Record) if each.name != "facts")


@dataclass(frozen=True)
class History:
    """What a journal says: tries that ended, slots that were settled, and tries that are open.

    What follows from that is worked out once, and must not be changed by who gets it.
    """

    ended: tuple[Record, ...]
    unfinished: tuple[Intent, ...]

    def pasts(self) -> Mapping[tuple[str, str, str], Past]:
        """By policy, rule and instance: what was settled last, and failures since."""
        return self._pasts

    @cached_property
    def _pasts(self) -> Mapping[tuple[str, str, str], Past]:
        found: dict[tuple[str, str, str], Past] = {}
        for each in sorted(self._of_slots(), key=lambda record: (record.at, record.due)):
            place = (each.policy, each.rule, each.instance_id)
            found[place] = _after(found.get(place, Past()), each)
        return found

    def _of_slots(self) -> Iterator[Record]:
        return (each for each in self.ended if each.due)

    def deletes_since(
        self, moment: datetime, there: Container[str] = ()
    ) -> dict[str, tuple[datetime, ...]]:
        """Times of prunes, by policy.

        Args:
            moment: from when on.
            there: ids of the exports that exist. A prune that nobody ended counts unless its export
                is there: else whoever dies after each one would have no budget.
        """
        done = [
            (each.policy, datetime.fromisoformat(each.at))
            for each in self.ended
            if each.kind == PRUNE and each.state == DONE
        ]
        begun = [
            (each.policy, each.began_at)
            for each in self.unfinished
            if each.kind == PRUNE and each.key.rpartition(" ")[2] not in there
        ]
        found: dict[str, list[datetime]] = {}
        for policy, at in (*done, *begun):
            if at >= moment:
                found.setdefault(policy, []).append(at)
        return {policy: tuple(sorted(times)) for policy, times in found.items()}

    def missing(self, there: Container[str]) -> tuple[MissingExport, ...]:
        """Exports that were made, that no prune removed, and that are not there.

        Args:
            there: ids of the exports that exist, seen after this journal was read.
        """
        going = {each.key.rpartition(" ")[2] for each in self.unfinished if each.kind in _PRUNES}
        return tuple(
            each
            for each in self._unpruned
            if each.export_id not in there and each.export_id not in going
        )

    @cached_property
    def _unpruned(self) -> tuple[MissingExport, ...]:
        """Exports that were made and that no prune removed since."""
        removed = {each.key.rpartition(" ")[2]: each.at for each in self.ended if _removed(each)}
        found: dict[str, MissingExport] = {}
        for each in self.ended:
            export_id = each.facts.get("export_id", "")
            made = each.kind == EXPORT and each.state == DONE and export_id
            if made and removed.get(export_id, "") < each.at:
                moment = records.moment(each.facts["moment"])
                found[export_id] = MissingExport(export_id, each.instance_id, moment)
        return tuple(found[each] for each in sorted(found))

    def restore_seconds(self) -> Mapping[str, timedelta]:
        """The newest measured time to a usable instance, by the instance that was copied."""
        return self._restore_seconds

    @cached_property
    def _restore_seconds(self) -> Mapping[str, timedelta]:
        found: dict[str, tuple[str, timedelta]] = {}
        for each in self.ended:
            seconds = each.facts.get("restore_seconds")
            if seconds and each.at >= found.get(each.instance_id, ("",))[0]:
                found[each.instance_id] = (each.at, timedelta(seconds=float(seconds)))
        return {instance: span for instance, (_, span) in found.items()}

    def recreated(self) -> Mapping[str, str]:
        """Ids of lost instances that were created again, and the ids that they have now."""
        return self._recreated

    @cached_property
    def _recreated(self) -> Mapping[str, str]:
        return {
            each.facts["recreated"]: each.facts["instance_id"]
            for each in self.ended
            if each.state == DONE and "recreated" in each.facts
        }


_PRUNES: Final = (PRUNE, PRUNED_OBJECTS)


def _removed(record: Record) -> bool:
    return record.kind in _PRUNES and record.state == DONE


def _utc(text: object) -> str:
    """A time as times are compared."""
    return records.moment(text).astimezone(UTC).isoformat()


def of_effect(intent: Mapping[str, Any], outcome: Mapping[str, Any]) -> Record:
    """A try that ended.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, OverflowError: it makes no sense.
    """
    return Record(
        kind=records.text(intent["kind"]),
        key=records.text(intent["key"]),
        policy=records.text(intent["policy"]),
        instance_id=records.text(intent["instance_id"]),
        rule=records.text(intent["rule"]),
        due=_utc(intent["due"]) if intent["due"] else "",
        at=_utc(outcome["at"]),
        state=records.text(outcome["state"]),
        reason=records.text(outcome["reason"]),
        facts=dict(outcome["facts"].items()),
    )


def of_slot(slot: Mapping[str, Any], at: object) -> Record:
    """A slot that ended without an effect.

    Raises:
        ValueError, KeyError, TypeError: it makes no sense.
    """
    return Record(
        kind="slot",
        policy=records.text(slot["policy"]),
        instance_id=records.text(slot["instance_id"]),
        rule=records.text(slot["rule"]),
        due=_utc(slot["due"]),
        at=_utc(at),
        state=SETTLED,
        reason=records.text(slot["reason"]),
        facts={"ended": records.text(slot["ended"])},
    )


def _after(past: Past, record: Record) -> Past:
    """The past with one more record, in the order of time."""
    due = datetime.fromisoformat(record.due)
    if past.settled is not None and past.settled > due:
        return past
    if record.state in {DONE, SETTLED}:
        return Past(settled=due, missed=record.facts.get("ended") == Ended.MISSED)
    if record.state == FAILED:
        at = datetime.fromisoformat(record.at)
        return Past(past.settled, at, past.failures + 1, record.reason)
    return past
