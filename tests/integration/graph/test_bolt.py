"""What our Bolt client relies on, shown by a real server.

When one of these fails after a server's update, exports must not be trusted: the protocol changed.
"""

import socket

import pytest

from pulumi_neo4j_aura.domain.packstream import Raw, decode, encode
from pulumi_neo4j_aura.errors import BadCredentials, Permanent, Transient
from pulumi_neo4j_aura.graph import reading
from pulumi_neo4j_aura.graph.bolt import Connection, Endpoint, Login
from pulumi_neo4j_aura.graph.handshake import OFFERED
from pulumi_neo4j_aura.graph.ids import IdSet
from support.batches import rows_of
from support.bolt import Proxy

pytestmark = pytest.mark.neo4j

#: Each version that is offered, alone.
FIVES = [bytes([0, 0, minor, 5]) + bytes(12) for minor in (0, 1, 2, 3, 4, 6, 7, 8)]


def through(world, proxy):
    endpoint = Endpoint("127.0.0.1", proxy.port, encrypted=False, verify=False)
    return lambda: Connection.open(endpoint, world.login, timeout_seconds=60)


def plain(records):
    return [decode(record)[0] for record in records]


# --- the contract ---------------------------------------------------------------------------------


def test_the_server_takes_the_newest_version_that_was_offered(world):
    """A server that takes none of them is refused; one that takes another is news."""
    with world.connect() as connection:
        assert connection.version in {(5, 8), (6, 0)}
        assert connection.server_version >= (5, 26)


@pytest.mark.parametrize("offered", FIVES, ids=lambda offered: f"5.{offered[2]}")
def test_every_version_that_is_offered_works(world, offered):
    """Login, rows, a failure and what it is called, and rows again."""
    world.write("CREATE (:A {a: 1})-[:R {b: 'x'}]->(:B)")
    with world.connect(offered=offered) as connection:
        assert connection.version == (5, offered[2])
        with pytest.raises(Permanent) as caught:
            list(connection.stream("RETURN 1 / 0"))
        assert caught.value.reason == "Neo.ClientError.Statement.ArithmeticError"
        assert "/ by zero" in str(caught.value)
    with world.connect(offered=offered) as connection:
        ((number, kind, properties),) = plain(
            connection.stream("MATCH ()-[r]->() RETURN id(r), type(r), properties(r)")
        )
    assert (type(number), kind, properties) == (int, "R", {"b": "x"})


def test_older_versions_are_refused_by_our_side_of_the_handshake(world):
    """The server would take 4.4."""
    with pytest.raises(Permanent, match=r"5\.0 is the oldest"):
        world.connect(offered=b"\0\0\x04\x04" + bytes(12))


def test_a_record_is_one_list_with_the_fields_in_the_order_of_the_query(world):
    """What the archive keeps: nothing before the list and nothing behind it."""
    world.write("CREATE (:A {a: 1})-[:R {b: 'x'}]->(:B)")
    ((start, end, relationship),) = world.rows("MATCH (a)-[r]->(b) RETURN id(a), id(b), id(r)")
    records = [*rows_of(reading.nodes(world.connect, IdSet()))]
    assert [decode(record)[1] for record in records] == [len(record) for record in records]
    assert sorted(plain(records)) == sorted([[start, ["A"], {"a": 1}], [end, ["B"], {}]])
    (record,) = rows_of(reading.relationships(world.connect, IdSet()))
    assert decode(record) == ([relationship, start, end, "R", {"b": "x"}], len(record))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("RETURN", "Neo.ClientError.Statement.SyntaxError"),
        ("UNWIND [1, 0] AS x RETURN 1 / x", "Neo.ClientError.Statement.ArithmeticError"),
        ("RETURN $missing", "Neo.ClientError.Statement.ParameterMissing"),
        ("CREATE (:X)", "Neo.ClientError.Statement.AccessMode"),
    ],
)
def test_a_failure_has_the_servers_code_and_the_connection_goes_on(world, query, code):
    """Also one behind rows, and a change in what was to be a read."""
    with world.connect() as connection:
        with pytest.raises(Permanent) as caught:
            list(connection.stream(query))
        assert caught.value.reason == code
        assert plain(connection.stream("RETURN 1")) == [[1]]


def test_an_exhausted_server_says_that_it_is_transient(world):
    """A transaction that is larger than the server's memory."""
    with world.connect() as connection:
        with pytest.raises(Transient) as caught:
            connection.run("UNWIND range(1, 3000000) AS i WITH collect(toString(i)) AS a RETURN a")
        assert caught.value.reason.startswith("Neo.TransientError.General.")
        assert connection.run("CREATE (:After)")["stats"]["nodes-created"] == 1


def test_a_wrong_password_is_refused_and_not_shown(world):
    with pytest.raises(BadCredentials) as caught:
        Connection.open(world.endpoint, Login("neo4j", "canary-password"))
    assert caught.value.reason == "Neo.ClientError.Security.Unauthorized"
    assert "canary" not in f"{caught.value!r} {caught.value}"


# --- rows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fetch", [1, 7, 1_000, 100_000])
def test_all_rows_come_whatever_the_portion(world, fetch):
    with world.connect() as connection:
        found = plain(connection.stream("UNWIND range(1, 1000) AS x RETURN x", fetch=fetch))
    assert found == [[number] for number in range(1, 1_001)]


def test_a_large_row_arrives_whole(world):
    """Hundreds of chunks."""
    with world.connect() as connection:
        query = "RETURN $large AS a, size($large) AS b"
        ((large, size),) = plain(connection.stream(query, {"large": "æ" * 3_000_000}))
    assert (large, size) == ("æ" * 3_000_000, 3_000_000)


def test_an_abandoned_query_of_many_rows_frees_the_connection(world):
    """The server stops; its rest is not read to the end."""
    with world.connect() as connection:
        for attempt in range(5):
            rows = connection.stream("UNWIND range(1, 100000000) AS x RETURN x", fetch=1_000)
            for _ in range(attempt * 700):
                next(rows)
            rows.close()
        assert plain(connection.stream("RETURN 1")) == [[1]]


def test_rows_are_written_back_as_they_were_read(world):
    """Undecoded in both directions."""
    world.write("CREATE (:A {a: 1, b: datetime('2024-02-29T23:59:59.123456789[Europe/Oslo]')})")
    (record,) = rows_of(reading.nodes(world.connect, IdSet()))
    _, at = decode(record, 1)
    _, at = decode(record, at)
    parameters = {"rows": Raw(b"\x91" + record[at:])}
    with world.connect() as connection:
        query = "UNWIND $rows AS r CREATE (n:Copy) SET n = r RETURN id(n)"
        assert len(list(connection.stream(query, parameters, write=True))) == 1
    texts = world.rows("MATCH (n) RETURN n.a, toString(n.b)")
    assert texts == [(1, "2024-02-29T23:59:59.123456789+01:00[Europe/Oslo]")] * 2


def test_a_change_says_what_it_did(world):
    with world.connect() as connection:
        done = connection.run("UNWIND range(1, 50) AS i CREATE (:A {i: i})-[:R]->(:B) RETURN i")
    stats = done["stats"]
    assert (stats["nodes-created"], stats["relationships-created"]) == (100, 50)
    assert world.rows("MATCH (n) RETURN count(n)") == [(100,)]


def test_totals_are_those_of_the_server(world):
    world.write("UNWIND range(1, 7) AS i CREATE (:A)-[:R]->(:B), (:C)")
    with world.connect() as connection:
        assert reading.totals(connection) == reading.Totals(21, 7)


# --- connections that break -----------------------------------------------------------------------


@pytest.mark.parametrize("cut_after", [300, 1_000, 30_000, 300_000])
def test_a_reading_that_was_cut_goes_on_and_delivers_everything_once(world, cut_after):
    """Wherever it was cut: at the login, at the first rows, among many."""
    world.write("UNWIND range(1, 20000) AS i CREATE (:A {i: i, text: 'some text ' + i})")
    with Proxy(world.endpoint.port, cut_after=cut_after) as proxy:
        rows = list(rows_of(reading.nodes(through(world, proxy), IdSet(), sleep=lambda _: None)))
        assert proxy.connections == 2
    assert proxy.cut_after is None
    assert sorted(row[2]["i"] for row in plain(rows)) == list(range(1, 20_001))


def test_relationships_are_resumed_too(world):
    world.write("UNWIND range(1, 10000) AS i CREATE (a:A)-[:R {i: i}]->(a)")
    with Proxy(world.endpoint.port, cut_after=100_000) as proxy:
        connect = through(world, proxy)
        rows = list(rows_of(reading.relationships(connect, IdSet(), sleep=lambda _: None)))
        assert proxy.connections == 2
    found = plain(rows)
    assert sorted(row[4]["i"] for row in found) == list(range(1, 10_001))
    assert all(row[1] == row[2] for row in found)


def test_a_second_run_reads_the_rest(world):
    """What the first one wrote down about itself is enough."""
    world.write("UNWIND range(1, 3000) AS i CREATE (:A {i: i})")
    seen = IdSet()
    batches = reading.nodes(world.connect, seen)
    first: list[bytes] = []
    while len(first) < 1_234:
        first += next(batches)
    batches.close()
    assert len(first) < 3_000
    rest = list(rows_of(reading.nodes(world.connect, IdSet.from_bytes(seen.to_bytes()))))
    assert len(rest) == 3_000 - len(first)
    assert {row[2]["i"] for row in plain(first + rest)} == set(range(1, 3_001))


def test_a_web_request_to_the_port_shows_that_it_is_neo4j(world):
    """What the error for a web server is told from: Neo4j answers it too, on the same port."""
    with socket.create_connection(("127.0.0.1", world.endpoint.port), timeout=30) as opened:
        opened.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert opened.recv(4) == b"HTTP"


def test_the_handshake_that_is_sent_is_the_one_that_was_agreed_on():
    """Offering something else changes what servers send; the archive's format depends on it."""
    assert OFFERED.hex(" ", 4) == "00000006 00080805 00000000 00000000"
    assert encode([1]) == b"\x91\x01"
