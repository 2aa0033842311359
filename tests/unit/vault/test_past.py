"""What a process knows of a journal is compared with each listing."""

from datetime import UTC, datetime, timedelta

import pytest

from pulumi_neo4j_aura.vault.catalog import Kept
from pulumi_neo4j_aura.vault.history import Record
from pulumi_neo4j_aura.vault.past import KeptRecords, Past, records_in, state
from pulumi_neo4j_aura.vault.store import Entry

AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
ROWS = (Record(kind="ExportSnapshot"),)


def entry(key, size=100, seconds=0):
    return Entry(f"journal/{key}.json", size, AT + timedelta(seconds=seconds))


LISTING = [entry("a/intent"), entry("a/outcome"), entry("b/intent"), entry("slots/outcome")]
FOLDERS = ["journal/a", "journal/slots"]


def known(listing=LISTING):
    past, fresh = Past().after(listing)
    return past.with_read(dict.fromkeys(fresh, ROWS))


def test_all_that_ended_is_read_at_first():
    """An open try is named."""
    past, fresh = Past().after(LISTING)
    assert fresh == FOLDERS
    assert past.open == {"journal/b"}
    assert past.kept == {}
    assert list(past.with_read(dict.fromkeys(fresh, ROWS)).kept) == FOLDERS


def test_a_listing_that_shows_the_same_changes_nothing():
    """In whatever order, and with whatever else lies there."""
    past = known()
    same, fresh = past.after([*reversed(LISTING), entry("a/notes"), entry("a/x/intent.json.bak")])
    assert same is past
    assert fresh == []


def test_nothing_is_made_of_nothing_read():
    """The value stays the same one."""
    past = known()
    assert past.with_read({}) is past


@pytest.mark.parametrize("odd", [entry("a/outcome", size=101), entry("a/outcome", seconds=1)])
def test_a_record_that_was_replaced_is_read_again(odd):
    """By its size or its time; what it said is forgotten."""
    past, fresh = known().after([LISTING[0], odd, *LISTING[2:]])
    assert fresh == ["journal/a"]
    assert list(past.kept) == ["journal/slots"]


def test_an_intent_that_was_replaced_is_read_again():
    """The outcome says less than half of it."""
    _, fresh = known().after([entry("a/intent", size=101), *LISTING[1:]])
    assert fresh == ["journal/a"]


def test_a_try_that_lost_its_outcome_is_open_again():
    """A person removed it."""
    past, fresh = known().after([LISTING[0], *LISTING[2:]])
    assert (past.open, fresh) == ({"journal/a", "journal/b"}, [])
    assert list(past.kept) == ["journal/slots"]


def test_a_try_that_ended_is_open_no_more():
    """And what it came to is read."""
    past, fresh = known().after([*LISTING, entry("b/outcome")])
    assert (past.open, fresh) == (frozenset(), ["journal/b"])


def test_what_is_gone_is_known_no_more():
    """Tries that ended and open ones."""
    past, fresh = known().after(LISTING[3:])
    assert (past.open, list(past.kept), fresh) == (frozenset(), ["journal/slots"], [])
    nothing, _ = past.after([])
    assert (nothing.open, nothing.kept, nothing.shown) == (frozenset(), {}, {})


def test_an_object_that_is_listed_twice_hides_none_that_is_gone():
    """No store promises to list each once."""
    past, _ = known().after([LISTING[0], LISTING[0], *LISTING[2:]])
    assert past.open == {"journal/a", "journal/b"}


def test_of_a_catalog_only_what_a_listing_shows_counts():
    """It may invent, and be old."""
    shown = records_in({each.key: each for each in LISTING}, "journal/a")
    catalog: dict[str, KeptRecords] = {
        "journal/a": Kept(state(shown), ROWS),
        "journal/slots": Kept("another state", ROWS),
        "journal/gone": Kept("", ROWS),
        "journal/b": Kept("", ROWS),
    }
    past, fresh = Past(catalog).after(LISTING)
    assert list(past.kept) == ["journal/a"]
    assert fresh == ["journal/slots"]
    assert list(catalog) == ["journal/a", "journal/slots", "journal/gone", "journal/b"]


def test_a_catalog_of_an_empty_journal_counts_for_nothing():
    """All records were removed."""
    past, fresh = Past({"journal/gone": Kept("", ROWS)}).after([])
    assert (past.kept, fresh) == ({}, [])
