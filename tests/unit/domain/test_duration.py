import contextlib
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain import duration

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SHOWN = {"s": 1, "min": 60, "h": 3600, "d": 86400}
PARTS = st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from("smhd")), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("7d", 604800),
        ("1.5h", 5400),
        ("2D", 172800),
        ("90", 90),
        ("0.5", 0.5),
        ("1s1s", 2),
    ],
)
def test_a_span_is_read_as_people_write_it(text, seconds):
    """Units s, m, h and d; a bare number counts seconds."""
    assert duration.parse(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", " ", "h", "5x", "5 minutes", "-5s", "1h-5m", "1,5h", "1e3", "m5"]
)
def test_a_text_that_is_no_span_is_refused_with_examples(text):
    """The message shows what can be written."""
    with pytest.raises(ValueError, match="write for example 90s, 30m, 1h30m or 7d"):
        duration.parse(text)


@pytest.mark.parametrize("text", ["0", "0s", "0h0m", "0.0000001s"])
def test_a_span_of_nothing_is_refused(text):
    """Waiting for no time at all is a mistake, also when only rounding makes it so."""
    with pytest.raises(ValueError, match="must be longer than zero"):
        duration.parse(text)


@pytest.mark.parametrize("text", ["9" * 20 + "d", "9" * 400 + "s"])
def test_a_span_beyond_all_time_is_a_wrong_value_and_not_a_crash(text):
    """Input validation knows ValueError only."""
    with pytest.raises(ValueError, match="longer than any time"):
        duration.parse(text)


@given(PARTS)
def test_parts_add_up(parts):
    """The whole is the sum of its parts, whatever their order."""
    text = "".join(f"{count}{unit}" for count, unit in parts)
    total = sum(count * SECONDS[unit] for count, unit in parts)

    if total:
        assert duration.parse(text) == timedelta(seconds=total)
    else:
        with pytest.raises(ValueError, match="zero"):
            duration.parse(text)


@given(st.text())
def test_any_text_is_read_or_refused_and_never_crashes(text):
    """A value error is the only way to say no, and a span is always longer than zero."""
    with contextlib.suppress(ValueError):
        assert duration.parse(text) > timedelta()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.9, "0 s"),
        (42, "42 s"),
        (59.99, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86399, "23 h 59 min"),
        (86400, "1 d"),
        (86400 * 9 + 3600 * 4 + 59, "9 d 4 h"),
    ],
)
def test_a_span_is_shown_in_at_most_two_units(seconds, text):
    """People read `3 min 20 s`, not 200.0."""
    assert duration.show(seconds) == text


@given(st.floats(0, 1e9))
def test_a_shown_span_is_never_more_than_it_was_and_loses_less_than_its_last_unit(seconds):
    """Rounding is downwards and within the precision that is shown."""
    parts = re.findall(r"(\d+) (\w+)", duration.show(seconds))
    told = sum(int(count) * SHOWN[unit] for count, unit in parts)

    assert 0 <= seconds - told < SHOWN[parts[-1][1]]
