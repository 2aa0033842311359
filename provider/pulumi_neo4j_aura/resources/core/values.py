"""Property values before Pulumi: plain JSON-like data, plus "not known yet"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Properties = dict[str, Any]


class Unknown:
    """A value that will be known only when something else was created (previews)."""

    def __repr__(self) -> str:
        """Shown in tests only; an unknown value never reaches a message."""
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def holds_unknown(value: object) -> bool:
    """Whether a value is unknown or has an unknown part."""
    if isinstance(value, Mapping):
        return any(holds_unknown(part) for part in value.values())
    if isinstance(value, list | tuple):
        return any(holds_unknown(part) for part in value)
    return isinstance(value, Unknown)


def without_nones(values: Mapping[str, Any]) -> Properties:
    """Drop what is None at the top: Pulumi does the same, and comparing is easier without."""
    return {key: value for key, value in values.items() if value is not None}
