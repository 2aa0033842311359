"""Values between Pulumi's protocol and the core."""

import datetime as dt
import enum
import json
import uuid

import pytest
from pulumi.output import Unknown as PulumiUnknown

from pulumi_neo4j_aura.resources.adapter import inward, outward
from pulumi_neo4j_aura.resources.core.values import UNKNOWN, holds_unknown, without_nones


class Colour(enum.StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("wire", "core"),
    [
        (3.0, 3),
        (1.5, 1.5),
        (True, True),
        ("3.0", "3.0"),
        (None, None),
        ([1.0, [2.0]], [1, [2]]),
        ((1.0,), [1]),
        ({"a": {"b": 1.0}}, {"a": {"b": 1}}),
        ({"a": 1.0, "__provider": "gASV"}, {"a": 1}),
        ({"a": {"__provider": "gASV"}}, {"a": {}}),
    ],
)
def test_values_come_in_plain(wire, core):
    """Whole numbers are integers again, and Pulumi's own keys stay out of request bodies."""
    found = inward(wire)
    assert found == core
    assert type(found) is type(core)


def test_unknown_values_come_in_as_ours_wherever_they_are():
    """The core must not know Pulumi's class."""
    unknown = PulumiUnknown()
    found = inward({"a": unknown, "b": [unknown], "c": {"d": unknown}})
    assert found == {"a": UNKNOWN, "b": [UNKNOWN], "c": {"d": UNKNOWN}}


def test_unknown_values_go_out_as_pulumi_s():
    """And are written back to the engine as unknown."""
    found = outward({"a": UNKNOWN, "b": [{"c": UNKNOWN}]})
    assert isinstance(found["a"], PulumiUnknown)
    assert isinstance(found["b"][0]["c"], PulumiUnknown)


@pytest.mark.parametrize(
    "value",
    [
        dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
        {"when": dt.date(2026, 11, 22)},
        [uuid.UUID(int=1)],
        {1: "a key that is no text"},
        (1, (2,)),
        Colour.RED,
        {"set": frozenset({1})},
    ],
)
def test_whatever_goes_out_can_be_serialized(value):
    """An error after the real create would orphan the instance: odd values become text."""
    assert json.loads(json.dumps(outward(value))) is not None


def test_plain_values_go_out_as_they_are():
    """Truth values stay truth values."""
    plain = {"a": True, "b": 1, "c": 1.5, "d": "x", "e": None, "f": [False], "g": {"h": 0}}
    assert outward(plain) == plain


def test_out_and_in_again_changes_nothing():
    """What check returns comes back in create."""
    values = {"a": UNKNOWN, "b": [1, "x", {"c": False}]}
    assert inward(outward(values)) == values


def test_an_unknown_part_makes_the_whole_not_known():
    """However deep."""
    assert holds_unknown({"a": [{"b": UNKNOWN}]})
    assert not holds_unknown({"a": [{"b": None}]})


def test_nones_are_dropped_at_the_top_only():
    """As Pulumi does."""
    assert without_nones({"a": None, "b": False, "c": {"d": None}}) == {
        "b": False,
        "c": {"d": None},
    }
