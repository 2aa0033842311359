"""The real reconciler in a simulated world."""

import pytest

from support.simulated import Simulated


@pytest.fixture
def world(tmp_path):
    made = Simulated(tmp_path)
    yield made
    made.close()
