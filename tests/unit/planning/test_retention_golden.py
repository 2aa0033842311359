"""Golden files of retention. Write them anew with REGOLDEN=1, and read what changed."""

import os
from pathlib import Path

import pytest

from pulumi_neo4j_aura.planning import retention
from support.retention import NOW, as_text
from support.retention_cases import CASES

GOLDEN = Path(__file__).parents[2] / "golden" / "retention"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_decision_is_the_one_that_was_read_and_approved(case):
    """Every export with every reason, as in its golden file; given in either order."""
    path = GOLDEN / f"{case.name}.txt"
    backwards = retention.decide("p", case.retention, case.exports[::-1], case.held, NOW)
    decided = retention.decide("p", case.retention, case.exports, case.held, NOW)
    text = as_text(case.title, case.retention, case.exports, decided)
    if os.environ.get("REGOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()
    assert backwards == decided


def test_every_golden_file_has_its_case():
    """A case that was renamed or dropped leaves no file behind."""
    assert {path.stem for path in GOLDEN.iterdir()} == {case.name for case in CASES}
