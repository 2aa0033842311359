"""Names as they are written in Cypher, so that no name can be taken for two."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch


def quoted(name: str) -> str:
    """A label, type or property key; in backticks where Cypher needs them."""
    return name if _PLAIN(name) else f"`{name.replace('`', '``')}`"


def combination(labels: Iterable[str]) -> str:
    """Labels that occur together, in a fixed order: `:Company:Customer`; empty for no label."""
    return "".join(f":{quoted(label)}" for label in sorted(labels))
