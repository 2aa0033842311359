import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.aura.bodies import Cleaner
from pulumi_neo4j_aura.aura.retries import Facts
from pulumi_neo4j_aura.aura.translation import facts_of, retry_after
from pulumi_neo4j_aura.aura.wire import HttpAnswer
from pulumi_neo4j_aura.errors import (
    AuraError,
    Busy,
    Forbidden,
    LostAnswer,
    NotFound,
    Permanent,
    Rejected,
    Throttled,
    Unavailable,
)
from unit.aura.fakes import (
    CANARIES,
    SECRET,
    TOKEN,
    URL,
    FakeHttp,
    answer,
    client_for,
    everything_in,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def said(status: int, body: object, **headers: str) -> Facts:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return facts_of(answer(status, body=raw, headers=headers), Cleaner(), NOW, old_token=False)


@pytest.mark.parametrize(
    ("body", "text", "reason"),
    [
        ({"errors": [{"message": "M", "reason": "r-1"}]}, "M", "r-1"),
        ({"errors": [{"message": "M", "reason": "r-1", "field": "name"}]}, "name: M", "r-1"),
        (
            {"errors": [{"message": "A", "reason": "r-1"}, {"message": "B", "reason": "r-2"}]},
            "A; B",
            "r-1",
        ),
        ({"error": "Key not authorized"}, "Key not authorized", ""),
        ({"message": "M", "reason": "r-1"}, "M", "r-1"),
        ({"Message": "M", "Reason": "r-1"}, "M", "r-1"),
        (
            {
                "errors": {"memory": {"inner": [{"message": "deep"}]}, "name": ["too long"]},
                "message": "Validation failed",
                "reason": "validation-error",
            },
            "Validation failed; name: too long",
            "validation-error",
        ),
        (
            {
                "errors": [{"field": "name", "message": "too long"}],
                "message": "Validation failed",
                "reason": "validation-error",
            },
            "Validation failed; name: too long",
            "validation-error",
        ),
        ({"errors": [{"error": "e", "message": "Card expired"}]}, "Card expired", "e"),
        ({"id": "s-1", "message": "gone", "reason": ""}, "gone", ""),
        ({"error": "invalid_client", "error_description": "No such"}, "No such", "invalid_client"),
        (b"(root): name is required", "(root): name is required", ""),
        (b'"just a string"', "just a string", ""),
        (b"<html><head><title>502 Bad\nGateway</title>", "an HTML page: 502 Bad Gateway", ""),
        (b"<!DOCTYPE html><p>hm", "an HTML page", ""),
        (b'{"errors": [{"mess', '{"errors": [{"mess', ""),
        (b"", "the answer says nothing but its status 400", ""),
        (b"[]", "the answer says nothing but its status 400", ""),
        (b"\xff\xfe\x00bad", "�bad", ""),
        ({"errors": [{"message": 5, "reason": None}]}, "the answer says nothing but its status 400",
         ""),
    ],
)  # fmt: skip
def test_every_shape_of_error_body_is_understood(body, text, reason):
    """Aura's five shapes, billing, sessions, OAuth, pages, scraps and nothing."""
    facts = said(400, body)
    assert (facts.text.replace("��", "�"), facts.reason) == (text, reason)
    assert (facts.status, facts.request_id) == (400, "req/1")


@pytest.mark.parametrize(
    ("status", "reason", "kind", "way_out"),
    [
        (400, "missing-billing-details", Rejected, "billing details"),
        (400, "invalid-memory-size", Rejected, "instance configurations"),
        (400, "tenant-incapable-of-action", Rejected, "another project"),
        (400, "database-incapable-of-action", Rejected, "type does not offer"),
        (400, "", Rejected, "Correct the request"),
        (422, "", Rejected, "Correct the request"),
        (400, "db-tier-invalid", Rejected, "may not create this type"),
        (402, "", Rejected, "billing details"),
        (403, "unauthorized", Forbidden, "role that allows"),
        (403, "", Forbidden, "role that allows"),
        (404, "tenant-not-found", NotFound, "member of that project"),
        (404, "db-not-found", NotFound, "Right after a create"),
        (404, "snapshot-not-found", NotFound, "retention"),
        (404, "", NotFound, "Check the id"),
        (405, "", Rejected, "limit on instances"),
        (409, "ongoing-database-operation", Busy, "Wait until"),
        (409, "snapshot-not-allowed", Busy, "Wait until the snapshot"),
        (409, "ONGOING-database-operation", Busy, "Wait until"),
        (409, "instance-action-unavailable", Rejected, "status"),
        (409, "multi-db-only", Rejected, "several databases"),
        (409, "something-else", Rejected, "repeating it as it is cannot work"),
        (410, "db-already-deleted", NotFound, "Nothing is left to do"),
        (415, "", Rejected, "content type"),
        (418, "", Permanent, "AURA_API_URL"),
        (420, "", Rejected, "Free instance"),
        (451, "", Permanent, "AURA_API_URL"),
        (429, "", Throttled, "AURA_CALLS_PER_MINUTE"),
        (500, "", Unavailable, "Try again"),
        (599, "", Unavailable, "Try again"),
    ],
)
def test_statuses_and_reasons_pick_the_error_and_the_way_out(status, reason, kind, way_out):
    """The table of reasons, each seen through a whole call."""
    body = {"errors": [{"message": "Because", "reason": reason}]}
    with pytest.raises(AuraError) as caught:
        client_for(FakeHttp(answer(status, body))).instances.get("ab12cd34")
    assert type(caught.value) is kind
    assert "Instance ab12cd34: get " in caught.value.message
    assert "Because." in caught.value.message
    assert way_out in caught.value.way_out
    assert (caught.value.status, caught.value.reason) == (status, reason)
    assert caught.value.request_id == "req/1"
    assert "req/1" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"message": "The database is currently undergoing an operation: resuming"}, Busy),
        ({"error": "Another operation is in progress"}, Busy),
        ({"error": "instance is being cloned"}, Busy),
        (b"", Busy),
        ({"error": "A database of this name exists"}, Rejected),
        ({"message": "undergoing an operation", "reason": "multi-db-only"}, Rejected),
    ],
)
def test_a_conflict_of_unknown_reason_is_judged_by_its_words(body, kind):
    """Text that speaks of work under way, or none at all, means busy."""
    assert said(409, body).final is kind


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status):
    """It names the new place and the setting; nothing is sent there, no token above all."""
    http = FakeHttp(answer(status, body=b"", headers={"location": "https://elsewhere.test/v1/x"}))
    with pytest.raises(Permanent, match=r"elsewhere\.test") as caught:
        client_for(http).instances.list()
    assert "AURA_API_URL" in caught.value.way_out
    assert len(http.calls) == 1


def test_a_redirect_to_nowhere_is_still_told():
    """`Location` may be missing."""
    with pytest.raises(Permanent, match="not named"):
        client_for(FakeHttp(answer(308, body=b""))).instances.list()


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_says_404_is_not_auras_word(status):
    """A proxy's page must not read as "the instance is gone"."""
    page = answer(status, body=b"<html><title>Not Found</title>")
    with pytest.raises(Permanent) as caught:
        client_for(FakeHttp(page)).instances.get("ab12cd34")
    assert type(caught.value) is Permanent
    assert "AURA_API_URL" in caught.value.way_out


@pytest.mark.parametrize(
    "message", ["Source snapshot abc is not exportable", "SNAPSHOT IS NOT EXPORTABLE"]
)
def test_a_snapshot_that_is_not_exportable_has_its_own_way_out(message):
    """Its reason code is not documented; the words are."""
    body = {"errors": [{"message": message, "reason": "whatever"}]}
    with pytest.raises(Rejected) as caught:
        client_for(FakeHttp(answer(400, body))).instances.overwrite("ab12cd34", "src", "abc")
    assert "still exportable" in caught.value.way_out


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        (" 7.5 ", 7.5),
        ("-3", 0.0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 12:00:30 -0000", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("Sun, 99 Nov 99999 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, seconds):
    """What cannot be read is as if absent."""
    assert retry_after(HttpAnswer(429, {"retry-after": text}), NOW) == seconds


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_retry_after_crashes(text):
    """Any text gives a number of seconds that is not negative, or None."""
    seconds = retry_after(HttpAnswer(429, {"retry-after": text}), NOW)
    assert seconds is None or seconds >= 0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(CANARIES),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["errors", "error", "message", "reason", "field", "data", "Message", "password"]
            )
            | st.text(max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
around = st.text(max_size=20)
bodies = (
    st.binary(max_size=300)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.tuples(around, st.sampled_from(CANARIES), around).map(lambda it: "".join(it).encode())
    | st.tuples(around, st.sampled_from(CANARIES)).map(
        lambda it: f"<html><title>{it[0]}{it[1]}</title>".encode()
    )
)


@settings(max_examples=400, deadline=None)
@given(
    status=st.integers(100, 699),
    body=bodies,
    header=st.sampled_from(["x-request-id", "location", "retry-after"]),
    canary=st.sampled_from(CANARIES[:2]),
    act=st.sampled_from(["get", "pause", "delete"]),
)
def test_no_answer_crashes_the_client_or_leaks_a_secret(status, body, header, canary, act):
    """Whatever a server echoes, all that comes out is of our family, without token or secret."""
    http = FakeHttp(answer(status, body=body, headers={header: f"x{canary}y"}))
    raised = error_of(lambda: getattr(client_for(http).instances, act)("ab12cd34"))
    if raised is None:
        assert 200 <= status < 300
        return
    everything = everything_in(raised)
    assert SECRET not in everything
    assert TOKEN not in everything
    assert len(str(raised)) < 2000


def error_of(call: Callable[[], object]) -> AuraError | None:
    """What of our family `call` raises; anything else is a crash."""
    try:
        call()
    except AuraError as error:
        return error
    return None


@pytest.mark.parametrize("kind", ["READ", "EFFECT"])
def test_a_secret_in_a_broken_success_does_not_show(kind):
    """Nothing of a success body is quoted, understood or not."""
    http = FakeHttp(answer(200, body=b'{"data": {"id": "' + SECRET.encode() + b'"}}'))
    instances = client_for(http).instances
    with pytest.raises(Unavailable) as caught:
        instances.get("ab12cd34")
    assert SECRET not in everything_in(caught.value)


def test_the_address_in_an_error_is_ours():
    """Sanity of the fakes: the URL that is called is the one configured."""
    http = FakeHttp(answer(500, body=b""))
    with pytest.raises(LostAnswer):
        client_for(http).instances.pause("ab12cd34")
    assert http.calls[0].url.startswith(URL)
