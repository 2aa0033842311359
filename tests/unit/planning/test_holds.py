"""Which holds hold, until when, and what they cover."""

from datetime import UTC, datetime, timedelta

import pytest

from pulumi_neo4j_aura.domain.observed import StoredHold
from pulumi_neo4j_aura.domain.policy import Hold
from pulumi_neo4j_aura.planning import holds
from pulumi_neo4j_aura.planning.holds import ActiveHold
from support.retention import NOW, a_policy, a_vault, an_export, at, every


def _active(*declared, stored=(), now=NOW):
    policy = a_policy(holds=declared)
    return holds.active(policy, a_vault((), holds=stored), now)


def test_holds_come_from_the_policy_and_from_the_vault():
    """Both count, by name, and the same one twice is one."""
    found = _active(
        Hold("legal", "e1", "case 42", "2027-01-01T00:00Z"),
        stored=(
            StoredHold("audit", "e2", "report"),
            StoredHold("legal", "e1", "case 42", at("2027-01-01T00:00")),
        ),
    )
    assert found == (
        ActiveHold("audit", "e2", "report"),
        ActiveHold("legal", "e1", "case 42", at("2027-01-01T00:00")),
    )


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("2027-01-01T00:00:00Z", at("2027-01-01T00:00")),
        ("2027-01-01T02:00+02:00", at("2027-01-01T00:00")),
        ("2027-01-01T00:00", at("2027-01-01T12:00")),
        ("2026-12-31", at("2027-01-01T12:00")),
        ("", None),
        ("9999-12-31", None),
        ("next summer", None),
        ("2026-13-01", None),
    ],
)
def test_an_end_is_read_so_that_a_hold_never_ends_early(text, until):
    """Days end where they end last; a time without offset is read there; doubt is no end."""
    assert holds.end_of(text) == until


def test_an_ended_hold_does_not_hold():
    """It ends at its end, not a moment sooner, and is then told among the ended ones."""
    hold = Hold("legal", "e1", "case 42", "2026-11-25T08:00Z")
    vault = a_vault((), holds=())
    policy = a_policy(holds=(hold,))
    before = NOW - timedelta(microseconds=1)
    assert [each.name for each in holds.active(policy, vault, before)] == ["legal"]
    assert holds.ended(policy, vault, before) == ()
    assert holds.active(policy, vault, NOW) == ()
    assert [each.name for each in holds.ended(policy, vault, NOW)] == ["legal"]


def test_a_hold_without_end_holds_for_ever():
    """Also in the last year that can be told."""
    forever = datetime.max.replace(tzinfo=UTC)
    assert len(_active(Hold("legal", "e1", "case 42"), now=forever)) == 1


def test_a_hold_whose_end_cannot_be_read_holds_for_ever_and_says_so():
    """A slip of the pen must not free a copy."""
    (found,) = _active(Hold("legal", "e1", "", "31.12.2026"), now=at("2999-01-01T00:00"))
    assert found.text == (
        "hold legal: no reason given (its end '31.12.2026' cannot be read, so it does not end)"
    )


def test_a_hold_covers_an_export_or_all_of_an_instance():
    """By either id; never by part of one."""
    export = an_export("e1", NOW, instance_id="abc1")
    covers = {name: ActiveHold("h", name, "").covers(export) for name in ("e1", "abc1", "e", "x")}
    assert covers == {"e1": True, "abc1": True, "e": False, "x": False}


def test_several_policies_of_one_vault_hold_together():
    """What one policy holds, another one's prunes must respect."""
    some = [a_policy(name, holds=(Hold(name, "e1", ""),)) for name in ("staging", "production")]
    found = holds.active_in(a_vault(every(timedelta(1), 2)), some, NOW)
    assert [each.name for each in found] == ["production", "staging"]
