"""What an error of an effect means for its action."""

import pytest

from pulumi_neo4j_aura.errors import Busy, Forbidden, Throttled, TimedOut, Unavailable
from pulumi_neo4j_aura.execution.actions.outcome import (
    SOON,
    Done,
    Failed,
    Skipped,
    Waiting,
    of_error,
    told,
)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (TimedOut("It goes on."), Waiting("It goes on.", SOON)),
        (Busy("Another one.", retry_after=7.0), Waiting("Another one.", 7.0)),
        (Throttled("Enough.", retry_after=None), Waiting("Enough.", SOON)),
    ],
)
def test_what_is_under_way_is_waited_for(error, outcome):
    """As long as Aura advises."""
    assert of_error(error) == outcome


@pytest.mark.parametrize("error", [Unavailable("No answer."), Forbidden("No.")])
def test_everything_else_failed_for_now(error):
    """The error says what happens next."""
    assert of_error(error) == Failed(error)


@pytest.mark.parametrize(
    "outcome", [Done("text"), Waiting("text"), Failed(Forbidden("text")), Skipped("text")]
)
def test_each_outcome_has_its_words(outcome):
    """For people."""
    assert told(outcome) == "text"
