"""Cypher files run by a real Neo4j."""

import pytest
from neo4j import GraphDatabase

from aura_emulator.data_plane.neo4j import cypher
from support.databases import rows

pytestmark = pytest.mark.neo4j

FILE = r"""
// Schema; then data.
CREATE INDEX numbers FOR (n:N) ON (n.number);
UNWIND range(1, 10) AS i CALL (i) { CREATE (:N {number: i}) } IN TRANSACTIONS OF 3 ROWS;
CREATE (:`a``;b` {text: 'it\'s; "so"', other: "it's; \"so\" /* no comment */"}) /* ; */;
CREATE (:N {number: 11 // the last; of them
});
"""


def test_a_file_runs_statement_by_statement(database):
    """Schema and data in one file, and transactions that the statement itself opens."""
    cypher.run(database, cypher.split(FILE))
    assert rows(database, "MATCH (n:N) RETURN count(n)") == [(11,)]
    assert rows(database, "SHOW INDEXES YIELD name WHERE name = 'numbers'") == [("numbers",)]
    texts = rows(database, "MATCH (n:`a``;b`) RETURN n.text, n.other")
    assert texts == [('it\'s; "so"', 'it\'s; "so" /* no comment */')]


def test_the_server_agrees_where_strings_and_comments_end(database):
    """One row from each: what was split is what the server reads."""
    statements = cypher.split(
        r"RETURN '\\' AS a; RETURN 1 /* /* ; */; RETURN 2 AS `;\`; RETURN '//'"
    )
    assert [rows(database, text) for text in statements] == [[("\\",)], [(1,)], [(2,)], [("//",)]]


def test_an_error_names_the_statement_and_what_the_server_says(database):
    long = f"CREATE (:Kept {{text: '{'x' * 100}'}})"
    bad = f"RETURN 1 / 0, '{'y' * 100}'"
    with pytest.raises(cypher.StatementError) as caught:
        cypher.run(database, [long, bad, "CREATE (:Never)"])
    assert str(caught.value) == f"statement 2, {bad[:80]!r}: / by zero"
    assert rows(database, "MATCH (n) RETURN labels(n)") == [(["Kept"],)]


def test_a_database_that_is_gone_is_an_error_of_the_statement():
    said = "statement 1, 'RETURN 1': Couldn't connect"
    with (
        GraphDatabase.driver("bolt://127.0.0.1:1") as driver,
        pytest.raises(cypher.StatementError, match=said),
    ):
        cypher.run(driver, ["RETURN 1"])
