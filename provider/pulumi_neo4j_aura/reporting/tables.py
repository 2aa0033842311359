"""Rows of an export as a table: CSV and Parquet, in constant memory.

The rows are gone through twice, once for the columns and once to write, so they are given as a
function that begins anew.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import IO, Any, Final

from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.reporting.columns import MIXED, Column, columns
from pulumi_neo4j_aura.reporting.rows import row
from pulumi_neo4j_aura.reporting.typed import VALUE

Rows = Callable[[], Iterator[bytes]]

_LINE_END: Final = "\r\n"
_QUOTED: Final = frozenset('",\r\n')
#: Rows of one group of a Parquet file, which are in memory together.
_GROUP: Final = 10_000


# --- CSV ------------------------------------------------------------------------------------------


def write_csv(rows: Rows, kind: str, sink: IO[str]) -> int:
    """Write RFC 4180: a header, commas, CRLF; how many rows. `sink` must not translate line ends.

    Null is an empty field without quotes, an empty text is one with quotes. Lists and maps are
    their typed JSON, and so is every value of a column whose rows have values of several types;
    dates, points and the like are their text.

    Raises:
        Damaged: a record cannot be read.
    """
    found = columns(rows(), kind)
    sink.write(",".join(_quoted(each.name) for each in found) + _LINE_END)
    count = 0
    for record in rows():
        content = row(record, kind)
        sink.write(",".join(_cell(each.value(content), each) for each in found) + _LINE_END)
        count += 1
    return count


def _cell(value: Any, column: Column) -> str:
    if value is None:
        return ""
    if column.type == MIXED:
        return _quoted(_json(value))
    return _quoted(_text(value))


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case {"_value": str(text)}:
            return text
        case _:
            return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _quoted(text: str) -> str:
    if text and _QUOTED.isdisjoint(text) and text.strip() == text:
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


# --- Parquet --------------------------------------------------------------------------------------


def write_parquet(rows: Rows, kind: str, sink: IO[bytes]) -> int:
    """Write a Parquet file; how many rows.

    Integers, floats, truth, text, bytes and lists of one of them have Parquet's own types; what
    has none is text: dates and the like as they are written, mixed values as typed JSON. Each
    column says in its metadata what it is in Neo4j (`neo4j`).

    Raises:
        Permanent: pyarrow is not installed.
        Damaged: a record cannot be read.
    """
    arrow, parquet = _pyarrow()
    found = columns(rows(), kind)
    schema = arrow.schema(
        [
            arrow.field(each.name, _arrow_type(arrow, each.type), metadata={"neo4j": each.type})
            for each in found
        ]
    )
    count, source = 0, rows()
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        while group := [row(record, kind) for record in islice(source, _GROUP)]:
            arrays = [
                arrow.array(
                    [_plain(each.value(content), each.type) for content in group],
                    type=schema.field(position).type,
                )
                for position, each in enumerate(found)
            ]
            writer.write_batch(arrow.record_batch(arrays, schema=schema))
            count += len(group)
    return count


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # type: ignore[import-untyped, unused-ignore] # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415 - as above
    except ImportError as error:
        raise Permanent(
            "Parquet needs pyarrow, which is not installed.",
            way_out="Install the extra: pip install 'pulumi-neo4j-aura[parquet]', or write JSON "
            "lines or CSV.",
        ) from error
    return pa, parquet


def _arrow_type(arrow: Any, name: str) -> Any:
    if name.startswith("List<"):
        return arrow.list_(_arrow_type(arrow, name[5:-1]))
    own = {
        "Integer": arrow.int64,
        "Float": arrow.float64,
        "Boolean": arrow.bool_,
        "Base64": arrow.binary,
    }
    return own.get(name, arrow.string)()


def _plain(value: Any, name: str) -> Any:
    """A typed value as pyarrow takes it for a column of that type."""
    if value is None:
        return None
    if name == MIXED:
        return _json(value)
    if name.startswith("List<"):
        return [_plain(each, name[5:-1]) for each in value]
    if name == "Base64":
        return base64.b64decode(value[VALUE])
    if name == "Float":
        return float(value[VALUE] if isinstance(value, dict) else value)
    return _text(value) if isinstance(value, dict) else value
