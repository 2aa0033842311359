"""Reading request bodies: what is wrong is collected, so that one answer names every mistake.

Unknown and null fields are ignored, as the service does (clients were seen to send both).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from aura_emulator.control_plane import sizes
from aura_emulator.control_plane.errors import AuraError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME_LENGTH: Final = 30
_REASON: Final = "validation-error"
T = TypeVar("T", str, int)


class Body:
    """A JSON object as it came, read field by field. `check` raises everything found wrong."""

    def __init__(self, raw: Mapping[str, object]) -> None:
        self._raw = {key: value for key, value in raw.items() if value is not None}
        self._problems: list[Problem] = []

    def __contains__(self, field: str) -> bool:
        return field in self._raw

    def keys(self) -> set[str]:
        """The fields that are there."""
        return set(self._raw)

    def get(self, field: str) -> object:
        """A field as it came."""
        return self._raw.get(field)

    def wrong(self, message: str, field: str, reason: str = _REASON) -> None:
        """Note a mistake."""
        self._problems.append(Problem(message, reason, field))

    def check(self) -> None:
        """Raise what was noted so far."""
        if self._problems:
            raise AuraError(400, *self._problems)

    def require(self, *names: str) -> None:
        """Note every one of these fields that is missing."""
        for name in names:
            if name not in self._raw:
                self.wrong(f"{name} is required", name)

    def text(self, field: str) -> str | None:
        """A string, or None if it is missing or wrong."""
        value = self._typed(field, str, "a string")
        if value == "":
            self.wrong(f"{field} must not be empty", field)
            return None
        return value

    def choice(self, field: str, choices: tuple[str, ...]) -> str | None:
        """One of some strings."""
        value = self.text(field)
        if value is not None and value not in choices:
            self.wrong(f"{field} must be one of {', '.join(choices)}", field)
            return None
        return value

    def name(self, field: str = "name") -> str | None:
        """1 to 30 characters without blanks at either end (official v1 document)."""
        value = self.text(field)
        if value is None:
            return None
        if len(value) > NAME_LENGTH:
            self.wrong(f"{field} must have 1 to {NAME_LENGTH} characters", field)
        elif value != value.strip():
            self.wrong(f"{field} must not begin or end with a blank", field)
        return value

    def whole(self, field: str, low: int, high: int) -> int | None:
        """A whole number in a range."""
        value = self._typed(field, int, "a whole number")
        if value is not None and not low <= value <= high:
            self.wrong(f"{field} must be between {low} and {high}", field)
            return None
        return value

    def number(self, field: str, low: float = 0.0) -> float | None:
        """A number that is not below `low`."""
        value = self._raw.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= low:
            self.wrong(f"{field} must be a number, {low:g} or more", field)
            return None
        return float(value)

    def flag(self, field: str) -> bool | None:
        """A boolean; a published client sends it as a string, which is taken."""
        value = self._raw.get(field)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if value is None or isinstance(value, bool):
            return value
        self.wrong(f"{field} must be a boolean", field)
        return None

    def size(self, field: str) -> int | None:
        """A size such as `8GB`, in gigabytes."""
        value = self.text(field)
        size = None if value is None else sizes.parse(value)
        if value is not None and size is None:
            self.wrong(f"{field} {value} is not offered", field, "invalid-memory-size")
        return size

    def texts(self, field: str) -> list[str]:
        """A list of strings; empty if it is missing or wrong."""
        value = self._raw.get(field, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        self.wrong(f"{field} must be a list of strings", field)
        return []

    def counts(self, field: str) -> dict[str, int] | None:
        """An object of whole numbers."""
        value = self._raw.get(field)
        if value is None:
            return None
        if isinstance(value, dict) and all(type(item) is int for item in value.values()):
            return value
        self.wrong(f"{field} must be an object of whole numbers", field)
        return None

    def _typed(self, field: str, kind: type[T], words: str) -> T | None:
        value = self._raw.get(field)
        if value is None or (isinstance(value, kind) and not isinstance(value, bool)):
            return value
        self.wrong(f"{field} must be {words}", field)
        return None
