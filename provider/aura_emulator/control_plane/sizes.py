"""Sizes as the API writes them: `8GB`."""

from __future__ import annotations

import re
from typing import Final

GIGABYTE: Final = 10**9  # bytes
_SIZE: Final = re.compile(r"([1-9]\d{0,5})GB")


def parse(text: str) -> int | None:
    """The gigabytes of `8GB`; None for any other spelling, which is what Aura offers nowhere."""
    match = _SIZE.fullmatch(text)
    return None if match is None else int(match[1])


def written(gigabytes: int) -> str:
    """`8` as `8GB`."""
    return f"{gigabytes}GB"
