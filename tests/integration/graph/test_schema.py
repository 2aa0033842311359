"""Constraints and indexes of every kind, recorded from a real server and made again."""

import ast
from pathlib import Path

import pytest

import pulumi_neo4j_aura.graph
from aura_emulator.data_plane.neo4j import cypher, graphs
from aura_emulator.data_plane.neo4j.graphs.schema import CONSTRAINTS, INDEXES
from pulumi_neo4j_aura.bootstrap import SystemClock
from pulumi_neo4j_aura.errors import BadCredentials, Permanent, Transient
from pulumi_neo4j_aura.graph import driver, schema
from pulumi_neo4j_aura.graph.bolt import Endpoint, Login
from support.databases import empty

pytestmark = pytest.mark.neo4j


@pytest.fixture
def session(world):
    with driver.session(world.endpoint, world.login) as opened:
        yield opened


def created(session, wanted):
    return schema.create(session, wanted, clock=SystemClock())


def states(world):
    query = "SHOW INDEXES YIELD name, state, type WHERE type <> 'LOOKUP' RETURN name, state"
    return dict(world.rows(query))


def test_everything_but_what_comes_by_itself_is_recorded(world, session):
    """Not the LOOKUP indexes of every database, not the indexes of constraints."""
    graphs.write(world.driver, graphs.plan(7, 9))
    found = schema.read(session)
    assert {item.name for item in found.constraints} == set(CONSTRAINTS)
    assert {item.name for item in found.indexes} == set(INDEXES)
    kinds = {item.kind for item in found.items}
    assert kinds == {
        "UNIQUENESS", "RELATIONSHIP_UNIQUENESS", "RANGE", "TEXT", "POINT", "FULLTEXT", "VECTOR",
    }  # fmt: skip


def test_a_schema_that_was_made_again_is_the_same_and_online(world, session):
    """After the data; odd names and settings included."""
    graphs.write(world.driver, graphs.plan(1_000, 2_500))
    wanted = schema.read(session)
    empty(world.driver)
    assert schema.read(session) == schema.Schema()
    world.write("UNWIND range(1, 2000) AS i CREATE (:Person {number: i}), (:Place {number: i})")
    outcome = created(session, wanted)
    assert outcome.made == wanted.items
    outcome.require_whole()
    assert schema.read(session) == wanted
    assert states(world) == {item.name: "ONLINE" for item in wanted.items}


def test_a_name_that_looks_like_an_escape_stays_what_it_is(world, session):
    """Neo4j's own statement would make an index on `aA`."""
    statement = r"CREATE INDEX escaped FOR (n:`a\u005Cu0041`) ON (n.`b``\u005Cn`)"
    cypher.run(world.driver, [statement])
    wanted = schema.read(session)
    empty(world.driver)
    created(session, wanted).require_whole()
    query = "SHOW INDEXES YIELD name, labelsOrTypes, properties WHERE name = 'escaped'"
    found = world.rows(f"{query} RETURN labelsOrTypes, properties")
    assert found == [([r"a\u0041"], [r"b`\n"])]
    assert schema.read(session) == wanted


def test_a_second_time_finds_everything_there(world, session):
    """As when an import is taken up again."""
    graphs.write(world.driver, graphs.plan(0, 0))
    wanted = schema.read(session)
    outcome = created(session, wanted)
    assert outcome == schema.Outcome((), wanted.items, ())


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        ("NODE_PROPERTY_EXISTENCE", "FOR (n:A) REQUIRE n.a IS NOT NULL"),
        ("RELATIONSHIP_PROPERTY_EXISTENCE", "FOR ()-[r:R]-() REQUIRE r.a IS NOT NULL"),
        ("NODE_KEY", "FOR (n:A) REQUIRE (n.a, n.b) IS NODE KEY"),
        ("RELATIONSHIP_KEY", "FOR ()-[r:R]-() REQUIRE r.a IS RELATIONSHIP KEY"),
        ("NODE_PROPERTY_TYPE", "FOR (n:A) REQUIRE n.a IS :: INTEGER"),
        ("RELATIONSHIP_PROPERTY_TYPE", "FOR ()-[r:R]-() REQUIRE r.a IS :: LIST<STRING NOT NULL>"),
    ],
)
def test_what_needs_enterprise_is_named_and_the_rest_is_made(world, session, kind, rest):
    """A Community server refuses it; nothing is left out in silence."""
    item = schema.SchemaItem("strict", kind, f"CREATE CONSTRAINT `strict` {rest}")
    index = schema.SchemaItem("a", "RANGE", "CREATE RANGE INDEX `a` FOR (n:`A`) ON (n.`a`)")
    outcome = created(session, schema.Schema((item,), (index,)))
    assert outcome.made == (index,)
    with pytest.raises(Permanent, match="Enterprise Edition") as caught:
        outcome.require_whole()
    assert f"{kind} 'strict'" in str(caught.value)


def test_data_that_violates_a_constraint_is_said_to(world, session):
    """Only a target that was not empty can have such."""
    world.write("CREATE (:A {a: 1}), (:A {a: 1})")
    statement = "CREATE CONSTRAINT `one` FOR (n:`A`) REQUIRE (n.`a`) IS UNIQUE"
    item = schema.SchemaItem("one", "UNIQUENESS", statement)
    outcome = created(session, schema.Schema((item,)))
    with pytest.raises(Permanent, match="have the label `A` and property `a` = 1"):
        outcome.require_whole()


@pytest.mark.parametrize(
    "there",
    [
        "CREATE VECTOR INDEX v FOR (n:A) ON (n.a) OPTIONS {indexConfig: {`vector.dimensions`: 9}}",
        "CREATE RANGE INDEX v FOR (n:A) ON (n.a)",
        "CREATE RANGE INDEX v FOR (n:B) ON (n.b)",
    ],
)
def test_something_else_under_the_same_name_is_no_substitute(world, session, there):
    """Other settings, another kind, something else altogether."""
    options = "OPTIONS {indexConfig: {`vector.dimensions`: 8}}"
    cypher.run(world.driver, [f"CREATE VECTOR INDEX v FOR (n:A) ON (n.a) {options}"])
    wanted = schema.read(session)
    cypher.run(world.driver, ["DROP INDEX v", there])
    outcome = created(session, wanted)
    assert (outcome.made, outcome.there) == ((), ())
    assert [lost.item.name for lost in outcome.missing] == ["v"]


def test_an_index_that_cannot_be_filled_is_named(world, session):
    """A value that is too large for it."""
    world.write("CREATE (:A {a: reduce(s = '', i IN range(1, 1000) | s + 'xxxxxxxxxxxxxxxx')})")
    item = schema.SchemaItem("a", "RANGE", "CREATE RANGE INDEX `a` FOR (n:`A`) ON (n.`a`)")
    with pytest.raises(Permanent, match=r"could not be filled: a \("):
        created(session, schema.Schema((), (item,)))


def one_row(endpoint, login, statement="RETURN 1 AS a"):
    with driver.session(endpoint, login, timeout_seconds=2) as opened:
        return opened.rows(statement)


def test_the_drivers_errors_are_ours(world):
    """Wrong password, nobody there, a statement that is none."""
    assert one_row(world.endpoint, world.login) == [{"a": 1}]
    with pytest.raises(BadCredentials) as caught:
        one_row(world.endpoint, Login("neo4j", "canary-password"))
    assert "canary" not in f"{caught.value} {caught.value!r}"
    with pytest.raises(Transient):
        one_row(Endpoint("127.0.0.1", 1, encrypted=False, verify=False), world.login)
    with pytest.raises(Permanent) as refused:
        one_row(world.endpoint, world.login, "RETURN")
    assert refused.value.reason == "Neo.ClientError.Statement.SyntaxError"


# --- no date-time becomes an object of the driver's -----------------------------------------------


def test_values_of_other_types_are_refused(session):
    """Dates would do no harm; that they come at all shows a statement that may bring worse."""
    with pytest.raises(Permanent, match="values of other types"):
        session.rows("RETURN {a: [date('2024-02-29')]} AS a")


def test_no_statement_returns_columns_that_it_does_not_name():
    """`SHOW INDEXES YIELD *` has a date-time with a zone: when the index was last read."""
    folder = Path(pulumi_neo4j_aura.graph.__file__).parent
    texts = [
        node.value
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    shown = [text for text in texts if text.startswith("SHOW ")]
    assert len(shown) == 4
    for text in shown:
        assert " YIELD " in text
        assert " RETURN " in text
        assert "*" not in text
        assert "lastRead" not in text


def test_only_the_schema_goes_through_the_driver():
    """Rows of users' data do not; whoever adds a use of it looks here first."""
    folder = Path(pulumi_neo4j_aura.graph.__file__).parent
    users = {
        file.name
        for file in folder.glob("*.py")
        if "import neo4j" in file.read_text() or "graph.driver import" in file.read_text()
    }
    assert users == {"driver.py", "schema.py"}
