"""Which request meets which fault."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Literal, get_args

Kind = Literal[
    "lost_answer",
    "drop_request",
    "delay",
    "status",
    "html",
    "html_200",
    "truncated",
    "duplicate",
    "not_found_after_create",
    "stale_list",
    "expired_token",
    "empty_list",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
# These depend on the age of something, not on a number of requests, so they stay until cleared.
LASTING: Final[frozenset[Kind]] = frozenset({"not_found_after_create", "stale_list"})

_TEMPLATE: Final = re.compile(r"\{[A-Za-z_][A-Za-z_0-9]*\}")


@dataclass(frozen=True)
class Fault:
    """What happens to the requests that match.

    ``times`` 0 is until cleared; the first ``after`` matching requests pass unharmed. ``effect``
    runs the request although its answer is replaced. The other fields depend on the kind.
    """

    kind: Kind
    method: str | None = None
    path: str | None = None
    times: int = 1
    after: int = 0
    effect: bool = False
    seconds: float = 0.0
    status: int = 500
    reason: str | None = None
    message: str = "Injected by the emulator"
    body: object = None
    retry_after: int | None = None
    answer: Literal["close", "504"] = "close"

    def pattern(self) -> re.Pattern[str] | None:
        """The path as a regular expression; `{anything}` in it stands for one segment."""
        return None if self.path is None else re.compile(_TEMPLATE.sub("[^/]+", self.path))


@dataclass
class Rule:
    """A fault with its counters."""

    id: int
    fault: Fault
    pattern: re.Pattern[str] | None
    matched: int = 0
    applied: int = 0

    @property
    def spent(self) -> bool:
        """Whether the fault has happened as often as it was to."""
        return self.fault.times > 0 and self.applied >= self.fault.times

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is meant."""
        return self.fault.method in (None, method) and (
            self.pattern is None or self.pattern.fullmatch(path) is not None
        )


@dataclass
class Rules:
    """The injected faults; of several that match, the oldest that is not spent applies."""

    rules: list[Rule] = field(default_factory=list)
    #: Those that may apply still: what is spent is shown, and costs no request anything.
    _left: list[Rule] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def add(self, fault: Fault) -> Rule:
        """Inject a fault; `re.error` if its path is not a regular expression."""
        rule = Rule(next(self._numbers), fault, fault.pattern())
        self.rules.append(rule)
        self._left.append(rule)
        return rule

    def remove(self, number: int) -> bool:
        """Take one back; whether there was one."""
        before = len(self.rules)
        self.rules = [rule for rule in self.rules if rule.id != number]
        self._left = [rule for rule in self._left if rule.id != number]
        return len(self.rules) < before

    def clear(self) -> None:
        """Take all back."""
        self.rules.clear()
        self._left.clear()

    def next(self, method: str, path: str) -> Rule | None:
        """The rule for a request, counted as a match; the caller counts it as applied."""
        self._left = [rule for rule in self._left if not rule.spent]
        for rule in self._left:
            if rule.matches(method, path):
                rule.matched += 1
                if rule.matched > rule.fault.after:
                    return rule
        return None
