import inspect

import pytest

from pulumi_neo4j_aura import errors
from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Busy,
    Damaged,
    Forbidden,
    LostAnswer,
    NotFound,
    OperationFailed,
    Permanent,
    Refused,
    Rejected,
    Throttled,
    TimedOut,
    Transient,
    Unavailable,
)

NEXT = {
    Transient: (Busy, Throttled, Unavailable, LostAnswer, TimedOut),
    Permanent: (BadCredentials, Forbidden, NotFound, Rejected, OperationFailed, Damaged),
    Refused: (),
}
ALL = [kind for kind in vars(errors).values() if inspect.isclass(kind)]


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "Instance ab12cd34: pause failed."),
        ({"way_out": "Run again."}, "Instance ab12cd34: pause failed. Run again."),
        ({"status": 409}, "Instance ab12cd34: pause failed. (HTTP 409)"),
        ({"reason": "db-not-found"}, "Instance ab12cd34: pause failed. (db-not-found)"),
        ({"request_id": "req/1"}, "Instance ab12cd34: pause failed. (request id req/1)"),
        (
            {"status": 404, "reason": "x", "request_id": "req/1", "way_out": "Look."},
            "Instance ab12cd34: pause failed. (HTTP 404, x, request id req/1) Look.",
        ),
    ],
)
@pytest.mark.parametrize("kind", [AuraError, Transient, Permanent, Refused, Busy, NotFound])
def test_an_error_is_one_paragraph(kind, facts, text):
    """What happened, how to find the call in Aura's logs, and what the reader can do."""
    assert str(kind("Instance ab12cd34: pause failed.", **facts)) == text


def test_an_error_keeps_its_facts():
    """For whoever decides by them, without reading the text."""
    error = Throttled(
        "Too much.", retry_after=7.5, way_out="Wait.", status=429, reason="r", request_id="q"
    )
    assert (error.message, error.way_out, error.retry_after) == ("Too much.", "Wait.", 7.5)
    assert (error.status, error.reason, error.request_id) == (429, "r", "q")
    assert error.args == ("Too much.",)
    assert Unavailable("Nothing.").retry_after is None


def test_every_error_says_by_its_class_what_happens_next():
    """Try again, change something, or we chose not to: each class belongs to exactly one."""
    for above, below in NEXT.items():
        assert all(issubclass(kind, above) for kind in below)
    for kind in set(ALL) - {AuraError}:
        assert [issubclass(kind, above) for above in NEXT].count(True) == 1, kind


def test_no_error_is_forgotten_here():
    """A new class needs a place in the table above."""
    assert set(ALL) == {AuraError, *NEXT, *NEXT[Transient], *NEXT[Permanent]}
