"""The Bolt client against a server that does what each test says."""

import threading
import time

import pytest

from pulumi_neo4j_aura.domain.packstream import Raw, decode, encode
from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Forbidden,
    LostAnswer,
    Permanent,
    Transient,
    Unavailable,
)
from pulumi_neo4j_aura.graph.bolt import Connection, Endpoint
from support.bolt import (
    FAILURE,
    GOODBYE,
    HELLO,
    IGNORED,
    LOGIN,
    LOGON,
    NOOP,
    PULL,
    RESET,
    RUN,
    SUCCESS,
    Talk,
    chunked,
    record,
    serving,
    summary,
)

CLOSED = Endpoint("127.0.0.1", 1, False, False)


def opened(server, seconds=30.0):
    return Connection.open(server.endpoint, LOGIN, timeout_seconds=seconds)


def plain(rows):
    return [decode(row)[0] for row in rows]


def fields(request):
    """What a request carries."""
    at, found = 2, []
    while at < len(request):
        value, at = decode(request, at)
        found.append(value)
    return found


def silent(talk):
    time.sleep(1)


# --- logging in -----------------------------------------------------------------------------------


def test_login_says_who_asks_and_keeps_the_password_out_of_hello():
    """HELLO names the program and the library; LOGON alone has the password."""
    with serving(Talk.greet) as server, opened(server) as connection:
        assert connection.version == (5, 8)
        assert connection.server_version == (5, 26)
    hello, logon = server.talks[0].requests
    (about,) = fields(hello)
    assert about["user_agent"].startswith("pulumi-neo4j-aura/")
    assert about["bolt_agent"]["product"] == "pulumi-neo4j-aura"
    assert "routing" not in about
    assert b"canary" not in hello
    assert fields(logon) == [
        {"scheme": "basic", "principal": "neo4j", "credentials": "canary-password"}
    ]


def test_offered_is_six_and_then_every_five():
    """In this order: a server takes the first that it knows."""
    asked = []

    def script(talk):
        asked.append(talk.handshake(bytes(4)))

    with serving(script) as server, pytest.raises(Permanent):
        opened(server)
    assert asked == [bytes.fromhex("6060b017 00000006 00080805 00000000 00000000")]


def test_the_server_may_route_where_the_scheme_is_neo4j():
    with serving(Talk.greet) as server:
        port = server.endpoint.port
        Connection.open(Endpoint.parse(f"neo4j://127.0.0.1:{port}"), LOGIN).close()
    (about,) = fields(server.talks[0].requests[0])
    assert about["routing"] == {"address": f"127.0.0.1:{port}"}


def test_bolt_5_0_has_the_password_in_hello():
    """LOGON is younger."""

    def script(talk):
        talk.handshake(b"\0\0\0\x05")
        talk.expect(HELLO)
        talk.success(server="Neo4j/5.0.0")

    with serving(script) as server, opened(server) as connection:
        assert connection.version == (5, 0)
    (about,) = fields(server.talks[0].requests[0])
    assert about["credentials"] == "canary-password"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("Neo.ClientError.Security.Unauthorized", BadCredentials),
        ("Neo.ClientError.Security.CredentialsExpired", BadCredentials),
        ("Neo.ClientError.Security.AuthenticationRateLimit", Transient),
        ("Neo.ClientError.Security.Forbidden", Forbidden),
        ("Neo.TransientError.General.DatabaseUnavailable", Transient),
    ],
)
def test_a_refused_login_says_why(code, kind):
    """The class says what to do next; the password is nowhere."""

    def script(talk):
        talk.handshake()
        talk.expect(HELLO, LOGON)
        talk.success(server="Neo4j/5.26.0")
        talk.send(summary(FAILURE, code=code, message="not like this"))

    with serving(script) as server, pytest.raises(kind, match="not like this") as caught:
        opened(server)
    assert caught.value.reason == code
    shown = f"{caught.value} {caught.value!r} {server.endpoint.address}"
    assert server.endpoint.address in str(caught.value)
    assert "canary" not in shown


def test_a_connection_does_not_show_its_login():
    with serving(Talk.greet) as server, opened(server) as connection:
        assert repr(connection) == f"<Connection to {server.endpoint.address}, Bolt 5.8>"
        connection.close()
        assert repr(connection).endswith(", Bolt 5.8, closed>")


# --- who answers is not who was expected ----------------------------------------------------------


def test_nobody_there_may_pass():
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 cannot be reached: Connection refused"):
        Connection.open(CLOSED, LOGIN)


def test_a_name_that_does_not_exist_is_said_to_be_unreachable():
    with pytest.raises(Unavailable, match="cannot be reached"):
        Connection.open(Endpoint("x" * 70, 1, False, False), LOGIN)


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Permanent, "a web server"),
        (b"SSH-2.0-OpenSSH\r\n", Permanent, "something that is no Neo4j"),
        (b"\0\0\0\0", Permanent, "5.0 is the oldest"),
        (b"\0\0\x04\x04", Permanent, "5.0 is the oldest"),
        (b"\0\0\0", Unavailable, "put [+]s behind"),
        (b"", Unavailable, "put [+]s behind"),
    ],
)
def test_what_answers_and_is_no_neo4j_5_is_named(answer, kind, reason):
    """A port of something else, an old server, a server that wants TLS."""

    def script(talk):
        talk.handshake(answer)

    with serving(script) as server, pytest.raises(kind, match=reason):
        opened(server)


def test_silence_at_the_handshake_ends():
    with serving(silent) as server, pytest.raises(Unavailable, match="said nothing in time"):
        opened(server, seconds=0.1)


def test_silence_at_the_login_ends():
    def script(talk):
        talk.handshake()
        silent(talk)

    with serving(script) as server, pytest.raises(Unavailable, match="said nothing for too long"):
        opened(server, seconds=0.1)


@pytest.mark.parametrize("answer", [b"\xb1\x70\xa1", b"\xb1\x70\x01", b"\xb1", b"\xb0\x7e"])
def test_bytes_that_are_no_bolt_are_said_to_be_none(answer):
    """Cut, no map, no tag, ignored for no reason."""

    def script(talk):
        talk.handshake()
        talk.send(answer)

    with serving(script) as server, pytest.raises(Permanent, match="does not understand"):
        opened(server)


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 7, 0xFFFF])
def test_rows_are_the_servers_bytes_however_they_are_cut(size):
    """Chunks of any size, and signs of life between messages."""
    rows: list[list[object]] = [[], [1, "a" * 300], [{"b": [None, 1.5]}], [b"\0\0" * 100]]

    def script(talk):
        talk.greet()
        talk.begin()
        for row in rows:
            talk.raw(NOOP + chunked(record(*row), size) + NOOP)
        talk.send(summary(SUCCESS), size=size)

    with serving(script) as server, opened(server) as connection:
        assert list(connection.stream("RETURN 1")) == [encode(row) for row in rows]


def test_rows_that_come_a_few_bytes_at_a_time_are_put_together():
    """Network packets end anywhere."""
    data = b"".join(chunked(record(number, "x" * number)) for number in range(40))

    def script(talk):
        talk.greet()
        talk.begin()
        for at in range(0, len(data), 7):
            talk.raw(data[at : at + 7])
            time.sleep(0.0005)
        talk.success()

    with serving(script) as server, opened(server) as connection:
        found = plain(connection.stream("RETURN 1"))
    assert found == [[number, "x" * number] for number in range(40)]


def test_rows_that_arrive_together_stay_together():
    """One by one in their order, and no batch is empty."""
    data = b"".join(chunked(record(number)) for number in range(40))

    def script(talk):
        talk.greet()
        talk.begin()
        talk.raw(data + chunked(summary(SUCCESS)))

    with serving(script) as server, opened(server) as connection:
        batches = [*connection.batches("RETURN 1")]
    assert all(batches)
    assert len(batches) < 10
    assert plain(row for batch in batches for row in batch) == [[number] for number in range(40)]


def test_a_row_of_many_megabytes_arrives():
    """Longer than any buffer, in chunks of the largest size and in small ones."""
    large = bytes(range(256)) * 40_000

    def script(talk):
        talk.greet()
        talk.begin()
        for size in (0xFFFF, 8_192):
            talk.send(record(large), record(1), size=size)
        talk.success()

    with serving(script) as server, opened(server) as connection:
        assert plain(connection.stream("RETURN 1")) == [[large], [1], [large], [1]]


def test_rows_are_asked_for_a_portion_at_a_time():
    """The next one is asked for when the last was consumed, not before."""

    def script(talk):
        talk.greet()
        talk.begin()
        talk.send(record(1), record(2), summary(SUCCESS, has_more=True))
        talk.expect(PULL)
        talk.send(record(3), summary(SUCCESS, has_more=False))

    with serving(script) as server, opened(server) as connection:
        rows = connection.stream("RETURN $a", {"a": 5}, fetch=2)
        assert plain([next(rows), next(rows)]) == [[1], [2]]
        assert server.requests[0] == [HELLO, LOGON, RUN, PULL]
        assert plain(rows) == [[3]]
    _, _, run, first, second = server.talks[0].requests
    assert fields(run) == ["RETURN $a", {"a": 5}, {"mode": "r"}]
    assert fields(first) == fields(second) == [{"n": 2}]


def test_parameters_may_be_encoded_already_and_of_any_size():
    """Requests are cut into chunks too."""
    many = Raw(encode(["y" * 1_000] * 3_000))

    def script(talk):
        talk.greet()
        talk.begin()
        talk.success()

    with serving(script) as server, opened(server) as connection:
        assert list(connection.stream("RETURN 1", {"rows": many}, write=True)) == []
    assert fields(server.talks[0].requests[2]) == [
        "RETURN 1",
        {"rows": ["y" * 1_000] * 3_000},
        {},
    ]


def test_a_parameter_that_cannot_be_sent_leaves_the_connection_as_it_was():
    def script(talk):
        talk.greet()
        talk.begin()
        talk.success()

    with serving(script) as server, opened(server) as connection:
        with pytest.raises(ValueError, match=r".+"):
            list(connection.stream("RETURN 1", {"a": 2**70}))
        with pytest.raises(TypeError):
            connection.run("RETURN 1", {"a": object()})
        assert list(connection.stream("RETURN 1")) == []


# --- leaving early --------------------------------------------------------------------------------


def test_an_abandoned_query_is_stopped_and_the_connection_goes_on():
    """What was on its way is read and thrown away."""

    def script(talk):
        talk.greet()
        talk.begin()
        talk.send(*[record(number) for number in range(100)])
        talk.expect(RESET)
        talk.send(record(100), summary(SUCCESS, has_more=True), summary(SUCCESS))
        talk.begin()
        talk.send(record("next"), summary(SUCCESS))

    with serving(script) as server, opened(server) as connection:
        rows = connection.stream("RETURN 1")
        assert plain([next(rows)]) == [[0]]
        rows.close()
        assert plain(connection.stream("RETURN 1")) == [["next"]]


def test_a_query_abandoned_after_a_long_row_is_stopped_too():
    """That one took another way through the buffer."""

    def script(talk):
        talk.greet()
        talk.begin()
        talk.send(record("x" * 200_000), record(1))
        talk.expect(RESET)
        talk.send(bytes([0xB0, IGNORED]), summary(SUCCESS))
        talk.begin()
        talk.success()

    with serving(script) as server, opened(server) as connection:
        for _ in connection.stream("RETURN 1"):
            break
        assert list(connection.stream("RETURN 1")) == []


def test_a_connection_that_is_lost_while_a_query_is_abandoned_is_closed():
    """Who abandons a query is not bothered; who asks the next one is."""

    def script(talk):
        talk.greet()
        talk.begin()
        talk.send(record(1))

    with serving(script) as server, opened(server) as connection:
        rows = connection.stream("RETURN 1")
        next(rows)
        rows.close()
        with pytest.raises(Unavailable, match="closed before"):
            next(connection.stream("RETURN 1"))


def test_two_queries_at_once_are_a_mistake():
    """The second would read the rows of the first."""

    def script(talk):
        talk.greet()
        talk.begin()
        talk.send(record(1), record(2), summary(SUCCESS))

    with serving(script) as server, opened(server) as connection:
        rows = connection.stream("RETURN 1")
        assert plain([next(rows)]) == [[1]]
        with pytest.raises(RuntimeError, match="still being read"):
            connection.run("RETURN 1")
        assert plain(rows) == [[2]]


def test_an_interrupted_read_leaves_no_connection_that_looks_sound(monkeypatch):
    """Ctrl-C may have cost bytes: the next query would read in the middle of a row."""

    def script(talk):
        talk.greet()
        talk.begin()
        talk.send(record(1))

    class Interrupted:
        def settimeout(self, seconds):
            """Nothing."""

        def sendall(self, data):
            """Nothing."""

        def recv(self, size):
            raise KeyboardInterrupt

        def close(self):
            """Nothing."""

    with serving(script) as server, opened(server) as connection:
        connection._wire._socket.close()
        monkeypatch.setattr(connection._wire, "_socket", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            list(connection.stream("RETURN 1"))
        assert repr(connection).endswith("closed>")


# --- failures -------------------------------------------------------------------------------------

CODES: dict[str, type[AuraError]] = {
    "Neo.TransientError.General.MemoryPoolOutOfMemoryError": Transient,
    "Neo.TransientError.Transaction.DeadlockDetected": Transient,
    "Neo.ClientError.Cluster.NotALeader": Transient,
    "Neo.ClientError.Security.Forbidden": Forbidden,
    "Neo.ClientError.Statement.SyntaxError": Permanent,
    "Neo.ClientError.Schema.ConstraintValidationFailed": Permanent,
    "Neo.DatabaseError.General.UnknownError": Permanent,
}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("key", ["code", "neo4j_code"])
def test_a_refused_query_says_why_and_leaves_a_usable_connection(code, key):
    """By the code, however the version at hand calls it."""

    def script(talk):
        talk.greet()
        talk.expect(RUN, PULL)
        talk.send(summary(FAILURE, **{key: code, "message": "no"}))
        talk.send(bytes([0xB0, IGNORED]))
        talk.reset()
        talk.begin()
        talk.success()

    with serving(script) as server, opened(server) as connection:
        with pytest.raises(CODES[code], match="refused: no") as caught:
            list(connection.stream("RETURN 1"))
        assert type(caught.value) is CODES[code]
        assert caught.value.reason == code
        assert list(connection.stream("RETURN 1")) == []


def test_a_failure_behind_rows_comes_after_the_rows():
    """What was delivered is good."""

    def script(talk):
        talk.greet()
        talk.begin()
        talk.send(record(1), record(2), summary(FAILURE, code="Neo.ClientError.X.Y", message="no"))
        talk.reset()

    seen = []
    with serving(script) as server, opened(server) as connection:
        rows = connection.stream("RETURN 1")
        seen += [next(rows), next(rows)]
        with pytest.raises(Permanent, match="no"):
            next(rows)
    assert plain(seen) == [[1], [2]]


def test_a_failure_without_code_and_message_is_one_all_the_same():
    def script(talk):
        talk.greet()
        talk.expect(RUN, PULL)
        talk.send(summary(FAILURE))
        talk.send(bytes([0xB0, IGNORED]))
        talk.reset()

    with (
        serving(script) as server,
        opened(server) as connection,
        pytest.raises(Permanent, match="no reason given"),
    ):
        connection.run("RETURN 1")


def test_a_long_reason_is_shortened():
    """Servers repeat the query."""

    def script(talk):
        talk.greet()
        talk.expect(RUN, PULL)
        talk.send(summary(FAILURE, code="Neo.ClientError.X.Y", message="m" * 100_000))
        talk.send(bytes([0xB0, IGNORED]))
        talk.reset()

    with (
        serving(script) as server,
        opened(server) as connection,
        pytest.raises(Permanent) as caught,
    ):
        connection.run("RETURN 1")
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize("rest", [b"", b"\x00", b"\x00\x05\xb1\x71"])
def test_a_connection_lost_among_rows_may_pass(rest):
    """Wherever it breaks; the rows before were delivered."""

    def script(talk):
        talk.greet()
        talk.begin()
        talk.raw(chunked(record(1)) + rest)

    with serving(script) as server, opened(server) as connection:
        rows = connection.stream("RETURN 1")
        assert plain([next(rows)]) == [[1]]
        with pytest.raises(Unavailable, match="the server closed the connection"):
            next(rows)
        with pytest.raises(Unavailable, match="closed before"):
            connection.run("RETURN 1")


def test_a_connection_lost_in_a_change_leaves_its_outcome_unknown():
    """Whoever repeats it may do it twice."""

    def script(talk):
        talk.greet()
        talk.expect(RUN, PULL)

    with serving(script, script) as server:
        with opened(server) as connection, pytest.raises(LostAnswer, match="may or may not"):
            connection.run("CREATE ()")
        with opened(server) as connection, pytest.raises(LostAnswer, match="may or may not"):
            list(connection.stream("CREATE ()", write=True))


def test_silence_among_rows_ends():
    over = threading.Event()

    def script(talk):
        talk.greet()
        talk.begin()
        talk.send(record(1))
        over.wait(60)

    with serving(script) as server, opened(server, seconds=0.2) as connection:
        with pytest.raises(Unavailable, match="said nothing for too long"):
            list(connection.stream("RETURN 1"))
        over.set()


def test_a_server_that_says_how_long_it_may_be_silent_is_believed():
    """A long scan is no failure."""

    def script(talk):
        talk.greet(hints={"connection.recv_timeout_seconds": 60})
        talk.begin()
        time.sleep(0.5)
        talk.send(record(1), summary(SUCCESS))

    with serving(script) as server, opened(server, seconds=0.2) as connection:
        assert plain(connection.stream("RETURN 1")) == [[1]]


def test_a_reset_that_is_refused_closes_the_connection():
    def script(talk):
        talk.greet()
        talk.expect(RUN, PULL)
        talk.send(summary(FAILURE, code="Neo.ClientError.X.Y", message="first"))
        talk.send(bytes([0xB0, IGNORED]))
        talk.expect(RESET)
        talk.send(summary(FAILURE, code="Neo.ClientError.X.Y", message="second"))

    with serving(script) as server, opened(server) as connection:
        with pytest.raises(Permanent, match="first"):
            connection.run("RETURN 1")
        assert repr(connection).endswith("closed>")


# --- writing and closing --------------------------------------------------------------------------


def test_a_change_returns_what_the_server_says_about_it():
    """Rows are passed over."""
    said = {"stats": {"nodes-created": 2}, "db": "neo4j"}

    def script(talk):
        talk.greet()
        talk.begin()
        talk.send(record(1), record(2), summary(SUCCESS, **said))

    with serving(script) as server, opened(server) as connection:
        assert connection.run("CREATE () RETURN 1") == said
    assert fields(server.talks[0].requests[2]) == ["CREATE () RETURN 1", {}, {}]
    assert fields(server.talks[0].requests[3]) == [{"n": -1}]


def test_closing_says_goodbye_once():
    def script(talk):
        talk.greet()
        talk.expect(GOODBYE)

    with serving(script) as server:
        with opened(server) as connection:
            connection.close()
        connection.close()
    assert server.requests == [[HELLO, LOGON, GOODBYE]]


def test_closing_a_lost_connection_is_no_error():
    with serving(Talk.greet) as server:
        connection = opened(server)
        connection._wire.close()
        connection.close()
