"""Which exports count as copies. One that does not count is not pruned either: a person looks."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulumi_neo4j_aura.domain.observed import ObservedExport

#: How far ahead of us the clock that stamped a copy may have been. Clocks kept by NTP differ by
#: less than a second; virtual machines that just woke up by minutes.
SKEW = timedelta(minutes=5)


def objection(export: ObservedExport, now: datetime) -> str | None:
    """Why this export is not a good copy, or None. Missing facts are objections, never a yes."""
    if not export.good:
        return f"damaged: kept for a person to look at ({export.problem or 'no reason was given'})"
    if export.moment is None:
        return "its time cannot be read: kept for a person to look at"
    if export.moment > now + SKEW:
        return f"from the future ({moment_text(export.moment)}): does not count until then"
    if not export.ours:
        return "not made or adopted by this tool: never pruned, and not counted"
    return None


def moment_text(moment: datetime) -> str:
    """A time for people, with its offset: `2026-11-25T02:00Z`."""
    return moment.isoformat(timespec="minutes").replace("+00:00", "Z")
