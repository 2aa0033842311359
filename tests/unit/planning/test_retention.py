"""The answer of retention as its callers use it."""

from pulumi_neo4j_aura.domain.policy import Retention
from pulumi_neo4j_aura.planning import retention
from pulumi_neo4j_aura.planning.holds import ActiveHold
from support.retention import DAY, NOW, an_export, every, pruned, reasons

EXPORTS = [
    *every(DAY, 4),
    an_export("bad1", NOW - 9 * DAY, good=False, problem="part 0 is missing"),
    an_export("bad2", NOW - 8 * DAY, good=False, problem="part 0 is missing"),
    an_export("blank", None),
]


def test_kept_ones_come_newest_first_and_prunes_oldest_first():
    """Copies that do not count come last; a run that breaks off removed what was needed least."""
    decided = retention.decide("p", Retention(keep_last=2), EXPORTS, (), NOW)
    assert [each.export_id for each in decided.kept] == ["e00", "e01", "bad2", "bad1", "blank"]
    assert pruned(decided) == ["e03", "e02"]
    assert {each.policy for each in decided.kept} == {"p"}


def test_all_of_a_gone_instance_can_be_kept_for_one_reason():
    """The reason, then the export's own, then the holds on it."""
    held = (ActiveHold("legal", "bad1", "case 42"),)
    decided = retention.keep_all("p", EXPORTS, held, "its instance is gone", NOW)
    assert not decided.prune
    found = reasons(decided)
    assert found["e00"] == ("its instance is gone",)
    assert found["bad1"] == (
        "its instance is gone",
        "damaged: kept for a person to look at (part 0 is missing)",
        "hold legal: case 42 (without end)",
    )
    assert list(found) == ["e00", "e01", "e02", "e03", "bad2", "bad1", "blank"]


def test_a_hold_is_told_also_of_what_no_rule_was_asked_about():
    """Copies that do not count, and all of them where the zone is not known."""
    held = (ActiveHold("legal", "bad1", "case 42"), ActiveHold("tax", "e03", "2026"))
    rules = Retention(keep_last=2)
    counted = reasons(retention.decide("p", rules, EXPORTS, held, NOW))
    assert "hold legal: case 42 (without end)" in counted["bad1"]
    unknown = retention.decide("p", Retention(keep_last=2, zone="Mars"), EXPORTS, held, NOW)
    assert "hold tax: 2026 (without end)" in reasons(unknown)["e03"]
    assert {each.policy for each in unknown.kept} == {"p"}
