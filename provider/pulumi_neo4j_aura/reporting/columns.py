"""The columns of a kind of rows: the fields, then one for every property that occurs in any row.

A property's column is called `properties.<name>`, so that none is taken for a field. Finding the
columns takes a pass over all rows; what is kept is one entry a column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_neo4j_aura.reporting.rows import PROPERTIES, row
from pulumi_neo4j_aura.reporting.typed import TYPE
from pulumi_neo4j_aura.vault.archive.frames import FIELDS

#: Values of several types, so that each is written as typed JSON.
MIXED: Final = "Mixed"
NOTHING: Final = ""

_FIELD_TYPES: Final[Mapping[str, str]] = {
    "id": "Integer",
    "start": "Integer",
    "end": "Integer",
    "labels": "List<String>",
    "type": "String",
    "statement": "String",
}
_PLAIN: Final = {bool: "Boolean", int: "Integer", float: "Float", str: "String"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `of_property`: whether `key` is a property's name or a field's."""

    key: str
    type: str
    of_property: bool

    @property
    def name(self) -> str:
        """As the header says it."""
        return f"{PROPERTIES}.{self.key}" if self.of_property else self.key

    def value(self, found: Mapping[str, Any]) -> Any:
        """A row's value in this column; None where it has none."""
        return found[PROPERTIES].get(self.key) if self.of_property else found[self.key]


def columns(records: Iterable[bytes], kind: str) -> tuple[Column, ...]:
    """The fields in their order, then the properties by name.

    Raises:
        Damaged: a record cannot be read.
    """
    fields = tuple(
        Column(name, _FIELD_TYPES[name], of_property=False)
        for name in FIELDS[kind]
        if name != PROPERTIES
    )
    if PROPERTIES not in FIELDS[kind]:
        return fields
    types: dict[str, str] = {}
    for record in records:
        for key, value in row(record, kind)[PROPERTIES].items():
            types[key] = _common(types.get(key, NOTHING), type_of(value))
    return fields + tuple(Column(key, types[key], of_property=True) for key in sorted(types))


def type_of(value: Any) -> str:
    """The name of a typed value's type; empty for null."""
    if value is None:
        return NOTHING
    if isinstance(value, list):
        inner = NOTHING
        for each in value:
            inner = _common(inner, type_of(each))
        return MIXED if inner == MIXED else f"List<{inner}>"
    if isinstance(value, dict):
        return str(value.get(TYPE, "Map"))
    return _PLAIN[type(value)]


def _common(one: str, two: str) -> str:
    """The type that holds both; an empty list goes with any list."""
    if one == two or not two:
        return one
    if not one:
        return two
    if one.startswith("List<") and two.startswith("List<"):
        inner = _common(one[5:-1], two[5:-1])
        return MIXED if inner == MIXED else f"List<{inner}>"
    return MIXED
