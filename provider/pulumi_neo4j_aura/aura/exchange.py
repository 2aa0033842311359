"""One HTTP exchange: the budget before it, the clock around it, a debug record after it."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pulumi_neo4j_aura.aura.retries import Facts, Fault, Trouble
from pulumi_neo4j_aura.aura.translation import facts_of, request_id, retry_after
from pulumi_neo4j_aura.aura.wire import NoAnswer, NotSent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_neo4j_aura.aura.bodies import Cleaner
    from pulumi_neo4j_aura.aura.budget import RateBudget, Slot
    from pulumi_neo4j_aura.aura.wire import HttpAnswer, HttpSender
    from pulumi_neo4j_aura.domain.clock import Clock

_log = logging.getLogger(__name__)

_TOO_MANY = 429

#: Seconds that all threads pause on a 429 without `Retry-After`; Aura's document shows 5.
DEFAULT_PAUSE = 5.0

#: Seconds that all threads pause at most: Aura counts calls a minute, and one odd header must not
#: stop every thread for a day.
LONGEST_PAUSE = 120.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request, ready to send."""

    method: str
    #: Path under the API's root, with a leading slash.
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] | None = None
    content: bytes | None = field(default=None, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    #: When, on the clock's monotonic scale, the token in `headers` ends.
    token_ends_at: float = math.inf


class Exchange:
    """Sends requests to one API root. Thread-safe."""

    def __init__(
        self,
        *,
        api_url: str,
        sender: HttpSender,
        budget: RateBudget,
        clock: Clock,
        cleaner: Cleaner,
        user_agent: str,
    ) -> None:
        self._api_url = api_url
        self._sender = sender
        self._budget = budget
        self._clock = clock
        self.cleaner = cleaner
        self._expiry_told = False
        self._headers = {"Accept": "application/json", "User-Agent": user_agent}

    def send(self, outgoing: Outgoing, slot: Slot) -> HttpAnswer:
        """The answer, if its status says success.

        Args:
            outgoing: what to send.
            slot: from the budget, taken just before.

        Raises:
            Trouble: anything else.
        """
        began = self._clock.monotonic()
        try:
            answer = self._hand_over(outgoing)
        except Trouble as trouble:
            took = self._clock.monotonic() - began
            self._record(outgoing, trouble.facts.text, took)
            raise trouble.after(took) from None
        took = self._clock.monotonic() - began
        self._record(outgoing, str(answer.status), took, answer)
        self._note_expiry(answer)
        if answer.status == _TOO_MANY:
            asked = retry_after(answer, self._clock.now())
            pause = DEFAULT_PAUSE if asked is None else asked
            self._budget.throttled(slot, min(pause, LONGEST_PAUSE))
        if answer.ok:
            return answer
        # It may have ended on the way, and then a refusal is about the token, whatever it says.
        old_token = self._clock.monotonic() >= outgoing.token_ends_at
        facts = facts_of(answer, self.cleaner, self._clock.now(), old_token=old_token)
        raise Trouble(facts).after(took)

    def _note_expiry(self, answer: HttpAnswer) -> None:
        """Tell once that Aura will end this version of its API (v1 document, header of that)."""
        if self._expiry_told:
            return
        date = self.cleaner.clean(answer.header("x-tyk-api-expires"), 60)
        if date:
            self._expiry_told = True
            _log.warning("Aura will end this version of its API: %s. Update this package.", date)

    def take_slot(self) -> Slot:
        """Wait for the budget."""
        return self._budget.acquire()

    def _hand_over(self, outgoing: Outgoing) -> HttpAnswer:
        try:
            return self._sender.send(
                outgoing.method,
                self._api_url + outgoing.path,
                headers={**self._headers, **outgoing.headers},
                params=outgoing.params,
                content=outgoing.content,
                auth=outgoing.auth,
            )
        except NotSent as error:
            facts = Facts(Fault.NOT_SENT, self._why("Aura was not reached", error))
        except NoAnswer as error:
            facts = Facts(Fault.NO_ANSWER, self._why("no whole answer came", error))
        raise Trouble(facts)

    def _why(self, what: str, error: Exception) -> str:
        return self.cleaner.clean(f"{what} ({error})")

    def _record(
        self, outgoing: Outgoing, result: str, took: float, answer: HttpAnswer | None = None
    ) -> None:
        # Cleaning an id takes longer than all else here; nobody may read it.
        if not _log.isEnabledFor(logging.DEBUG):
            return
        _log.debug(
            "%s %s: %s in %d ms, request id %s",
            outgoing.method,
            outgoing.path,
            result,
            took * 1000,
            (request_id(answer, self.cleaner) if answer else "") or "none",
        )
