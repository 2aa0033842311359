"""What a cache in the vault remembers of objects by key: their state when read, and what they said.

A cache is one object. Of its thousands of rows all but a few are the same each time it is written,
so a row is turned into JSON once in a process, and compared as the listing shows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pulumi_neo4j_aura.domain.plain import plain

S = TypeVar("S")
T = TypeVar("T")


@dataclass(slots=True)
class Kept(Generic[S, T]):
    """One row. Thread-safe: whoever comes second works out the same again.

    Attributes:
        state: of the objects when they were read, as text.
        value: what they said; must not be changed.
    """

    state: str
    value: T
    _shown: S | None = None
    _text: str = ""

    def is_of(self, shown: S, state: Callable[[S], str]) -> bool:
        """Whether it was read from the objects as a listing shows them now.

        Args:
            shown: what the listing shows; must not be changed.
            state: that as text.
        """
        if self._shown == shown:
            return True
        if self.state != state(shown):
            return False
        self._shown = shown
        return True

    def text(self, key: str) -> str:
        """The row under its key as JSON. A row has one key."""
        if not self._text:
            row = json.dumps((self.state, self.value), default=plain, ensure_ascii=False)
            self._text = f"{json.dumps(key, ensure_ascii=False)}: {row}"
        return self._text


def dump(name: str, kept: Mapping[str, Kept[S, T]]) -> bytes:
    """One object, `{name: {key: [state, value], …}}`."""
    rows = ", ".join([each.text(key) for key, each in kept.items()])
    return f"{{{json.dumps(name)}: {{{rows}}}}}".encode(errors="surrogatepass")
