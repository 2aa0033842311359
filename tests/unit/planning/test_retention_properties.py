"""What must hold of retention for every fleet. RETENTION_FLEETS=100000 tries so many."""

import os
from collections import Counter
from dataclasses import fields, replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain.copies import objection
from pulumi_neo4j_aura.domain.policy import Floor, Retention
from pulumi_neo4j_aura.planning import guards, retention
from pulumi_neo4j_aura.planning.holds import ActiveHold
from support.retention import NOW, a_policy, a_prune, a_state, an_export, pruned

fleets = settings(
    max_examples=int(os.environ.get("RETENTION_FLEETS", "150")),
    suppress_health_check=[HealthCheck.too_slow],
)

ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia"]
RULES = ["keep_last", "hourly", "daily", "weekly", "monthly", "yearly"]
COUNTS = st.none() | st.integers(1, 5)

#: Minutes before now, so that some copies share a moment and some lie in the future.
MINUTES = st.one_of(
    st.integers(-300, 3000), st.integers(0, 40).map(lambda day: day * 1440), st.integers(0, 2000000)
)


@st.composite
def an_odd_export(draw, number=0):
    """An export with anything that an export can have."""
    minutes = draw(MINUTES)
    return an_export(
        f"e{draw(st.integers(0, 99)):02}-{number}",
        None if draw(st.integers(0, 30)) == 0 else NOW - timedelta(minutes=minutes),
        consistent=draw(st.booleans()),
        good=draw(st.integers(0, 9)) > 0,
        ours=draw(st.integers(0, 19)) > 0,
        proven_at=NOW if draw(st.integers(0, 4)) == 0 else None,
    )


@st.composite
def exports_of_one(draw):
    """The exports of one instance, at times with an id twice."""
    count = draw(st.integers(0, 25))
    found = [draw(an_odd_export(number)) for number in range(count)]
    if found and draw(st.integers(0, 9)) == 0:
        found.append(replace(found[0], key="exports/copied/manifest.json"))
    return found


FLOORS = st.builds(Floor, count=st.integers(0, 4), proven=st.integers(0, 3))
WITHIN = st.none() | st.integers(1, 60).map(lambda days: timedelta(days=days))
RETENTIONS = st.builds(
    Retention,
    **dict.fromkeys(RULES, COUNTS),
    keep_within=WITHIN,
    floor=FLOORS,
    zone=st.sampled_from(ZONES),
)


def _decide(rules, exports, held=(), now=NOW):
    return retention.decide("p", rules, exports, held, now)


def _good(exports):
    twins = Counter(each.export_id for each in exports)
    return [each for each in exports if twins[each.export_id] == 1 and objection(each, NOW) is None]


@fleets
@given(RETENTIONS, exports_of_one())
def test_every_export_is_kept_or_pruned_and_has_a_reason(rules, exports):
    """Nothing is lost on the way, nothing is in both, and no reason is empty."""
    decided = _decide(rules, exports)
    ids = [each.export_id for each in decided.kept] + pruned(decided)
    assert sorted(ids) == sorted(each.export_id for each in exports)
    assert all(each.reasons and all(each.reasons) for each in decided.kept)
    assert all(each.reason for each in decided.prune)


@fleets
@given(RETENTIONS, exports_of_one(), st.sampled_from(RULES), st.integers(1, 5))
def test_another_rule_or_a_larger_number_never_prunes_more(rules, exports, rule, more):
    """Monotonic in each count; from no rule at all to one is the single exception."""
    if rules.empty:
        return
    larger = replace(rules, **{rule: (getattr(rules, rule) or 0) + more})
    assert set(pruned(_decide(larger, exports))) <= set(pruned(_decide(rules, exports)))


@fleets
@given(RETENTIONS, exports_of_one(), st.integers(1, 90), st.integers(0, 2), st.integers(0, 2))
def test_a_longer_span_or_a_higher_floor_never_prunes_more(rules, exports, days, count, proven):
    """Monotonic in the span and in both floors."""
    if rules.empty:
        return
    larger = replace(
        rules,
        keep_within=(rules.keep_within or timedelta()) + timedelta(days=days),
        floor=Floor(rules.floor.count + count, rules.floor.proven + proven),
    )
    assert set(pruned(_decide(larger, exports))) <= set(pruned(_decide(rules, exports)))


@fleets
@given(RETENTIONS, exports_of_one(), st.data())
def test_a_hold_keeps_what_it_covers_and_prunes_nothing_else(rules, exports, data):
    """A hold takes its copies out of the prunes and changes no other decision."""
    names = sorted({each.export_id for each in exports} | {"abc1", "elsewhere"})
    chosen = data.draw(st.sets(st.sampled_from(names)))
    held = [ActiveHold("legal", each, "case 42") for each in sorted(chosen)]
    covered = {each.export_id for each in exports if any(hold.covers(each) for hold in held)}
    without = pruned(_decide(rules, exports))
    assert pruned(_decide(rules, exports, held)) == [
        each for each in without if each not in covered
    ]


@fleets
@given(RETENTIONS, exports_of_one(), st.data())
def test_deciding_again_after_some_prunes_prunes_only_the_rest(rules, exports, data):
    """Idempotent: after all prunes there are none; after a run that broke off, those left over."""
    planned = pruned(_decide(rules, exports))
    done = data.draw(st.sets(st.sampled_from(planned))) if planned else set()
    left = [each for each in exports if each.export_id not in done]
    assert pruned(_decide(rules, left)) == [each for each in planned if each not in done]
    rest = [each for each in exports if each.export_id not in planned]
    assert not _decide(rules, rest).prune


@fleets
@given(RETENTIONS, exports_of_one())
def test_the_newest_copy_and_the_floors_always_remain(rules, exports):
    """Good, consistent and proven copies: as many as the floor says, or all there are."""
    decided = _decide(rules, exports)
    good = _good(exports)
    left = [each for each in good if each.export_id not in pruned(decided)]
    count, proven = max(1, rules.floor.count), rules.floor.proven
    assert len(left) >= min(count, len(good))
    if good:
        assert max(each.moment for each in left) == max(each.moment for each in good)
    for floor, needs in [(count, lambda _: True), (proven, lambda each: each.proven_at)]:
        had, has = [[each for each in some if needs(each)] for some in (good, left)]
        assert len(has) >= min(floor, len(had))
        were, are = [{each.moment for each in some if each.consistent} for some in (had, has)]
        assert len(are) >= min(floor, len(were))


@fleets
@given(RETENTIONS, exports_of_one())
def test_guards_never_refuse_what_retention_plans(rules, exports):
    """Two ways of counting agree; else a plan would be stuck for ever."""
    planned = [a_prune(each.export) for each in _decide(rules, exports).prune]
    roomy = replace(a_policy().limits, max_deletes=99, max_delete_percent=100)
    policy = a_policy(retention=rules, limits=roomy)
    assert not guards.check(planned, a_state(exports), [policy], NOW).refused


@fleets
@given(RETENTIONS, exports_of_one(), st.randoms(use_true_random=False))
def test_the_order_given_does_not_matter(rules, exports, random):
    """The same answer, in the same order."""
    shuffled = list(exports)
    random.shuffle(shuffled)
    assert _decide(rules, shuffled) == _decide(rules, exports)


@fleets
@given(RETENTIONS, exports_of_one())
def test_copies_that_do_not_count_change_nothing(rules, exports):
    """Damaged, future-dated and foreign ones stay, and the others are decided as without them."""
    good = _good(exports)
    decided = _decide(rules, exports)
    assert decided.prune == _decide(rules, good).prune
    assert set(pruned(decided)) <= {each.export_id for each in good}


@fleets
@given(RETENTIONS, exports_of_one())
def test_only_the_moment_counts_as_time(rules, exports):
    """Renamed instances, moved keys and re-timed uploads change no decision."""
    moved = [
        replace(
            each,
            key=f"exports/abc1-renamed/{each.export_id}/manifest.json",
            instance_name="renamed",
            completed_at=NOW - timedelta(days=number),
            stored_bytes=number,
        )
        for number, each in enumerate(exports)
    ]
    assert pruned(_decide(rules, moved)) == pruned(_decide(rules, exports))


@fleets
@given(RETENTIONS, exports_of_one(), st.integers(1, 60 * 24 * 900))
def test_a_clock_that_is_behind_prunes_nothing_that_the_right_one_would_keep(
    rules, exports, behind
):
    """To a clock that is behind, newer copies are from the future; older ones stay longer."""
    early = NOW - timedelta(minutes=behind)
    assert set(pruned(_decide(rules, exports, now=early))) <= set(pruned(_decide(rules, exports)))


@fleets
@given(RETENTIONS, exports_of_one(), st.integers(0, 60 * 24 * 900))
def test_a_clock_that_is_ahead_changes_nothing(rules, exports, ahead):
    """Age counts from the newest good copy; only copies from the future could change anything."""
    past = [each for each in exports if each.moment is None or each.moment <= NOW]
    late = NOW + timedelta(minutes=ahead)
    assert _decide(rules, past, now=late) == _decide(rules, past)


def test_the_rules_tried_are_all_there_are():
    """A new rule of retention must join these properties."""
    tried = {*RULES, "keep_within", "floor", "zone"}
    assert {each.name for each in fields(Retention)} == tried
