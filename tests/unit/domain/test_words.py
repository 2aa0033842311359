"""Numbers of things."""

import pytest

from pulumi_neo4j_aura.domain.words import counted


@pytest.mark.parametrize(
    ("number", "thing", "told"),
    [
        (0, "day", "0 days"),
        (1, "copy", "1 copy"),
        (2, "copy", "2 copies"),
        (1000, "node", "1,000 nodes"),
    ],
)
def test_one_thing_is_told_as_one(number, thing, told):
    """And several, or none, as several."""
    assert counted(number, thing) == told
