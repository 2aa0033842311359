"""Memory and storage sizes, which Aura writes as `8GB`."""

from __future__ import annotations

import re

_SIZE = re.compile(r"\s*(\d+)\s*(?:g|gb|gi|gib)?\s*", re.IGNORECASE)


def gigabytes(text: str) -> int | None:
    """The number in front, or None when the text is not a whole number of gigabytes."""
    match = _SIZE.fullmatch(text)
    return int(match.group(1)) if match else None


def canonical(text: str) -> str:
    """Aura's spelling (`8GB`) for `8`, `8G`, `8Gi`, `8 gb`; other text is returned unchanged."""
    count = gigabytes(text)
    return text if count is None else f"{count}GB"


def sort_key(text: str) -> tuple[int, str]:
    """Order sizes by amount, unreadable ones last."""
    count = gigabytes(text)
    return (1 << 30 if count is None else count, text)
