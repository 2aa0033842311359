"""When scheduled snapshots are due, as a pure function of a cadence and two moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aura_emulator.control_plane.clock import DAY_SECONDS, HOUR_SECONDS
from aura_emulator.control_plane.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aura_emulator.control_plane.tiers import Cadence


def slots(
    cadence: Cadence, daily_hour: int, after: float, until: float
) -> Iterator[tuple[float, Kind]]:
    """The slots in `(after, until]`, oldest first.

    A full snapshot is due at `daily_hour` UTC each day, short ones every few hours counted from
    there, differential ones every hour between. One moment has one slot: the more complete wins.
    """
    if cadence.full is None:
        return
    step = HOUR_SECONDS * (cadence.differential or cadence.short or cadence.full)
    origin = daily_hour * HOUR_SECONDS
    number = int((after - origin) // step) + 1
    while (at := origin + number * step) <= until:
        yield at, _kind(cadence, at - origin)
        number += 1


def _kind(cadence: Cadence, since_origin: float) -> Kind:
    if since_origin % DAY_SECONDS == 0:
        return Kind.FULL
    return Kind.DIFFERENTIAL if cadence.differential else Kind.SHORT
