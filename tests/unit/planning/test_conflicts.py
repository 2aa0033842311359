"""Contradictions in a policy, and what a tier cannot meet."""

from datetime import timedelta

import pytest

from pulumi_neo4j_aura import policy_document
from pulumi_neo4j_aura.domain.tier import TIERS
from pulumi_neo4j_aura.planning import conflicts
from support.planning import NOW, a_policy, instance

#: Its slots are over before some of them begin.
LATE = {"cron": "0 1 * * *", "jitter": "1h", "within": "1h"}


def found(policy, *instances):
    return [each.rule for each in conflicts.find(policy, instances, NOW)]


# --- by itself ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({}, []),
        ({"exports": [LATE]}, ["exports[0]"]),
        ({"snapshots": [{"cron": "0 2 * * *"}, LATE]}, ["snapshots[1]"]),
        ({"restore_tests": [LATE]}, ["restore_tests[0]"]),
        ({"exports": [{"cron": "0 1 * * *"}, {"cron": "0 1 * * *"}]}, ["exports[1]"]),
        ({"exports": [{"cron": "0 1 * * *"}, {"cron": "0 1 * * *", "zone": "Asia/Tokyo"}]}, []),
        ({"retention": {"daily": 30, "weekly": 2}}, ["retention.weekly"]),
        ({"retention": {"daily": 7, "weekly": 4, "yearly": 1}}, []),
        ({"retention": {"hourly": 12, "daily": 7}}, []),
        ({"retention": {"hourly": 48, "daily": 1}}, ["retention.daily"]),
        ({"retention": {"floor": {"count": 1, "proven": 2}}}, ["retention.floor.proven"]),
    ],
)
def test_contradictions_are_named_by_their_rule(fields, rules):
    """All of them at once."""
    assert found(a_policy(**fields)) == rules


def test_the_message_says_what_is_less_than_what():
    """In days and hours."""
    policy = a_policy(retention={"hourly": 30, "daily": 1})
    (conflict,) = conflicts.find(policy, (), NOW)
    assert "reaches back 1 d, which is less than hourly with 1 d 6 h" in conflict.message
    short = a_policy(objectives={"rpo": "6h"})
    (conflict,) = conflicts.find(short, (instance(),), NOW)
    assert conflict.message.startswith("6 h cannot be met for orders")
    assert conflict.instance_id == "orders-id"


# --- with an instance -----------------------------------------------------------------------------


def test_what_cannot_be_computed_with_is_not_compared_with_tiers():
    """One mistake is told once."""
    policy = a_policy(exports=[LATE], objectives={"rpo": "1h"})
    assert found(policy, instance()) == ["exports[0]"]


def test_an_unknown_type_is_not_judged():
    """Aura may have new ones."""
    assert found(a_policy(objectives={"rpo": "1h"}), instance(type="something-new")) == []


@pytest.mark.parametrize(
    ("fields", "kind", "rules"),
    [
        ({"objectives": {"rpo": "24h"}}, "professional-db", []),
        ({"objectives": {"rpo": "23h"}}, "professional-db", ["objectives.rpo"]),
        (
            {"objectives": {"rpo": "23h"}, "snapshots": [{"cron": "0 */6 * * *"}]},
            "professional-db",
            [],
        ),
        (
            {"objectives": {"rpo": "6h"}, "exports": [{"cron": "0 */6 * * *", "take": "new"}]},
            "professional-db",
            [],
        ),
        (
            {"objectives": {"rpo": "6h"}, "exports": [{"cron": "0 */6 * * *", "method": "live"}]},
            "business-critical",
            [],
        ),
        ({"objectives": {"rpo": "7d"}}, "free-db", []),
        ({"objectives": {"rpo": "6d"}}, "free-db", ["objectives.rpo"]),
        ({"objectives": {"rpo": "6d"}, "exports": []}, "free-db", ["objectives.rpo"]),
        (
            {"exports": [{"cron": "0 2 * * SUN", "method": "clone"}]},
            "free-db",
            ["exports[0].method"],
        ),
        ({"exports": [{"cron": "0 2 * * SUN", "method": "clone"}]}, "professional-db", []),
        ({"exports": [{"cron": "0 2 1 * *"}]}, "professional-db", ["exports[0].cron"]),
        ({"exports": [{"cron": "0 2 1 * *", "take": "new"}]}, "professional-db", []),
        ({"exports": [{"cron": "0 2 1 * *"}]}, "enterprise-db", []),
        ({"exports": [{"cron": "0 2 1 * *"}]}, "free-db", []),
    ],
)
def test_what_a_tier_cannot_meet_is_refused_with_the_rule(fields, kind, rules):
    """Aura's own cadence, what can be cloned, and for how long a snapshot can be exported."""
    assert found(a_policy(**fields), instance(type=kind)) == rules


@pytest.mark.parametrize("kind", [kind for kind in TIERS if kind != "free-db"])
@pytest.mark.parametrize("preset", policy_document.PRESETS)
def test_presets_can_be_met_by_every_paid_tier(preset, kind):
    """What we offer must not contradict what Aura offers."""
    document = {"name": "p", "preset": preset, "target": "/v", "instances": {"ids": ["orders-id"]}}
    policy = policy_document.parse(document, "the test")
    assert found(policy, instance(type=kind)) == []
    assert conflicts.find(policy, (), NOW + timedelta(days=400)) == ()
