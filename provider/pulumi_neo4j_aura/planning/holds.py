"""Holds: named reasons why a copy must not be pruned, from policies and from the vault.

Whatever is in doubt holds: an end that cannot be read is no end, a day holds until it is over
everywhere on earth, and a time without an offset is read in the zone that is farthest behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from pulumi_neo4j_aura.domain.copies import moment_text
from pulumi_neo4j_aura.domain.observed import ObservedExport, ObservedVault
from pulumi_neo4j_aura.domain.policy import Hold, Policy

#: Where a day ends last (IANA `Etc/GMT+12`).
_FARTHEST_BEHIND = timezone(timedelta(hours=-12))


@dataclass(frozen=True, slots=True)
class ActiveHold:
    """A hold whose end is known. `until` None: it has none, or (`doubt`) none that can be read."""

    name: str
    copy: str
    reason: str
    until: datetime | None = None
    doubt: str = ""

    def covers(self, export: ObservedExport) -> bool:
        """Whether it holds this export: by its id, or by its instance's."""
        return self.copy in (export.export_id, export.instance_id)

    @property
    def text(self) -> str:
        """The hold as a reason: `hold legal: case 42 until 2027-01-01T00:00Z`."""
        said = f"hold {self.name}: {self.reason or 'no reason given'}"
        if self.until is not None:
            return f"{said} until {moment_text(self.until)}"
        if self.doubt:
            return f"{said} (its end {self.doubt!r} cannot be read, so it does not end)"
        return f"{said} (without end)"


def active(policy: Policy, vault: ObservedVault, now: datetime) -> tuple[ActiveHold, ...]:
    """Holds of a policy and of its vault that hold at `now`, by name, then copy."""
    return active_in(vault, (policy,), now)


def active_in(
    vault: ObservedVault, policies: Iterable[Policy], now: datetime
) -> tuple[ActiveHold, ...]:
    """Holds of a vault and of several policies that hold at `now`, by name, then copy."""
    return _ordered(each for each in _every(policies, vault) if not _over(each, now))


def ended(policy: Policy, vault: ObservedVault, now: datetime) -> tuple[ActiveHold, ...]:
    """Holds that are still written down but hold no more at `now`: for findings."""
    return _ordered(each for each in _every((policy,), vault) if _over(each, now))


def end_of(text: str) -> datetime | None:
    """The moment at which a hold with this end ends; None: never.

    Args:
        text: a date or a date with a time, ISO 8601. Empty or not readable: None.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _end_of_time(text)
    return _after(datetime.combine(day, time(), _FARTHEST_BEHIND), timedelta(days=1))


def _end_of_time(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=_FARTHEST_BEHIND)


def _after(moment: datetime, span: timedelta) -> datetime | None:
    try:
        return moment + span
    except OverflowError:  # 9999-12-31, as people write "for ever"
        return None


def _every(policies: Iterable[Policy], vault: ObservedVault) -> Iterator[ActiveHold]:
    for policy in policies:
        yield from map(_declared, policy.holds)
    for stored in vault.holds:
        yield ActiveHold(stored.name, stored.copy, stored.reason, stored.until)


def _declared(hold: Hold) -> ActiveHold:
    until = end_of(hold.until)
    return ActiveHold(hold.name, hold.copy, hold.reason, until, "" if until else hold.until)


def _over(hold: ActiveHold, now: datetime) -> bool:
    return hold.until is not None and hold.until <= now


def _ordered(found: Iterator[ActiveHold]) -> tuple[ActiveHold, ...]:
    return tuple(sorted(set(found), key=lambda each: (each.name, each.copy, each.text)))
