"""The OAuth token: fetched once, cached, renewed early, by one thread at a time.

Aura's API takes a bearer token that lives for an hour and is had with client credentials (Aura
documentation, API authentication). Asking for tokens is itself rate-limited, so one is shared by
all threads.
"""

from __future__ import annotations

import copy
import math
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pulumi_neo4j_aura.aura.bodies import Unreadable, parse
from pulumi_neo4j_aura.aura.exchange import Outgoing
from pulumi_neo4j_aura.aura.reasons import BY_STATUS
from pulumi_neo4j_aura.aura.retries import Facts, Fault, Safety, Subject, Trouble
from pulumi_neo4j_aura.errors import AuraError, BadCredentials, Permanent, Transient

if TYPE_CHECKING:
    from pulumi_neo4j_aura.aura.exchange import Exchange
    from pulumi_neo4j_aura.aura.retries import Repeater
    from pulumi_neo4j_aura.aura.wire import HttpAnswer
    from pulumi_neo4j_aura.domain.clock import Clock
    from pulumi_neo4j_aura.settings import Credentials

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path

#: Renewed this many seconds before its end, or at nine tenths of a short life. 60: longer than a
#: call may take, so that a token does not end while its call is under way.
_EARLY_SECONDS, _EARLY_SHARE = 60.0, 0.1

#: Seconds after a renewal that failed while the token still lives.
_AGAIN_SECONDS = 10.0

#: Seconds of life when the answer does not say: short enough to be wrong only briefly.
_DEFAULT_LIFE = 300.0

_SUBJECT = Subject("Aura API credentials", "getting a token")
#: The token endpoint's own refusals (Aura documentation): the credentials, in one way or another.
_REFUSALS = frozenset({400, 401, 403})
_WRONG_PLACE = (
    "Check that AURA_API_URL is the root of the Aura API, without a version "
    "(AURA_CLIENT_ID and AURA_CLIENT_SECRET were sent there)."
)


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and when, on the clock's monotonic scale, to renew it and when it ends."""

    value: str = field(repr=False)
    renew_at: float
    ends_at: float


class TokenSource:
    """Gives out the one token of a client. Thread-safe."""

    def __init__(
        self, credentials: Credentials, exchange: Exchange, repeater: Repeater, clock: Clock
    ) -> None:
        self._credentials = credentials
        self._exchange = exchange
        self._repeater = repeater
        self._clock = clock
        self._token: Token | None = None
        self._renewing = threading.Lock()
        #: How often getting a token failed, and how the last time.
        self._failures = 0
        self._failure: AuraError | None = None
        exchange.cleaner.learn_pair(credentials.client_id, credentials.client_secret)

    def token(self) -> Token:
        """A token that is good for at least one call, as far as we know.

        Raises:
            BadCredentials: they are missing (nothing was sent) or Aura refused them.
            Permanent: the address is wrong.
            Transient: Aura gave no usable answer for as long as one call is tried.
        """
        current, now, failures = self._token, self._clock.monotonic(), self._failures
        if current and now < current.renew_at:
            return current
        usable = current is not None and now < current.ends_at
        if not self._renewing.acquire(blocking=not usable):
            # Another thread is renewing it already, and it still has a while to live.
            return current or self.token()
        try:
            return self._renew(failures)
        finally:
            self._renewing.release()

    def discard(self, token: Token) -> None:
        """Aura refused `token`: the next call gets a new one, once for all threads."""
        with self._renewing:
            if self._token and self._token.value == token.value:
                self._token = None

    def _renew(self, failures_before: int) -> Token:
        """A new token, unless another thread got one, or failed to, while this one waited."""
        current = self._token
        if current and self._clock.monotonic() < current.renew_at:
            return current
        if self._failure and self._failures > failures_before:
            # Sixty-four threads that waited for this must not try for a minute each.
            raise copy.copy(self._failure)
        try:
            self._token = self._fetch()
        except AuraError as error:
            return self._keep(current, error)
        return self._token

    def _keep(self, current: Token | None, error: AuraError) -> Token:
        now = self._clock.monotonic()
        if current and now < current.ends_at and isinstance(error, Transient):
            # Tried again a little later, not by every call of the last minute.
            later = min(current.ends_at, now + _AGAIN_SECONDS)
            self._token = replace(current, renew_at=later)
            return self._token
        self._failures, self._failure = self._failures + 1, error
        raise error

    def _fetch(self) -> Token:
        if not self._credentials.complete:
            raise BadCredentials(
                "There are no Aura API credentials: AURA_CLIENT_ID and AURA_CLIENT_SECRET must "
                "both be set.",
                way_out="Make API credentials in the Aura Console and set both variables.",
            )
        return self._repeater.run(self._attempt, _SUBJECT, Safety.READ)

    def _attempt(self) -> Token:
        slot = self._exchange.take_slot()
        # Before sending: a token's life starts no later than when Aura made it.
        asked = self._clock.monotonic()
        try:
            answer = self._exchange.send(self._request(), slot)
        except Trouble as trouble:
            raise Trouble(_explain(trouble.facts)) from None
        return self._read(answer, asked)

    def _request(self) -> Outgoing:
        return Outgoing(
            method="POST",
            path=TOKEN_PATH,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            content=b"grant_type=client_credentials",
            auth=(self._credentials.client_id, self._credentials.client_secret),
        )

    def _read(self, answer: HttpAnswer, asked: float) -> Token:
        try:
            value, life = _token_in(parse(answer.body))
        except Unreadable as error:
            raise Trouble(Facts(Fault.UNREADABLE, str(error), status=answer.status)) from None
        self._exchange.cleaner.learn_token(value)
        early = min(_EARLY_SECONDS, life * _EARLY_SHARE)
        return Token(value, renew_at=asked + life - early, ends_at=asked + life)


def _explain(facts: Facts) -> Facts:
    """The facts of the token endpoint's answer, whose statuses mean other things than the API's."""
    if facts.status in _REFUSALS:
        return replace(facts, fault=Fault.FINAL, final=BadCredentials, way_out=BY_STATUS[401])
    if facts.fault is Fault.FINAL:
        return replace(facts, final=Permanent, way_out=_WRONG_PLACE)
    return facts


def _token_in(value: object) -> tuple[str, float]:
    """Token and its life in seconds.

    Raises:
        Unreadable: there is no token, or none that could be sent in a header.
    """
    token = value.get("access_token") if isinstance(value, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise Unreadable("the answer has no access_token")
    return token, _life(value.get("expires_in") if isinstance(value, dict) else None)


def _life(expires_in: object) -> float:
    try:
        seconds = float(str(expires_in))
    except ValueError:
        return _DEFAULT_LIFE
    return seconds if math.isfinite(seconds) and seconds > 0 else _DEFAULT_LIFE
