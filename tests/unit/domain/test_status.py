import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain import status

#: Everything that the v1 document, the v2 document or a live service has shown, and what it means.
MEANING = {
    "running": "settled",
    "paused": "settled",
    "creating": "busy",
    "pausing": "busy",
    "resuming": "busy",
    "suspending": "busy",
    "loading": "busy",
    "restoring": "busy",
    "updating": "busy",
    "overwriting": "busy",
    "resizing": "busy",
    "upgrading": "busy",
    "destroying": "leaving",
    "deleting": "leaving",
    "loading failed": "failed",
    "suspended": "failed",
    "encryption key deleted": "failed",
    "encryption key error": "failed",
    "encryption key not found": "failed",
    "stopped": "busy",
    "available": "busy",
    "something that Aura invents tomorrow": "busy",
    "": "busy",
}


@pytest.mark.parametrize(("text", "meaning"), MEANING.items())
def test_every_status_means_one_thing(text, meaning):
    """Only running and paused are idle; what nobody knows is work under way."""
    assert status.settled(text) == (meaning == "settled")
    assert status.failed(text) == (meaning == "failed")
    assert status.leaving(text) == (meaning == "leaving")
    assert status.busy(text) == (meaning in ("busy", "leaving"))


@given(st.sampled_from(sorted(MEANING)), st.sampled_from([str.upper, str.title, str.swapcase]))
def test_spelling_does_not_matter(text, spelled):
    """Case, underscores and doubled blanks differ between Aura's documents and its answers."""
    odd = f"  {spelled(text)} ".replace(" ", "_ ")
    assert status.normal(odd) == text.lower()


@given(st.text())
def test_a_status_is_never_idle_and_broken_and_busy_at_once(text):
    """Exactly one of the three, so that no wait can both end and go on."""
    assert [status.settled(text), status.failed(text), status.busy(text)].count(True) == 1
