"""Rows as typed JSON: every type of Neo4j, nothing lost, nothing rounded."""

import io
import json
import math
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain.packstream import Structure, encode
from pulumi_neo4j_aura.errors import Damaged
from pulumi_neo4j_aura.reporting.rows import json_line, row, write_json_lines
from pulumi_neo4j_aura.reporting.typed import typed
from support.values import EXAMPLES, PROPERTIES, VALUES, node, relationship


def same(one, two):
    return json.dumps(one) == json.dumps(two)


@pytest.mark.parametrize(("value", "expected"), EXAMPLES, ids=repr)
def test_every_type_has_its_documented_form(value, expected):
    """Also what later versions bring: tag and fields."""
    assert same(typed(value), expected)


@given(VALUES)
def test_every_value_is_json(value):
    """No value is without a form, and the form is plain JSON."""
    found = typed(value)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@given(st.dates())
def test_dates_are_those_of_the_calendar(day):
    """Compared with Python's own, where that reaches."""
    days = (day - date(1970, 1, 1)).days
    assert typed(Structure(0x44, (days,)))["_value"] == day.isoformat()


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(-1079, 1079))  # noqa: DTZ001 - local ones
def test_date_times_with_an_offset_are_those_of_the_calendar(moment, minutes):
    """The seconds count from 1970 in UTC; the text is local to the offset."""
    since = moment - datetime(1970, 1, 1)  # noqa: DTZ001 - local as well
    seconds = since.days * 86_400 + since.seconds
    nanoseconds = since.microseconds * 1000
    found = typed(Structure(0x49, (seconds, nanoseconds, 60 * minutes)))["_value"]
    read = datetime.fromisoformat(found)
    assert read == moment.replace(tzinfo=UTC)
    assert read.utcoffset() == timedelta(minutes=minutes)


def test_a_row_has_the_names_of_its_kind():
    """In the order of the archive."""
    one = row(node(7, ["A", "B"], {"x": 1}), "nodes")
    two = row(relationship(8, 7, 7, "KNOWS", {}), "relationships")
    assert one == {"id": 7, "labels": ["A", "B"], "properties": {"x": 1}}
    assert two == {"id": 8, "start": 7, "end": 7, "type": "KNOWS", "properties": {}}
    assert list(two) == ["id", "start", "end", "type", "properties"]
    assert row(encode(["CREATE …"]), "schema") == {"statement": "CREATE …"}


def test_a_property_may_have_the_name_of_the_type_key():
    """Properties are names, so nothing is mistaken for a typed value."""
    found = row(node(1, [], {"$type": "Date", "_value": "x"}), "nodes")
    assert found["properties"] == {"$type": "Date", "_value": "x"}


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"\x93\x01\x90",
        encode([1, []]),
        encode([1, [], 5]),
        encode({"id": 1}),
        encode([1, [], {}]) + b"\x00",
        b"\x93\x01\x90\xc7",
    ],
)
def test_what_is_no_record_is_damaged(record):
    """Never half a row."""
    with pytest.raises(Damaged, match="among the nodes cannot be read"):
        row(record, "nodes")


@given(st.lists(st.tuples(st.integers(0, 2**62), PROPERTIES), max_size=5))
def test_lines_read_back_as_the_rows(rows):
    """One line a row, whatever the text in it."""
    records = [node(number, ["L"], properties) for number, properties in rows]
    sink = io.StringIO()
    assert write_json_lines(records, "nodes", sink) == len(rows)
    lines = sink.getvalue().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == [row(each, "nodes") for each in records]


def test_integers_stay_integers_in_json():
    """Not floats and not text, beyond what a float can count."""
    line = json_line(row(node(2**62 + 1, [], {"x": -(2**63), "y": 1.0}), "nodes"))
    assert f'"id": {2**62 + 1}' in line
    assert f'"x": {-(2**63)}, "y": 1.0' in line


def test_odd_floats_are_no_json_of_javascript():
    """NaN would break every strict reader."""
    line = json_line(row(node(1, [], {"x": math.nan}), "nodes"))
    assert '{"$type": "Float", "_value": "NaN"}' in line
