"""What a figure is, and how figures are shown: one table, one JSON document.

A figure is a ratio or a count, so that it means the same on another machine. Where it has a target,
the target is an upper limit, and missing it is shown and never hidden.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

OK, MISSED, NO_TARGET = "ok", "MISSED", "-"

_COLUMNS = ("figure", "what", "measured", "tokens", "target", "", "note")
_RIGHT = frozenset({"measured", "tokens", "target"})


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    `tokens` are requests to /oauth/token, which `measured` leaves out; None where nothing was
    counted. `limit` is the most that meets the target; None where there is no target.
    """

    name: str
    what: str
    measured: float
    unit: str = ""
    limit: float | None = None
    tokens: int | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        if self.limit is None:
            return NO_TARGET
        return OK if self.measured <= self.limit else MISSED

    def cells(self) -> tuple[str, ...]:
        """The texts of its line, in the order of the columns."""
        target = "" if self.limit is None else f"<= {_number(self.limit)}{self.unit}"
        tokens = "" if self.tokens is None else str(self.tokens)
        measured = f"{_number(self.measured)}{self.unit}"
        return (self.name, self.what, measured, tokens, target, self.verdict, self.note)


def _number(value: float) -> str:
    if value == int(value):
        return str(int(value))
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"


def table(figures: Iterable[Figure]) -> str:
    """All figures, aligned, with a line of headings."""
    rows = [_COLUMNS, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_line(row, widths) for row in (rows[0], rule, *rows[1:]))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if heading in _RIGHT else cell.ljust(width)
        for cell, width, heading in zip(row, widths, _COLUMNS, strict=True)
    ]
    return "  ".join(cells).rstrip()


def machine() -> dict[str, str]:
    """What the figures were measured on; the load tells whether others were at work too."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "cores": str(os.cpu_count()),
        "memory": _memory(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def _memory() -> str:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{total / 2**30:.0f} GiB"


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", listing.read_text()) if listing.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def document(facts: Mapping[str, str], figures: Iterable[Figure]) -> str:
    """The same as JSON, for comparing two runs."""
    rows = [{**asdict(figure), "verdict": figure.verdict} for figure in figures]
    return json.dumps({"machine": dict(facts), "figures": rows}, indent=2) + "\n"
