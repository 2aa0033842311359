"""What was asked of Aura: the emulator's record, sorted into kinds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from support.emulator import EmulatorControl

TOKEN = "token"

#: The first line that fits names a request; what fits none is shown as it was sent.
_KINDS = (
    (r"POST /oauth/token", TOKEN),
    (r"GET /v1/tenants/[^/]+", "project"),
    (r"GET /v1/instances", "list"),
    (r"POST /v1/instances", "create"),
    (r"GET /v1/instances/[^/]+", "look"),
    (r"PATCH /v1/instances/[^/]+", "rename"),
    (r"GET /v1/instances/[^/]+/snapshots", "day of snapshots"),
    (r"GET /v1/instances/[^/]+/snapshots/[^/]+", "snapshot"),
)


def _kind(request: str) -> str:
    return next((name for form, name in _KINDS if re.fullmatch(form, request)), request)


@dataclass(frozen=True)
class Traffic:
    """The requests of one act."""

    kinds: Counter[str]
    mutating: int

    @classmethod
    def of(cls, record: Iterable[dict[str, Any]]) -> Self:
        """Sort a record of requests."""
        entries = list(record)
        kinds = Counter(_kind(f"{entry['method']} {entry['path']}") for entry in entries)
        return cls(kinds, sum(bool(entry["mutating"]) for entry in entries))

    @property
    def tokens(self) -> int:
        """Requests for a token."""
        return self.kinds[TOKEN]

    @property
    def calls(self) -> int:
        """Requests to the API itself."""
        return self.kinds.total() - self.tokens

    def __str__(self) -> str:
        kinds = (f"{name} {count}" for name, count in self.kinds.items() if name != TOKEN)
        return ", ".join(kinds) or "nothing asked"


def since_reset(control: EmulatorControl) -> Traffic:
    """What was asked since the record was last reset."""
    return Traffic.of(control.requests())
