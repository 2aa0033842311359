import base64
import contextlib
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.aura.bodies import LONGEST, Cleaner, Unreadable, complaint_in, parse

SECRET = 'pa"ss/+&wörd-1'


def cleaner() -> Cleaner:
    made = Cleaner()
    made.learn_pair("someone", SECRET)
    return made


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        SECRET.upper(),
        quote(SECRET, safe=""),
        json.dumps(SECRET),
        base64.b64encode(f"someone:{SECRET}".encode()).decode(),
        SECRET[:4] + "\x00" + SECRET[4:],
    ],
)
def test_a_secret_is_removed_in_every_spelling(spelling):
    """As it is, in capitals, URL-quoted, in JSON, in HTTP Basic, with a hidden character."""
    cleaned = cleaner().clean(f"before {spelling} after")
    assert cleaned.startswith("before ")
    assert "[removed]" in cleaned
    assert SECRET.lower() not in cleaned.lower()
    assert cleaned.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter2-token",
        "authorization=basic aHVudGVyMi10b2tlbg==",
        '{"access_token":"hunter2-token"}',
        '{"data": {"password": "hunter2-token"}}',
        "client_secret=hunter2-token&x=1",
        "password: 'hunter2-token'",
        '{"password": "hunter2-token',
    ],
)
def test_what_looks_like_a_secret_is_removed(text):
    """Also when its value is not known to us: a create echoed back holds a password."""
    cleaned = Cleaner().clean(text)
    assert "hunter2" not in cleaned
    assert "aHVudGVy" not in cleaned
    assert "[removed]" in cleaned


def test_a_text_becomes_one_short_line():
    """Line breaks are blanks, terminal codes are gone, the end is cut after cleaning."""
    assert Cleaner().clean("a\n\tb\x1b[31mc\u202e") == "a b[31mc"
    cleaned = Cleaner().clean("x" * 1000)
    assert len(cleaned) == LONGEST
    assert cleaned.endswith("…")


def test_cutting_never_leaves_half_a_secret():
    """The secret that straddles the end is removed first."""
    cleaned = cleaner().clean("x" * (LONGEST - 5) + SECRET)
    assert SECRET[:4] not in cleaned


def test_old_tokens_are_forgotten_but_not_at_once():
    """The one before the current may still be echoed; a daemon must not gather them for ever."""
    made = Cleaner()
    for number in range(20):
        made.learn_token(f"token-number-{number:02}")
    assert made.clean("token-number-18") == "[removed]"
    assert made.clean("token-number-01") == "token-number-01"


def test_a_very_short_secret_is_not_looked_for():
    """It would blank out ordinary words."""
    made = Cleaner()
    made.learn_token("a")
    assert made.clean("a banana") == "a banana"


def test_a_cleaner_shows_no_secret():
    """Its repr counts only."""
    assert SECRET not in repr(cleaner())


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_body_crashes_the_reader(body):
    """Any bytes are a JSON value or `Unreadable`, and always some complaint."""
    with contextlib.suppress(Unreadable):
        parse(body)
    assert isinstance(complaint_in(body).text, str)


def test_deep_nesting_is_no_crash():
    """Hostile depth is cut."""
    deep: object = "bottom"
    for _ in range(50):
        deep = {"errors": [deep]}
    assert complaint_in(json.dumps(deep).encode()).text == ""
    assert complaint_in(b'{"errors":' * 100_000).text.startswith('{"errors":')
