"""A backup policy: what protection some instances must have. Values only; no document, no clock.

The document that people write is read in `policy_document`, which turns it into these.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum


class Missed(StrEnum):
    """What becomes of slots that nobody was there to run."""

    #: The newest missed slot is run, older ones are recorded as missed.
    RUN_ONCE = "run-once"
    #: None is run; all are recorded as missed.
    SKIP = "skip"
    #: Each is run, oldest first, up to `Schedule.most_catch_up` newest ones.
    RUN_ALL = "run-all"


class Dst(StrEnum):
    """What becomes of a local time that a clock change repeats or leaves out.

    Applies to schedules at fixed times of day; ones that are due every hour or more often follow
    elapsed time under each rule.
    """

    #: A repeated time is due once (the first); one that is left out, at the end of the gap.
    ONCE = "once"
    #: A repeated time is due twice; one that is left out, at the end of the gap.
    BOTH = "both"
    #: A repeated time is due once; one that is left out is not due that day.
    SKIP = "skip"


class First(StrEnum):
    """When a rule that never ran is due for the first time."""

    #: At its next slot after the policy was published: nothing surprising runs.
    WAIT = "wait"
    #: At once.
    NOW = "now"


@dataclass(frozen=True, slots=True)
class Blackout:
    """Local hours in which nothing is begun. `begin` later than `end`: over midnight.

    `days` are 0 (Monday) to 6 and mean the day on which the window begins; empty: every day.
    """

    begin: time
    end: time
    days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a rule is due: a cron expression on the wall clock of an IANA zone."""

    cron: str
    zone: str = "UTC"
    dst: Dst = Dst.ONCE
    missed: Missed = Missed.RUN_ONCE
    first: First = First.WAIT
    #: How long after its time a slot may still begin; later it is missed. None: until the next.
    within: timedelta | None = None
    #: Each slot is moved later by a part of this, the same part for the same slot and instance.
    jitter: timedelta = timedelta()
    blackouts: tuple[Blackout, ...] = ()
    #: Most slots that `Missed.RUN_ALL` runs after an outage.
    most_catch_up: int = 10


@dataclass(frozen=True, slots=True)
class SnapshotRule:
    """Take a snapshot on demand when due, beyond those that Aura takes by itself."""

    schedule: Schedule

    @property
    def key(self) -> str:
        """What names this rule within its policy; other settings may change under the same key."""
        return f"snapshots {self.schedule.cron} {self.schedule.zone}"


class Take(StrEnum):
    """Which snapshot an export is made of."""

    #: The newest that can be cloned.
    NEWEST_EXPORTABLE = "newest-exportable"
    #: One taken on demand for this export.
    NEW = "new"


@dataclass(frozen=True, slots=True)
class ExportRule:
    """Export to the policy's target when due. `method`: `auto`, `clone` or `live`."""

    schedule: Schedule
    take: Take = Take.NEWEST_EXPORTABLE
    method: str = "auto"
    clone_memory: str | None = None

    @property
    def key(self) -> str:
        """What names this rule within its policy; other settings may change under the same key."""
        return f"exports {self.schedule.cron} {self.schedule.zone}"


@dataclass(frozen=True, slots=True)
class QueryCheck:
    """A Cypher query of a restore test and the bounds of its one number."""

    cypher: str
    at_least: float | None = None
    at_most: float | None = None
    equals: float | None = None


@dataclass(frozen=True, slots=True)
class RestoreTestRule:
    """Restore a copy into a throwaway instance when due. Read and kept; not yet acted upon."""

    schedule: Schedule
    memory: str | None = None
    fingerprint: bool = True
    queries: tuple[QueryCheck, ...] = ()

    @property
    def key(self) -> str:
        """What names this rule within its policy; other settings may change under the same key."""
        return f"restore-tests {self.schedule.cron} {self.schedule.zone}"


@dataclass(frozen=True, slots=True)
class Floor:
    """How many copies outlive every rule: good ones, and ones whose restore test passed."""

    count: int = 1
    proven: int = 0


@dataclass(frozen=True, slots=True)
class Retention:
    """Which exports are kept. None of a rule: the rule does not exist; 0 is refused.

    Calendar periods (`hourly` … `yearly`) are those of `zone`; weeks are ISO weeks. Each keeps the
    newest good copy of each of the last n periods *that have one*. `keep_within` counts back from
    the newest good copy, never from now.
    """

    keep_last: int | None = None
    hourly: int | None = None
    daily: int | None = None
    weekly: int | None = None
    monthly: int | None = None
    yearly: int | None = None
    keep_within: timedelta | None = None
    floor: Floor = Floor()
    zone: str = "UTC"

    @property
    def empty(self) -> bool:
        """Whether it has no rule at all: then nothing is ever pruned."""
        rules = (
            self.keep_last,
            self.hourly,
            self.daily,
            self.weekly,
            self.monthly,
            self.yearly,
            self.keep_within,
        )
        return all(each is None for each in rules)


@dataclass(frozen=True, slots=True)
class Objectives:
    """What must hold. None: nothing is asked.

    Attributes:
        rpo: the newest copy must not be older than this.
        rto: restoring must not take longer than this.
        count_unexportable: whether a completed snapshot that Aura calls not exportable counts as
            a copy for `rpo`. The API does not mark differentials, and Neo4j's documents
            contradict each other on restoring them; hence no by default.
    """

    rpo: timedelta | None = None
    rto: timedelta | None = None
    count_unexportable: bool = False


class Mode(StrEnum):
    """How far the reconciler goes."""

    #: Findings are shown; nothing is done and nothing fails.
    OBSERVE = "observe"
    #: As observe, and findings make `plan` and `status` end with 2.
    WARN = "warn"
    #: What is due is done.
    ENFORCE = "enforce"


class OnLoss(StrEnum):
    """What to do about an instance that is certainly gone."""

    #: Say so, and from which copy it could be created again.
    REPORT = "report"
    #: Create it again from its best copy.
    RECREATE = "recreate"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one policy may do. Percent is of the policy's exports; at least one is always allowed.

    `max_deletes` and `max_delete_percent` hold for a run and again for a day (24 h back).
    """

    max_deletes: int = 5
    max_delete_percent: float = 10.0
    max_clones: int = 2
    max_clone_age: timedelta = timedelta(hours=6)
    #: Effects of this policy at once.
    concurrency: int = 4
    api_calls_per_minute: int = 80


@dataclass(frozen=True, slots=True)
class Selector:
    """Which instances: any of the ids, or a name that fits a glob, never an excluded one.

    `project` narrows names to one project, and alone means all of it. `exclude` are ids or globs.
    """

    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    project: str = ""
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """A named reason why an export must not be pruned, until `until` (ISO 8601) if that is given.

    `copy`: an export's id; or an instance's id, which holds all of its exports.
    """

    name: str
    copy: str
    reason: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. `version` stands for its content: another content is another version."""

    name: str
    instances: Selector
    target: str
    version: str = ""
    recipients: tuple[str, ...] = ()
    snapshots: tuple[SnapshotRule, ...] = ()
    exports: tuple[ExportRule, ...] = ()
    retention: Retention = Retention()
    restore_tests: tuple[RestoreTestRule, ...] = ()
    objectives: Objectives = Objectives()
    mode: Mode = Mode.ENFORCE
    on_loss: OnLoss = OnLoss.REPORT
    limits: Limits = Limits()
    holds: tuple[Hold, ...] = ()
