"""Compare two comparable mappings. The only module that knows deepdiff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deepdiff import DeepDiff


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. `old` is what is there, `new` is what is wanted."""

    field: str
    old: object
    new: object


def changes(actual: Mapping[str, object], wanted: Mapping[str, object]) -> tuple[FieldChange, ...]:
    """The fields of `wanted` that differ in `actual`, by name.

    A field that `actual` lacks is unknown and never a change; a field that `wanted` lacks is not
    managed. Nested values are compared by content: the order of a mapping's keys does not matter.
    """
    shared = sorted(key for key in wanted if key in actual)
    found = DeepDiff(
        {key: actual[key] for key in shared},
        {key: wanted[key] for key in shared},
        view="tree",
        ignore_numeric_type_changes=True,
    )
    differing = {item.path(output_format="list")[0] for group in found.values() for item in group}
    return tuple(FieldChange(key, actual[key], wanted[key]) for key in shared if key in differing)
