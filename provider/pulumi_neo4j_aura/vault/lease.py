"""Who works on a vault: one reconciler at a time, told apart by numbers that only grow.

A lease is a series of create-only records `lease/<epoch>.json`. Whoever creates the next one has it
until it expires; renewing and releasing are next records too. Somebody who slept past the end finds
a newer epoch, or his own end, and stops: `check` is asked before every effect.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.errors import AuraError, Busy, Refused
from pulumi_neo4j_aura.vault import layout, records
from pulumi_neo4j_aura.vault.store import Store

#: By how much the clocks of two machines may differ: a lease is waited for so much longer, and its
#: holder gives it up so much earlier.
SKEW: Final = timedelta(seconds=10)

Body = dict[str, Any]

#: Records that stay behind the newest, so that a person sees who worked here lately.
_KEPT: Final = 8


@dataclass(frozen=True, slots=True)
class LeaseSeen:
    """The newest record of a vault's lease."""

    epoch: int
    holder: str
    token: str
    at: datetime
    expires_at: datetime
    released: bool

    def __str__(self) -> str:
        """For people."""
        if self.released:
            return f"{self.holder} worked here last, until {self.at.isoformat()}"
        return f"{self.holder} works here; its lease ends at {self.expires_at.isoformat()}"


@dataclass(slots=True)
class Lease:
    """A lease that was had. Thread-safe."""

    store: Store
    holder: str
    clock: Clock
    seconds: float
    token: str
    epoch: int
    expires_at: datetime
    _lock: Lock = field(default_factory=Lock)

    def renew(self) -> None:
        """Have it for `seconds` from now.

        Raises:
            Refused: it was lost.
            AuraError: the store gave no answer; it is had until it expires.
        """
        with self._lock:
            self._require()
            self._next(released=False)

    def check(self) -> None:
        """See that it is still had; asked right before an effect.

        Raises:
            Refused: it was lost; nothing may be done under it any more.
            AuraError: the store gave no answer, so nothing may be done now.
        """
        with self._lock:
            self._require()

    def release(self) -> None:
        """Let somebody else have it at once; does nothing when it was lost."""
        with self._lock, suppress(Refused):
            self._require()
            self._next(released=True)

    def _require(self) -> None:
        if self.clock.now() >= self.expires_at - SKEW:
            raise self._lost("it ended while nothing was heard of its holder")
        seen = holder(self.store)
        if seen is None or seen.token != self.token or seen.released:
            raise self._lost(f"{seen.holder if seen else 'somebody'} has it now")
        self.epoch = seen.epoch

    def _next(self, *, released: bool) -> None:
        now = self.clock.now()
        until = now if released else now + timedelta(seconds=self.seconds)
        try:
            body = _body(self.holder, self.token, now, until, released=released)
            records.append(self.store, layout.LEASE, self.epoch, body)
        except Busy as error:
            raise self._lost("somebody else has it now") from error
        self.epoch, self.expires_at = self.epoch + 1, until

    def _lost(self, why: str) -> Refused:
        return Refused(
            f"The lease of {self.store.url} was lost: {why}. Nothing more is done there by this "
            "run.",
            way_out="The next run goes on.",
        )


def acquire(store: Store, name: str, clock: Clock, seconds: float) -> Lease:
    """Have the vault for so many seconds.

    Args:
        store: the vault's.
        name: the holder's, for people.
        clock: of this machine.
        seconds: until it ends by itself.

    Raises:
        Busy: somebody else has it, and until when.
        AuraError: the store gave no answer.
    """
    seen, now = holder(store), clock.now()
    if seen is not None and not seen.released and seen.expires_at + SKEW > now:
        left = (seen.expires_at + SKEW - now).total_seconds()
        raise Busy(
            f"Another reconciler works at {store.url}: {seen}.",
            retry_after=left,
            way_out="Wait for it to end. If it died, its lease ends by itself.",
        )
    epoch, token = seen.epoch if seen else 0, secrets.token_hex(8)
    until = now + timedelta(seconds=seconds)
    body = _body(name, token, now, until, released=False)
    records.append(store, layout.LEASE, epoch, body)
    _newest(store, epoch + 1)
    return Lease(store, name, clock, seconds, token, epoch + 1, until)


def holder(store: Store) -> LeaseSeen | None:
    """Who has the lease, or had it last; None: nobody ever had.

    Raises:
        AuraError: that cannot be told.
    """
    epoch, body = records.newest(store, layout.LEASE)
    if body is None:
        return None
    try:
        return LeaseSeen(
            epoch,
            records.text(body["holder"]),
            records.text(body["token"]),
            records.moment(body["at"]),
            records.moment(body["expires_at"]),
            body["released"] is not False,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise records.damaged(store, f"{layout.LEASE}/{epoch:08d}.json", str(error)) from error


def _body(name: str, token: str, now: datetime, until: datetime, *, released: bool) -> Body:
    return {
        "holder": name,
        "token": token,
        "at": now.isoformat(),
        "expires_at": until.isoformat(),
        "released": released,
    }


def _newest(store: Store, epoch: int) -> None:
    """See that the record just written is the newest, and remove old ones; those may also stay.

    Raises:
        Busy: it is not. Who slept for long finds the next number free again: it was tidied away.
    """
    found = records.numbers(store, layout.LEASE)
    if max(found, default=epoch) > epoch:
        store.delete(f"{layout.LEASE}/{epoch:08d}.json")
        raise Busy(f"Others had the lease of {store.url} meanwhile.", way_out="Run again.")
    with suppress(AuraError):
        for number, key in found.items():
            if number <= epoch - _KEPT:
                store.delete(key)
