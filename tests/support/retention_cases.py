"""The cases of the golden files: title, retention, exports, holds."""

from datetime import timedelta
from typing import NamedTuple

from pulumi_neo4j_aura.domain.observed import ObservedExport
from pulumi_neo4j_aura.domain.policy import Floor, Retention
from pulumi_neo4j_aura.planning.holds import ActiveHold
from support.retention import DAY, HOUR, NOW, an_export, at, every


class Case(NamedTuple):
    """One decision. `name` is its file's."""

    name: str
    title: str
    retention: Retention
    exports: list[ObservedExport]
    held: tuple[ActiveHold, ...] = ()


WEEK = 7 * DAY
R = Retention


def _live(count: int, newest=NOW, name: str = "live"):
    return every(DAY, count, newest, name, consistent=False, method="live")


def _proven(export_id: str, moment, **other):
    return an_export(export_id, moment, proven_at=moment + DAY, **other)


def _two_a_day(days: int):
    return [*every(DAY, days, NOW, "am"), *every(DAY, days, NOW + 4 * HOUR - DAY, "pm")]


CASES = [
    Case("nothing", "No exports at all", R(keep_last=4), []),
    Case("one", "A single export", R(keep_last=4), every(DAY, 1)),
    Case("last-1", "Only the newest", R(keep_last=1), every(DAY, 4)),
    Case("last-3-of-6", "The newest three", R(keep_last=3), every(DAY, 6)),
    Case("last-more-than-there-are", "More wanted than there are", R(keep_last=9), every(DAY, 3)),
    Case(
        "last-zero",
        "Zero, which a document refuses, keeps the floor",
        R(keep_last=0),
        every(DAY, 3),
    ),
    Case("hourly", "Quarterly exports, by hours", R(hourly=3), every(HOUR / 4, 14)),
    Case(
        "hourly-kolkata",
        "Hours of a zone that is half an hour off",
        R(hourly=3, zone="Asia/Kolkata"),
        every(HOUR / 4, 12),
    ),
    Case(
        "hourly-clock-goes-back",
        "The hour that comes twice is two hours",
        R(hourly=4, zone="Europe/Berlin"),
        every(HOUR / 2, 9, at("2026-10-25T02:30")),
    ),
    Case("daily", "Two exports a day, by days", R(daily=3), _two_a_day(5)),
    Case(
        "daily-berlin",
        "Days begin at local midnight",
        R(daily=3, zone="Europe/Berlin"),
        every(HOUR, 6, at("2026-11-25T01:30")) + every(DAY, 3, at("2026-11-24T22:30"), "d"),
    ),
    Case(
        "daily-havana-midnight-twice",
        "Clocks go back from 1 to 0 o'clock: one long day",
        R(daily=2, zone="America/Havana"),
        every(HOUR, 8, at("2026-11-01T08:00")),
    ),
    Case(
        "daily-st-johns-day-twice",
        "Clocks went back over midnight: the day comes twice and is one",
        R(daily=3, zone="America/St_Johns"),
        every(HOUR / 120, 6, at("2010-11-07T02:32")) + every(DAY, 3, at("2010-11-06T12:00"), "d"),
    ),
    Case(
        "daily-apia-lost-day",
        "A day that never was is no period",
        R(daily=4, zone="Pacific/Apia"),
        every(DAY, 5, at("2012-01-01T12:00")),
    ),
    Case(
        "daily-with-gaps",
        "Days without an export are not counted",
        R(daily=3),
        [
            an_export("a", NOW),
            an_export("b", NOW - 9 * DAY),
            an_export("c", NOW - 40 * DAY),
            an_export("d", NOW - 41 * DAY),
        ],
    ),
    Case("weekly", "Daily exports, by ISO weeks", R(weekly=3), every(DAY, 24)),
    Case(
        "weekly-turn-of-year",
        "1 January 2021 lies in week 53 of 2020",
        R(weekly=2),
        every(DAY, 10, at("2021-01-05T02:00")),
    ),
    Case("monthly", "Weekly exports, by months", R(monthly=4), every(WEEK, 20)),
    Case("yearly", "Exports every 90 days, by years", R(yearly=3), every(90 * DAY, 14)),
    Case(
        "yearly-auckland",
        "The year begins early in Auckland",
        R(yearly=2, zone="Pacific/Auckland"),
        every(HOUR, 4, at("2025-12-31T13:00")),
    ),
    Case(
        "all-rules",
        "Every rule at once",
        R(
            keep_last=2,
            hourly=3,
            daily=4,
            weekly=3,
            monthly=3,
            yearly=2,
            keep_within=2 * DAY,
            floor=Floor(2, 1),
        ),
        [
            *every(6 * HOUR, 12),
            *every(WEEK, 14, NOW - 4 * DAY, "w"),
            _proven("proof", NOW - 300 * DAY),
        ],
    ),
    Case(
        "production-example",
        "keep_last 4, weekly 8, monthly 12, floor 2 and 1 proven",
        R(keep_last=4, weekly=8, monthly=12, floor=Floor(2, 1), zone="Europe/Berlin"),
        [*every(WEEK, 30), _proven("proof", NOW - 380 * DAY)],
    ),
    Case("within", "A span, edge included", R(keep_within=3 * DAY), every(DAY, 6)),
    Case(
        "within-counts-from-the-newest-copy",
        "Nothing for a year: the span still ends at the newest",
        R(keep_within=3 * DAY),
        every(DAY, 6, NOW - 365 * DAY),
    ),
    Case(
        "within-longest", "The longest span there is", R(keep_within=timedelta.max), every(DAY, 3)
    ),
    Case(
        "off-for-a-year",
        "The system was off for a year",
        R(keep_last=2, daily=3, weekly=2),
        every(DAY, 10, NOW - 365 * DAY),
    ),
    Case(
        "floor-3",
        "The floor keeps what no rule does",
        R(keep_last=1, floor=Floor(3)),
        every(DAY, 5),
    ),
    Case(
        "floor-more-than-there-are",
        "The floor cannot be reached",
        R(keep_last=1, floor=Floor(9)),
        every(DAY, 3),
    ),
    Case("floor-zero", "A floor of zero is one", R(keep_last=0, floor=Floor(0)), every(DAY, 3)),
    Case(
        "floor-prefers-consistent",
        "Exports of the running instance do not push clones out",
        R(keep_last=2, floor=Floor(2)),
        [*_live(4), *every(DAY, 3, NOW - 6 * DAY, "clone")],
    ),
    Case(
        "floor-live-where-nothing-better",
        "One clone, and live exports to fill the floor",
        R(keep_last=1, floor=Floor(3)),
        [*_live(4), *every(DAY, 1, NOW - 6 * DAY, "clone")],
    ),
    Case(
        "floor-proven",
        "The newest proven copy outlives every rule",
        R(keep_last=2, floor=Floor(1, 1)),
        [*every(DAY, 4), _proven("proof1", NOW - 50 * DAY), _proven("proof2", NOW - 90 * DAY)],
    ),
    Case(
        "floor-proven-prefers-consistent",
        "A proven clone before a newer proven live export",
        R(keep_last=1, floor=Floor(1, 1)),
        [
            *every(DAY, 2),
            _proven("live", NOW - 5 * DAY, consistent=False),
            _proven("clone", NOW - 9 * DAY),
            _proven("older", NOW - 12 * DAY),
        ],
    ),
    Case(
        "same-moment",
        "Exports of one snapshot count once, and the best of them stays",
        R(keep_last=2),
        [
            an_export("a1", NOW),
            an_export("a2", NOW, consistent=False),
            _proven("a0", NOW),
            an_export("b1", NOW - DAY),
            an_export("b2", NOW - DAY),
            an_export("c1", NOW - 2 * DAY),
        ],
    ),
    Case(
        "same-moment-fills-the-floor",
        "Twice the same is better than once",
        R(keep_last=1, floor=Floor(3)),
        [an_export("a1", NOW), an_export("a2", NOW), an_export("b1", NOW - DAY, consistent=False)],
    ),
    Case(
        "same-moment-within",
        "Everything within the span stays, the same moment too",
        R(keep_within=DAY),
        [an_export("a1", NOW), an_export("a2", NOW), *every(2 * DAY, 2, NOW - DAY)],
    ),
    Case(
        "damaged",
        "Damaged copies neither count nor go",
        R(keep_last=2),
        [
            an_export("bad1", NOW, good=False, problem="part 3 is missing"),
            *every(DAY, 4, NOW - HOUR),
            an_export("bad2", NOW - 9 * DAY, good=False),
            an_export("blank", None),
        ],
    ),
    Case(
        "all-damaged",
        "No good copy at all",
        R(keep_last=1, keep_within=DAY),
        every(DAY, 3, good=False, problem="its manifest cannot be read"),
    ),
    Case(
        "from-the-future",
        "Copies from the future neither count nor go",
        R(keep_last=2),
        [
            an_export("future", NOW + 3 * DAY),
            an_export("skewed", NOW + timedelta(minutes=5)),
            *every(DAY, 3, NOW - HOUR),
        ],
    ),
    Case(
        "foreign",
        "What this tool did not make neither counts nor goes",
        R(keep_last=1),
        [
            an_export("other1", NOW, ours=False),
            *every(DAY, 3, NOW - HOUR),
            an_export("other2", NOW - 50 * DAY, ours=False),
        ],
    ),
    Case(
        "no-rules",
        "Without rules nothing goes",
        R(),
        every(DAY, 3),
        (ActiveHold("legal", "e02", "case 42"),),
    ),
    Case(
        "unknown-zone",
        "Without the zone nothing goes",
        R(daily=1, zone="Europe/Atlantis"),
        every(DAY, 3),
    ),
    Case(
        "held",
        "Holds on copies, one with an end and one in doubt",
        R(keep_last=1),
        every(DAY, 5),
        (
            ActiveHold("legal", "e02", "case 42", at("2027-01-01T00:00")),
            ActiveHold("audit", "e02", "report 2026"),
            ActiveHold("audit", "e04", "", doubt="next summer"),
            ActiveHold("other", "zzz", "another instance"),
        ),
    ),
    Case(
        "held-instance",
        "A hold on the instance keeps all of its copies",
        R(keep_last=1),
        every(DAY, 3),
        (ActiveHold("move", "abc1", "until the move is done"),),
    ),
    Case(
        "flood",
        "A flood of recent copies does not wash the old ones out",
        R(keep_last=4, daily=3, weekly=3, monthly=2, floor=Floor(2, 1)),
        [
            *every(HOUR / 12, 20, NOW, "flood"),
            *every(DAY, 12, NOW - 5 * HOUR, "real"),
            _proven("proof", NOW - 60 * DAY),
        ],
    ),
]
