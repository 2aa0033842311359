"""Cypher files are divided where the server would see an end of a statement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_emulator.data_plane.neo4j import cypher

ANYTHING = st.text(st.sampled_from(";'\"`\\/*\n\r aé😀"), max_size=12)


def in_quotes(quote, text):
    return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


STRINGS = st.builds(in_quotes, st.sampled_from("'\""), ANYTHING)
NAMES = ANYTHING.map(lambda text: "`" + text.replace("`", "``") + "`")
LINE_COMMENTS = ANYTHING.map(lambda text: "//" + text.replace("\r", "").replace("\n", "") + "\n")
BLOCK_COMMENTS = ANYTHING.map(lambda text: "/*" + text.replace("*", "") + "*/")
COMMENTS = LINE_COMMENTS | BLOCK_COMMENTS
WORDS = st.sampled_from(["RETURN", "1", "a.b", "(n)", "-", "4 / 2", "2 * 3", "😀"])
SOLID = WORDS | STRINGS | NAMES
STATEMENTS = st.builds(
    lambda first, rest: " ".join([first, *rest]),
    SOLID,
    st.lists(SOLID | st.tuples(COMMENTS, SOLID).map(" ".join), max_size=5),
)
BLANK = st.lists(st.sampled_from([" ", "\n", "\t"]) | COMMENTS, max_size=3).map("".join)


@given(statements=st.lists(STATEMENTS, max_size=6), data=st.data())
def test_statements_that_were_joined_come_back_as_they_were(statements, data):
    """Whatever is in strings, names and comments, and whatever comments stand between."""
    text = "".join(
        data.draw(BLANK) + statement + data.draw(BLANK) + ";" for statement in statements
    )
    assert cypher.split(text + data.draw(BLANK)) == statements


@given(text=st.text(st.sampled_from(";'\"`\\/*\n a"), max_size=40))
def test_splitting_ends_and_keeps_order_for_any_text(text):
    place = 0
    for statement in cypher.split(text):
        assert statement.strip()
        place = text.index(statement, place) + len(statement)


@given(text=ANYTHING)
def test_what_was_split_once_is_one_statement(text):
    for statement in cypher.split(text):
        assert cypher.split(statement) == [statement]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("", []),
        (" ;; \n;", []),
        ("// nothing\n/* at; all */", []),
        ("RETURN 1", ["RETURN 1"]),
        ("RETURN 1;\nRETURN 2;", ["RETURN 1", "RETURN 2"]),
        ("RETURN ';' AS a; RETURN \"it's;\"", ["RETURN ';' AS a", 'RETURN "it\'s;"']),
        (r"RETURN 'a\';b'; RETURN '\\'; RETURN 3", [r"RETURN 'a\';b'", r"RETURN '\\'", "RETURN 3"]),
        ("CREATE (:`a``;b`); RETURN 2", ["CREATE (:`a``;b`)", "RETURN 2"]),
        (r"RETURN 1 AS `a\`; RETURN 2", [r"RETURN 1 AS `a\`", "RETURN 2"]),
        ("RETURN 1 // one; two\n; RETURN 2", ["RETURN 1", "RETURN 2"]),
        ("RETURN 1 // one; two\r; RETURN 2", ["RETURN 1", "RETURN 2"]),
        ("RETURN /* ; ' */ 1; RETURN 2", ["RETURN /* ; ' */ 1", "RETURN 2"]),
        ("RETURN 1 /* /* ; */; RETURN 2", ["RETURN 1", "RETURN 2"]),
        ("RETURN 'http://x.y/;'; RETURN 2", ["RETURN 'http://x.y/;'", "RETURN 2"]),
        ("RETURN 'a\n;b'; RETURN 2", ["RETURN 'a\n;b'", "RETURN 2"]),
        ("RETURN '/*'; RETURN '*/'", ["RETURN '/*'", "RETURN '*/'"]),
    ],
)
def test_known_files(text, statements):
    assert cypher.split(text) == statements


@pytest.mark.parametrize("rest", ["'a; b", '"a; b', "`a; b", "/* a; b", "'a; b\\"])
def test_what_is_never_closed_goes_to_the_server_as_it_is(rest):
    """Left out, it would be forgotten silently; the server says what is wrong with it."""
    assert cypher.split(f"RETURN 1; RETURN {rest}") == ["RETURN 1", f"RETURN {rest}"]
