import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_neo4j_aura.errors import Unavailable
from pulumi_neo4j_aura.execution.listing import Listing


class Fetch:
    """Counts what it is asked, and answers with how often; fails when told to."""

    def __init__(self):
        self.asked = []
        self.error = None
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, project_id):
        self.asked.append(project_id)
        self.gate.wait(10)
        if self.error:
            raise self.error
        return (project_id, len(self.asked))


@pytest.fixture
def fetch():
    return Fetch()


@pytest.fixture
def listing(fetch, clock):
    return Listing(fetch, clock, keep_seconds=15)


def test_a_recent_list_is_shared_for_some_seconds(listing, fetch, clock):
    """Up to and including the last second, and asked for again after it."""
    first = listing.recent("project-1")
    clock.sleep(15)
    assert listing.recent("project-1") is first
    clock.sleep(0.1)
    assert listing.recent("project-1") == ("project-1", 2)


def test_a_fresh_list_is_asked_for_and_shared_from_then_on(listing, fetch):
    """Whoever looks after an effect needs one; the others profit."""
    listing.recent("project-1")
    fresh = listing.fresh("project-1")

    assert fresh == ("project-1", 2)
    assert listing.recent("project-1") is fresh


def test_projects_do_not_share_a_list(listing, fetch):
    """Each has its own."""
    listing.recent("project-1")
    listing.recent("project-2")
    listing.recent("project-1")
    assert fetch.asked == ["project-1", "project-2"]


def test_a_failed_list_is_not_kept(listing, fetch):
    """An error is raised to who asked, and the next one asks again."""
    fetch.error = Unavailable("503")
    with pytest.raises(Unavailable):
        listing.recent("project-1")
    fetch.error = None
    assert listing.recent("project-1") == ("project-1", 2)


def test_many_threads_that_start_together_cost_one_call(listing, fetch):
    """A hundred creates of one run would use up the minute's calls."""
    fetch.gate.clear()
    with ThreadPoolExecutor(32) as pool:
        answers = [pool.submit(listing.recent, "project-1") for _ in range(32)]
        fetch.gate.set()
        rows = {answer.result(10) for answer in answers}

    assert rows == {("project-1", 1)}
    assert fetch.asked == ["project-1"]
