"""Spans of time as people write them: `90s`, `30m`, `1h30m`, `7d`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def parse(text: str) -> timedelta:
    """Read a span; a bare number counts seconds.

    Raises:
        ValueError: the text is no span, or the span is not longer than zero.
    """
    cleaned = text.replace(" ", "").lower()
    if re.fullmatch(r"\d+(?:\.\d+)?", cleaned):
        cleaned += "s"
    if not _WHOLE.fullmatch(cleaned):
        raise ValueError(f"{text!r} is not a duration; write for example 90s, 30m, 1h30m or 7d")
    seconds = sum(float(count) * _UNITS[unit] for count, unit in _PART.findall(cleaned))
    try:
        span = timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError(f"{text!r} is longer than any time that can be told") from None
    if not span:
        raise ValueError(f"{text!r} must be longer than zero")
    return span


def show(seconds: float) -> str:
    """A span for people: `42 s`, `3 min 20 s`, `2 h 5 min`, `9 d 4 h`."""
    whole = int(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{whole} s"
    sizes = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)]
    parts: list[str] = []
    for unit, size in sizes:
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
