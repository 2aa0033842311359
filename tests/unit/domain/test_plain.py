"""Records as JSON has them."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.plain import plain


@dataclass(frozen=True, slots=True)
class Inner:
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outer:
    inner: Inner
    several: tuple[Inner, ...]
    facts: dict[str, Any]


def test_it_is_what_asdict_makes_of_it():
    """Nested, in tuples and in mappings."""
    value = Outer(Inner(("a",)), (Inner(()), Inner(("b", "c"))), {"x": [1, None]})
    assert json.loads(json.dumps(value, default=plain)) == json.loads(json.dumps(asdict(value)))


def test_times_and_days_are_iso_8601():
    """Times with their zone."""
    assert plain(date(2026, 11, 25)) == "2026-11-25"
    assert plain(datetime(2026, 11, 25, tzinfo=UTC)) == "2026-11-25T00:00:00+00:00"


def test_anything_else_is_an_error():
    """And not written as something that looks right."""
    with pytest.raises(TypeError, match="set is not JSON"):
        plain({1})
