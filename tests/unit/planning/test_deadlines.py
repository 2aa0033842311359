"""Until when a snapshot can be exported, and when Aura's next one must be there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pulumi_neo4j_aura.domain.tier import TIERS
from pulumi_neo4j_aura.planning import deadlines
from support.planning import DAY, HOUR, NOW, snapshot

DEDICATED = TIERS["enterprise-db"]


def test_the_deadline_follows_from_how_it_was_taken():
    """On-demand ones last longer on some tiers."""
    by_aura = deadlines.of(snapshot(30 * DAY), DEDICATED, NOW)
    by_hand = deadlines.of(snapshot(30 * DAY, profile="AdHoc"), DEDICATED, NOW)
    assert by_aura is not None
    assert by_hand is not None
    assert (by_aura.until, by_aura.left) == (NOW + 30 * DAY, 0.5)
    assert by_hand.until == NOW + 60 * DAY


def test_without_a_span_or_a_time_there_is_none():
    """Aura does not say, so neither do we."""
    assert deadlines.of(snapshot(), TIERS["free-db"], NOW) is None
    assert deadlines.of(replace(snapshot(), timestamp=None), DEDICATED, NOW) is None


def test_the_next_own_snapshot_is_expected_a_cadence_and_a_grace_after_the_last():
    """Or after the creation, where there is none yet."""
    every = timedelta(days=1)
    taken = (snapshot(3 * HOUR), snapshot(HOUR, profile="AdHoc"))
    assert deadlines.expected_at(taken, None, every) == NOW - 2 * HOUR + every
    assert deadlines.expected_at((), NOW, every) == NOW + every + HOUR
    assert deadlines.expected_at((), None, every) is None
    assert deadlines.expected_at(taken, NOW, None) is None


@pytest.mark.parametrize(
    ("left", "severity"),
    [
        (0.51, None),
        (0.5, "info"),
        (0.26, "info"),
        (0.25, "warning"),
        (0.1, "critical"),
        (0, "critical"),
    ],
)
def test_it_matters_more_the_less_time_is_left(left, severity):
    """From a half on, from a quarter on, from a tenth on."""
    found = deadlines.Deadline("s", NOW, left).severity
    assert (found and found.value) == severity
