"""Rows as tables: every property has a column, null is not the empty text, memory stays flat."""

import builtins
import csv
import io
import json
import math
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain.packstream import encode
from pulumi_neo4j_aura.errors import Damaged, Permanent
from pulumi_neo4j_aura.reporting.columns import columns, type_of
from pulumi_neo4j_aura.reporting.rows import row
from pulumi_neo4j_aura.reporting.tables import write_csv, write_parquet
from support.values import PROPERTIES, S, node, relationship


def as_csv(records, kind="nodes"):
    sink = io.StringIO(newline="")
    assert write_csv(lambda: iter(records), kind, sink) == len(records)
    return sink.getvalue()


def as_parquet(records, kind="nodes"):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")
    sink = io.BytesIO()
    assert write_parquet(lambda: iter(records), kind, sink) == len(records)
    return parquet.read_table(io.BytesIO(sink.getvalue()))


def test_the_header_is_the_union_of_all_properties():
    """A row without one has an empty field there."""
    found = as_csv([node(1, ["A"], {"b": 1}), node(2, [], {"a": "x"})])
    assert found == (
        "id,labels,properties.a,properties.b\r\n"
        '1,"[""A""]",,1\r\n'
        "2,[],x,\r\n"
    )  # fmt: skip


def test_null_and_the_empty_text_differ():
    """Without quotes nothing, with quotes a text."""
    found = as_csv([node(1, [], {"x": ""}), node(2, [], {"x": None}), node(3, [], {})])
    assert found.split("\r\n")[1:4] == ['1,[],""', "2,[],", "3,[],"]


def test_values_are_written_as_they_read_best():
    """Numbers and truth plain, dates and points as text, lists and maps as typed JSON."""
    values = {
        "a": True,
        "b": 2**62 + 1,
        "c": 1.5,
        "d": S(0x44, (0,)),
        "e": S(0x58, (4326, 1.0, 2.0)),
        "f": [1, 2],
        "g": math.nan,
        "h": b"\x00",
        "i": S(0x00, (1,)),
    }
    reader = csv.reader(io.StringIO(as_csv([node(1, [], values)]), newline=""), strict=True)
    _, cells = list(reader)
    assert cells[2:] == [
        "true", str(2**62 + 1), "1.5", "1970-01-01", "SRID=4326;POINT (1.0 2.0)", "[1, 2]", "NaN",
        "AA==", '{"$type": "Structure", "_value": {"tag": 0, "fields": [1]}}',
    ]  # fmt: skip


def test_a_column_of_several_types_is_typed_json():
    """1 and "1" stay two things."""
    found = as_csv([node(1, [], {"x": 1}), node(2, [], {"x": "1"})])
    assert found.split("\r\n")[1:3] == ["1,[],1", '2,[],"""1"""']


@given(st.lists(PROPERTIES, max_size=6))
def test_any_rows_are_read_back_by_a_strict_reader(rows):
    """Quotes, commas, line ends, blanks: one record a row, every text as it was."""
    records = [node(number, ["L"], each) for number, each in enumerate(rows)]
    text = as_csv(records)
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    found = columns(iter(records), "nodes")
    assert read[0] == [each.name for each in found]
    assert len(read) == len(rows) + 1
    for record, cells in zip(records, read[1:], strict=True):
        content = row(record, "nodes")
        for column, cell in zip(found, cells, strict=True):
            value = column.value(content)
            if value is None:
                assert cell == ""
            elif column.type == "String":
                assert cell == value
            elif column.type in {"Mixed", "Integer", "Float", "Boolean"}:
                assert isinstance(value, dict) or json.loads(cell) == value


def test_relationships_and_schema_have_their_fields():
    """The same writer for each kind."""
    assert as_csv([relationship(1, 2, 3, "T", {"x": 1})], "relationships") == (
        "id,start,end,type,properties.x\r\n1,2,3,T,1\r\n"
    )
    assert as_csv([encode(['CREATE, "x"'])], "schema") == (
        'statement\r\n"CREATE, ""x"""\r\n'
    )  # fmt: skip


def test_no_rows_make_a_header_only():
    """And a Parquet file without rows."""
    assert as_csv([]) == "id,labels\r\n"
    assert as_parquet([]).num_rows == 0


def test_damage_is_not_written_over():
    """A record that cannot be read ends it."""
    with pytest.raises(Damaged):
        write_csv(lambda: iter([b"\x93"]), "nodes", io.StringIO())


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, ""),
        (True, "Boolean"),
        ([], "List<>"),
        ([1, None], "List<Integer>"),
        ([1, 1.0], "Mixed"),
        ([[1], []], "List<List<Integer>>"),
        ({"$type": "Date", "_value": "x"}, "Date"),
        ({"a": 1}, "Map"),
    ],
)
def test_a_value_tells_its_type(value, name):
    """An empty list fits to every list."""
    assert type_of(value) == name


def test_parquet_has_its_own_types_where_there_are_some():
    """Integers beyond 2^53, NaN, bytes, lists; the rest is text, and says what it was."""
    table = as_parquet(
        [
            node(1, ["A", "B"], {"a": 2**62 + 1, "b": math.nan, "c": b"\x00", "d": [1, 2]}),
            node(2, [], {"a": 1, "b": 0.5, "d": [], "e": S(0x44, (0,)), "f": 1, "g": []}),
            node(3, [], {"f": "1", "g": [S(0x44, (1,))]}),
        ]
    )
    rows = table.to_pylist()
    assert rows[0]["labels"] == ["A", "B"]
    assert rows[0]["properties.a"] == 2**62 + 1
    assert math.isnan(rows[0]["properties.b"])
    assert rows[0]["properties.c"] == b"\x00"
    assert [each["properties.d"] for each in rows] == [[1, 2], [], None]
    assert rows[1]["properties.e"] == "1970-01-01"
    assert [each["properties.f"] for each in rows] == [None, "1", '"1"']
    assert [each["properties.g"] for each in rows] == [None, [], ["1970-01-02"]]
    assert table.schema.field("properties.e").metadata == {b"neo4j": b"Date"}
    assert table.schema.field("properties.f").metadata == {b"neo4j": b"Mixed"}


@given(st.lists(PROPERTIES, max_size=4))
def test_any_rows_fit_into_parquet(rows):
    """Whatever is mixed with whatever."""
    table = as_parquet([node(number, ["L"], each) for number, each in enumerate(rows)])
    assert table.num_rows == len(rows)


def test_parquet_without_pyarrow_says_how_to_get_it(monkeypatch):
    """It is an extra, because it is large."""
    real = builtins.__import__

    def without(name, *rest, **named):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    for name in [name for name in sys.modules if name.startswith("pyarrow")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(Permanent, match="pyarrow, which is not installed") as caught:
        write_parquet(lambda: iter([]), "nodes", io.BytesIO())
    assert "pulumi-neo4j-aura[parquet]" in caught.value.way_out


class Nowhere(io.StringIO):
    def write(self, text):
        return len(text)


def test_memory_stays_flat_over_many_rows():
    """Rows are read twice and never kept."""

    def rows():
        for number in range(5_000):
            yield node(number, ["A"], {"text": "x" * 1000, "n": number})

    tracemalloc.start()
    try:
        write_csv(rows, "nodes", Nowhere())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20
