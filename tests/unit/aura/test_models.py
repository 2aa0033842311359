from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.aura import models
from pulumi_neo4j_aura.aura.bodies import Unreadable
from unit.aura.fakes import answer, data, instance_json

AT = datetime(2026, 1, 20, 13, 44, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-20T13:44:42Z", AT),
        ("2026-01-20T13:44:42.123456Z", AT.replace(microsecond=123456)),
        ("2026-01-20T13:44:42.123456789Z", AT.replace(microsecond=123456)),
        ("2026-01-20T15:44:42+02:00", AT),
        ("2026-01-20T13:44:42", AT),
        ("2026-01-20 13:44:42", AT),
        ("Tue, 20 Jan 2026 13:44:42 GMT", AT),
        ("Tue, 20 Jan 2026 13:44:42 UTC", AT),
        ("Tue, 20 Jan 2026 13:44:42 +0000", AT),
        ("Tue, 20 Jan 2026 13:44:42 -0000", AT),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1737380682, None),
        ({}, None),
    ],
)
def test_timestamps_are_aware_and_utc_or_none(text, expected):
    """Every form that was seen; the zero time of Go is none."""
    seen = models.moment(text)
    assert seen == expected
    assert seen is None or seen.tzinfo is UTC


@settings(deadline=None)
@given(
    st.datetimes(
        min_value=AT.replace(year=1970, tzinfo=None), max_value=AT.replace(year=2100, tzinfo=None)
    ),
    st.integers(-720, 840),
)
def test_any_offset_is_turned_into_utc(naive, minutes):
    """The moment stays the same."""
    aware = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert models.moment(aware.isoformat()) == aware


@settings(deadline=None)
@given(st.text())
def test_no_timestamp_crashes(text):
    """Any text is a moment or None."""
    seen = models.moment(text)
    assert seen is None or seen.tzinfo is UTC


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        ("connection_url", None, None),
        ("connection_url", ..., None),
        ("memory", "", None),
        ("memory", ..., None),
        ("memory", 8, "8"),
        ("storage", ..., None),
        ("storage", None, None),
        ("status", "encryption key deleted", "encryption key deleted"),
        ("status", "Brand New", "Brand New"),
        ("graph_nodes", "12", 12),
        ("graph_nodes", 12, 12),
        ("graph_nodes", 12.0, 12),
        ("graph_nodes", "many", None),
        ("graph_nodes", True, None),
        ("graph_nodes", "1e999", None),
        ("graph_nodes", None, None),
        ("secondaries_count", 2.0, 2),
        ("secondaries_count", ..., None),
        ("cdc_enrichment_mode", "OFF", "OFF"),
        ("cdc_enrichment_mode", False, "OFF"),
        ("cdc_enrichment_mode", None, None),
        ("vector_optimized", True, True),
        ("vector_optimized", "true", True),
        ("vector_optimized", "False", False),
        ("vector_optimized", None, None),
        ("vector_optimized", ..., None),
        ("vector_optimized", 3, None),
        ("graph_analytics_plugin", ..., None),
        ("created_at", "odd", None),
        ("created_at", ..., None),
        ("name", ..., ""),
        ("name", 7, "7"),
        ("tenant_id", ..., ""),
        ("region", None, ""),
    ],
)
def test_an_instance_is_read_tolerantly(field, sent, read):
    """What is odd or missing is None (Aura did not say), never off or zero."""
    seen = models.instance(data(instance_json(**{field: sent})))
    assert getattr(seen, {"tenant_id": "project_id"}.get(field, field)) == read


def test_the_newer_name_of_a_project_is_read_too():
    """v2 and some clients say `project_id`."""
    body = instance_json(tenant_id=..., project_id="p-2")
    assert models.instance(data(body)).project_id == "p-2"


@pytest.mark.parametrize("odd", [None, "", ..., {}, [], True])
def test_an_instance_needs_an_id(odd):
    """Half a value is none."""
    with pytest.raises(Unreadable, match="id is missing or odd"):
        models.instance(data(instance_json(id=odd)))


@pytest.mark.parametrize("value", [1, "text", [], [1], True])
def test_data_that_is_no_object_is_not_understood(value):
    """The error says what, without quoting."""
    with pytest.raises(Unreadable, match="the object is missing or odd"):
        models.instance(data(value))


@pytest.mark.parametrize(
    ("sent", "read"),
    [("completed", "Completed"), ("INPROGRESS", "InProgress"), ("Cancelled", "Cancelled"),
     ("New", "New"), (None, "")],
)  # fmt: skip
def test_snapshot_words_are_spelled_as_documented(sent, read):
    """Known ones in any capitals; others stay as they are."""
    body = {"snapshot_id": "s", "status": sent, "profile": "adhoc"}
    seen = models.snapshot_of("i")(data(body))
    assert (seen.status, seen.profile) == (read, "AdHoc")


def test_a_snapshots_own_instance_wins():
    """It is what Aura says."""
    assert models.snapshot_of("asked")(data({"snapshot_id": "s", "instance_id": "i"})).instance_id
    seen = models.snapshot_rows("asked")(data([{"snapshot_id": "s", "instance_id": "own"}]))
    assert seen[0].instance_id == "own"


@pytest.mark.parametrize("body", [b'{"data": 1', b"", b"[]", b'"x"', b'{"data": null}', b"{}"])
def test_no_answer_without_data_is_a_value(body):
    """The wrapper is required."""
    for read in (models.instance, models.project, models.taken, models.created, models.sizing):
        with pytest.raises(Unreadable):
            read(answer(200, body=body))


def test_what_is_none_is_not_sent():
    """Aura reads an explicit null as a value; false is one."""
    assert models.given({"a": None, "b": False, "c": 0, "d": ""}) == {"b": False, "c": 0, "d": ""}
