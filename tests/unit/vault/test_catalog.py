"""Rows of a cache: compared as listed, and turned into JSON once."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from pulumi_neo4j_aura.vault import catalog
from pulumi_neo4j_aura.vault.catalog import Kept

AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@dataclass
class Value:
    """Anything that is remembered."""

    name: str
    at: datetime


def test_what_is_written_is_one_plain_object():
    """As if it were turned into JSON at once; other versions of this tool read it."""
    kept: dict[str, Kept[object, object]] = {
        'a "key"': Kept("state 1", (Value("é", AT), Value("\ud800", AT))),
        "b": Kept("", ()),
    }
    values = [{"name": name, "at": AT.isoformat()} for name in ("é", "\ud800")]
    whole = {"rows": {'a "key"': ["state 1", values], "b": ["", []]}}
    expected = json.dumps(whole, ensure_ascii=False).encode(errors="surrogatepass")

    assert catalog.dump("rows", kept) == expected
    assert catalog.dump("rows", kept) == expected  # also from what was remembered
    assert catalog.dump("rows", {}) == b'{"rows": {}}'


def test_a_row_is_of_the_objects_that_it_was_read_from():
    """And of no others, whatever it was compared with before."""
    row = Kept[int, str]("5", "five")
    assert not row.is_of(6, str)
    assert row.is_of(5, str)
    assert row.is_of(5, str)
    assert not row.is_of(6, str)


def test_what_is_listed_as_before_is_not_made_text_again():
    """A time as text costs more than comparing it."""
    row, made = Kept[int, str]("5", "five"), []

    def state(shown):
        made.append(shown)
        return str(shown)

    assert all(row.is_of(5, state) for _ in range(3))
    assert made == [5]
