"""Which exports of one instance are kept and which may be pruned, with every reason.

A copy stays if any rule, the floor or a hold keeps it; rules do not know of each other, so that
another rule, a larger number or another hold never prunes more. Age counts from the newest good
copy and never from now: an instance that got no copies for a year keeps what it had. Exports that
are no good copies (damaged, from the future, not ours) neither push out good ones nor are pruned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice

from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.domain.copies import moment_text, objection
from pulumi_neo4j_aura.domain.observed import ObservedExport
from pulumi_neo4j_aura.domain.policy import Retention
from pulumi_neo4j_aura.planning import periods
from pulumi_neo4j_aura.planning.holds import ActiveHold
from pulumi_neo4j_aura.planning.periods import Periods
from pulumi_neo4j_aura.planning.plan import Kept

_NEVER = datetime.min.replace(tzinfo=UTC)

#: An export that does not count, and why it stays.
_Odd = tuple[ObservedExport, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Prunable:
    """An export that nothing keeps."""

    export: ObservedExport
    reason: str


@dataclass(frozen=True, slots=True)
class Decided:
    """Every export of one instance, in one of two places.

    `kept`: good ones first, newest first. `prune`: oldest first, so that an interrupted run has
    removed what was needed least.
    """

    kept: tuple[Kept, ...]
    prune: tuple[Prunable, ...]


@dataclass(frozen=True, slots=True)
class _Copies:
    """The good copies of one instance, newest first, and where each moment begins among them.

    Copies of the same moment hold the same data, so rules count moments. The best of a moment
    comes first: consistent before not, proven before not, then by id.
    """

    good: list[ObservedExport]
    firsts: list[int]


def decide(
    policy_name: str,
    retention: Retention,
    exports: Sequence[ObservedExport],
    held: Sequence[ActiveHold],
    now: datetime,
) -> Decided:
    """Decide about each export of one instance; the order given never matters.

    Args:
        policy_name: goes into the answer.
        retention: the rules. Without any, or with a zone that is not known here, all are kept.
        exports: all exports of one instance in one vault.
        held: the holds that are active; those on other copies do not matter.
        now: only tells which copies lie in the future.
    """
    if retention.empty:
        return keep_all(policy_name, exports, held, "no retention rules", now)
    where = periods.zone(retention.zone)
    if where is None:
        reason = f"the zone {retention.zone!r} of the retention is not known here"
        return keep_all(policy_name, exports, held, reason, now)
    copies, odd = _sorted(exports, now)
    reasons: list[list[str]] = [[] for _ in copies.good]
    moments = [periods.of(_moment(copies.good[index]), where) for index in copies.firsts]
    for index, reason in _rules(retention, copies, moments):
        reasons[index].append(reason)
    _add_holds(copies.good, reasons, held)
    return _decided(policy_name, copies, reasons, _odd_kept(policy_name, odd, held))


def keep_all(
    policy_name: str,
    exports: Iterable[ObservedExport],
    held: Sequence[ActiveHold],
    reason: str,
    now: datetime,
) -> Decided:
    """Keep each export, for one reason and its own: its instance is gone, for example."""
    odd = [(export, (reason, *filter(None, [objection(export, now)]))) for export in exports]
    return Decided(_odd_kept(policy_name, odd, held), ())


# --- what counts ----------------------------------------------------------------------------------


def _sorted(exports: Sequence[ObservedExport], now: datetime) -> tuple[_Copies, list[_Odd]]:
    """Good copies, and the others with why they do not count."""
    good: list[ObservedExport] = []
    odd: list[_Odd] = []
    twice = _twice(exports)
    for export in exports:
        reason = objection(export, now)
        if export.export_id in twice:
            # A folder that somebody copied: pruning one by its id could take the other along.
            reason = "its id occurs more than once in the vault: kept for a person to look at"
        if reason is None:
            good.append(export)
        else:
            odd.append((export, (reason,)))
    good.sort(key=_rank, reverse=True)
    return _Copies(good, _firsts(range(len(good)), good)), odd


def _firsts(among: Sequence[int], good: Sequence[ObservedExport]) -> list[int]:
    """Of some good copies, by index and newest first: the first of each moment."""
    found: list[int] = []
    before = None
    for index in among:
        moment = good[index].moment
        if moment != before:
            found.append(index)
            before = moment
    return found


def _twice(exports: Sequence[ObservedExport]) -> frozenset[str]:
    if len({export.export_id for export in exports}) == len(exports):
        return frozenset()
    counted = Counter(export.export_id for export in exports)
    return frozenset(export_id for export_id, count in counted.items() if count > 1)


def _rank(export: ObservedExport) -> tuple[datetime, bool, bool, str]:
    return (
        _moment(export),
        export.consistent,
        export.proven_at is not None,
        export.export_id,
    )


def _moment(export: ObservedExport) -> datetime:
    return export.moment or _NEVER


# --- rules: each yields (index among the good copies, reason) -------------------------------------


def _rules(
    retention: Retention, copies: _Copies, moments: Sequence[Periods]
) -> Iterator[tuple[int, str]]:
    if copies.good:
        yield 0, "newest good copy"
    yield from _last(retention.keep_last or 0, copies)
    for number, rule in enumerate(Periods._fields):
        yield from _calendar(rule, getattr(retention, rule) or 0, number, copies, moments)
    yield from _within(retention, copies)
    every = range(len(copies.good))
    yield from _floor("floor", max(1, retention.floor.count), every, copies.firsts, copies.good)
    if retention.floor.proven > 0:
        yield from _proven_floor(retention.floor.proven, copies.good)


def _last(count: int, copies: _Copies) -> Iterator[tuple[int, str]]:
    for place, index in enumerate(copies.firsts[: max(0, count)], 1):
        yield index, f"last {place} of {count}"


def _calendar(
    rule: str, count: int, number: int, copies: _Copies, moments: Sequence[Periods]
) -> Iterator[tuple[int, str]]:
    """The newest copy of each of the newest periods that have one."""
    # A set, not "differs from the one before": where clocks go back over midnight, a day comes
    # twice.
    seen: set[str] = set()
    for index, labels in zip(copies.firsts, moments, strict=True):
        if len(seen) >= count:
            return
        label = labels[number]
        if label not in seen:
            seen.add(label)
            yield index, f"{rule} {label} ({len(seen)} of {count})"


def _within(retention: Retention, copies: _Copies) -> Iterator[tuple[int, str]]:
    span = retention.keep_within
    if span is None or not copies.good:
        return
    newest = _moment(copies.good[0])
    reason = f"within {duration.show(span.total_seconds())} of the newest good copy"
    for index, export in enumerate(copies.good):
        if newest - _moment(export) > span:
            return
        yield index, reason


def _proven_floor(count: int, good: Sequence[ObservedExport]) -> Iterator[tuple[int, str]]:
    proven = [index for index, export in enumerate(good) if export.proven_at is not None]
    yield from _floor("floor of proven copies", count, proven, _firsts(proven, good), good)


def _floor(
    name: str,
    count: int,
    among: Sequence[int],
    firsts: Sequence[int],
    good: Sequence[ObservedExport],
) -> Iterator[tuple[int, str]]:
    """The copies that outlive every rule.

    Consistent copies of different moments first, so that exports of the running instance do not
    push them out; then those; further copies of the same moments only when nothing else is left.
    """
    ranked = chain(
        (index for index in firsts if good[index].consistent),
        (index for index in firsts if not good[index].consistent),
        _others(among, firsts),
    )
    for place, index in enumerate(islice(ranked, count), 1):
        yield index, f"{name} {place} of {count}"


def _others(among: Sequence[int], firsts: Sequence[int]) -> Iterator[int]:
    taken = frozenset(firsts)
    return (index for index in among if index not in taken)


# --- the answer -----------------------------------------------------------------------------------


def _add_holds(
    good: Sequence[ObservedExport], reasons: Sequence[list[str]], held: Sequence[ActiveHold]
) -> None:
    on_these = _on(good, held)
    for export, found in zip(good, reasons, strict=True) if on_these else ():
        found.extend(hold.text for hold in on_these if hold.covers(export))


def _on(exports: Iterable[ObservedExport], held: Sequence[ActiveHold]) -> list[ActiveHold]:
    """The holds that cover any of these: a fleet's holds are many, an instance's few."""
    if not held:
        return []
    names = {name for export in exports for name in (export.export_id, export.instance_id)}
    return [hold for hold in held if hold.copy in names]


def _decided(
    policy_name: str,
    copies: _Copies,
    reasons: Sequence[Sequence[str]],
    odd: tuple[Kept, ...],
) -> Decided:
    kept: list[Kept] = []
    prune: list[Prunable] = []
    why = _why(copies.good[0]) if copies.good else ""
    for export, found in zip(copies.good, reasons, strict=True):
        if found:
            kept.append(Kept(export.export_id, export.instance_id, policy_name, tuple(found)))
        else:
            prune.append(Prunable(export, why))
    prune.reverse()
    return Decided((*kept, *odd), tuple(prune))


def _why(newest: ObservedExport) -> str:
    moment = moment_text(_moment(newest))
    return f"no rule keeps it; newest good copy is {newest.export_id} of {moment}"


def _odd_kept(
    policy_name: str, odd: Sequence[_Odd], held: Sequence[ActiveHold]
) -> tuple[Kept, ...]:
    def order(each: _Odd) -> tuple[datetime, str, str]:
        return _moment(each[0]), each[0].export_id, each[0].key

    on_these = _on((export for export, _ in odd), held)
    return tuple(
        Kept(
            export.export_id,
            export.instance_id,
            policy_name,
            (*reasons, *(hold.text for hold in on_these if hold.covers(export))),
        )
        for export, reasons in sorted(odd, key=order, reverse=True)
    )
