"""What a database must not exceed when data is loaded into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aura_emulator.data_plane.interface import Counts, Limits

_MEGABYTE: Final = 1_000_000


class LimitError(Exception):
    """The data is too much; the message is a sentence."""


def require_storage(limits: Limits, size: int) -> None:
    """Refuse a store that needs more than the instance has.

    Raises:
        LimitError: it does.
    """
    most = limits.storage_bytes
    if most is not None and size > most:
        raise LimitError(
            f"The data needs {size / _MEGABYTE:.0f} MB and the instance has "
            f"{most / _MEGABYTE:.0f} MB of storage"
        )


def require_counts(limits: Limits, found: Counts) -> None:
    """Refuse more nodes or relationships than the tier has room for.

    Raises:
        LimitError: there are more.
    """
    for what, number, most in (
        ("nodes", found.nodes, limits.nodes),
        ("relationships", found.relationships, limits.relationships),
    ):
        if most is not None and number > most:
            raise LimitError(f"{number} {what} are more than the {most} that the tier allows")
