import ast
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

import pulumi_neo4j_aura
from pulumi_neo4j_aura.aura.transport import HttpxSender, checked_url, path
from pulumi_neo4j_aura.aura.wire import HttpAnswer, NoAnswer, NotSent
from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.errors import Permanent, Refused
from support.clock import FakeClock
from unit.aura.fakes import SECRET, TOKEN, everything_in

HEADERS = {"Authorization": f"Bearer {TOKEN}", "User-Agent": "test/1"}


class RealClock:
    """For what really waits: a socket."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def sender(
    handler: Callable[[httpx.Request], httpx.Response] | None = None,
    *,
    clock: Clock | None = None,
    seconds: float = 5.0,
) -> HttpxSender:
    transport = httpx.MockTransport(handler) if handler else None
    return HttpxSender(clock=clock or RealClock(), timeout_seconds=seconds, transport=transport)


@pytest.fixture
def over():
    """Makes senders over a handler and closes them."""
    opened: list[HttpxSender] = []

    def make(handler=None, **options):
        made = sender(handler, **options)
        opened.append(made)
        return made

    yield make
    for made in opened:
        made.close()


@pytest.fixture
def serving():
    """Makes servers that treat one connection each as a function says."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(treat):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                treat(connection)

        threads.append(threading.Thread(target=accept))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield serve
    for thread in threads:
        thread.join(10)
    for listener in listeners:
        listener.close()


def test_a_request_goes_out_as_given(over):
    """Method, query, headers, body, Basic; the answer's header names are in lower case."""
    seen = []

    def handler(request):
        seen.append(request)
        return httpx.Response(202, headers={"X-Request-Id": "r/1"}, content=b'{"a": 1}')

    answer = over(handler).send(
        "POST",
        "https://aura.test/v1/instances/a%2Fb",
        headers={"X-Own": "1"},
        params={"date": "2026-01-02"},
        content=b"{}",
        auth=("someone", "pass"),
    )
    assert answer == HttpAnswer(202, {"x-request-id": "r/1", "content-length": "8"}, b'{"a": 1}')
    assert answer.header("X-REQUEST-id") == "r/1"
    (request,) = seen
    assert request.method == "POST"
    assert request.url.raw_path == b"/v1/instances/a%2Fb?date=2026-01-02"
    assert request.headers["x-own"] == "1"
    assert request.headers["authorization"] == "Basic c29tZW9uZTpwYXNz"
    assert request.content == b"{}"


def test_a_token_header_survives(over):
    """Without Basic the header stays ours; a netrc file is not consulted."""
    handler = over(lambda request: httpx.Response(200, text=request.headers["authorization"]))
    assert handler.send("GET", "https://aura.test/", headers=HEADERS).body == (
        f"Bearer {TOKEN}".encode()
    )


def test_no_cookie_is_kept(over):
    """An affinity cookie would bind all threads to one backend."""
    seen = []

    def handler(request):
        seen.append(request.headers.get("cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "backend=7; Path=/"})

    shared = over(handler)
    for _ in range(2):
        shared.send("GET", "https://aura.test/", headers=HEADERS)
    assert seen == [None, None]


def test_no_redirect_is_followed(over):
    """The 308 is the answer; the token goes nowhere else."""
    seen = []

    def handler(request):
        seen.append(request.url.host)
        return httpx.Response(308, headers={"Location": "https://evil.test/"})

    answer = over(handler).send("GET", "https://aura.test/", headers=HEADERS)
    assert (answer.status, answer.header("location")) == (308, "https://evil.test/")
    assert seen == ["aura.test"]


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectError("refused"), NotSent),
        (httpx.ConnectTimeout("slow"), NotSent),
        (httpx.PoolTimeout("busy"), NotSent),
        (httpx.ProxyError("403"), NotSent),
        (httpx.ReadTimeout(TOKEN), NoAnswer),
        (httpx.WriteTimeout(TOKEN), NoAnswer),
        (httpx.ReadError(TOKEN), NoAnswer),
        (httpx.WriteError(TOKEN), NoAnswer),
        (httpx.CloseError(TOKEN), NoAnswer),
        (httpx.RemoteProtocolError(TOKEN), NoAnswer),
        (httpx.LocalProtocolError(f"Illegal header value b'Bearer {TOKEN}'"), NoAnswer),
        (httpx.DecodingError(TOKEN), NoAnswer),
        (httpx.TooManyRedirects(TOKEN), NoAnswer),
        (httpx.InvalidURL(TOKEN), NoAnswer),
    ],
)
def test_each_error_of_the_library_is_one_of_two_facts(over, raised, kind):
    """Before sending, or perhaps after; in doubt, after.

    The library's error, which holds the request and its token, is not chained.
    """

    def handler(request):
        raise raised

    with pytest.raises(kind) as caught:
        over(handler).send("GET", "https://aura.test/", headers=HEADERS)
    assert TOKEN not in everything_in(caught.value)
    assert type(raised).__name__ in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_refused_connection_was_never_sent(over):
    """A closed port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSent, match="ConnectError"):
        over().send("GET", f"http://127.0.0.1:{port}/", headers=HEADERS)


def test_a_failed_handshake_was_never_sent(over, serving):
    """A server that speaks no TLS; certificates are checked before anything is sent."""
    url = serving(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n"))
    with pytest.raises(NotSent, match="ConnectError"):
        over().send("GET", url.replace("http:", "https:"), headers=HEADERS)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 20",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
)
def test_an_answer_that_breaks_off_may_hide_a_success(over, serving, reply):
    """Closed at once, in the head, in the body, in a chunk; garbage; another protocol."""
    url = serving(lambda connection: connection.sendall(reply))
    with pytest.raises(NoAnswer):
        over().send("POST", url, headers=HEADERS, content=b"{}")


def test_a_silent_server_is_given_up(over, serving):
    """After the time-out."""
    done = threading.Event()
    url = serving(lambda _connection: done.wait(10))
    with pytest.raises(NoAnswer, match="ReadTimeout"):
        over(seconds=0.1).send("GET", url, headers=HEADERS)
    done.set()


def test_a_dripping_server_is_given_up(over):
    """The time-out is for the whole call, not for each drop."""
    clock = FakeClock()

    class Drip(httpx.SyncByteStream):
        def __iter__(self):
            while True:
                clock.sleep(2)
                yield b" "

    dripping = over(lambda _request: httpx.Response(200, stream=Drip()), clock=clock, seconds=5.0)
    with pytest.raises(NoAnswer, match="in 5 s"):
        dripping.send("GET", "https://aura.test/", headers=HEADERS)


def test_an_endless_answer_is_cut(over):
    """Memory is not for the server to fill."""

    class Flood(httpx.SyncByteStream):
        def __iter__(self):
            while True:
                yield b"x" * 2**20

    with pytest.raises(NoAnswer, match="too long"):
        over(lambda _request: httpx.Response(200, stream=Flood())).send(
            "GET", "https://aura.test/", headers=HEADERS
        )


def test_sixty_four_threads_have_connections_at_once(over):
    """The pool is not the bottleneck: nobody is answered before all have asked."""
    gate = threading.Barrier(64)

    class Patient(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            gate.wait(20)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

    shared = over(seconds=20.0)
    statuses: list[int] = []
    with Server(("127.0.0.1", 0), Patient) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        serving = threading.Thread(target=server.serve_forever)
        serving.start()

        def work() -> None:
            statuses.append(shared.send("GET", url, headers={}).status)

        threads = [threading.Thread(target=work) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        server.shutdown()
        serving.join(10)
    assert statuses == [200] * 64


@pytest.mark.parametrize(
    ("given", "checked"),
    [
        ("https://api.neo4j.io", "https://api.neo4j.io"),
        (" https://api.neo4j.io/ ", "https://api.neo4j.io"),
        ("https://gateway.test:8443/aura/", "https://gateway.test:8443/aura"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://aura.localhost", "http://aura.localhost"),
    ],
)
def test_addresses_that_are_good(given, checked):
    """Encrypted, or on this machine."""
    assert checked_url(given) == checked


@pytest.mark.parametrize(
    "bad", ["", "api.neo4j.io", "ftp://x", "https://", "//x", "https://x:port", "http://[::1"]
)
def test_what_is_no_address_names_the_setting(bad):
    """A person has to correct it."""
    with pytest.raises(Permanent, match="AURA_API_URL"):
        checked_url(bad)


@pytest.mark.parametrize(
    "bad",
    ["http://api.neo4j.io", "http://10.0.0.1", "http://localhost.evil.test", "http://0.0.0.0"],
)
def test_credentials_never_travel_in_clear(bad):
    """http:// is for this machine only."""
    with pytest.raises(Refused, match="unencrypted"):
        checked_url(bad)


@pytest.mark.parametrize(
    "bad", [f"https://me:{SECRET}@aura.test", "https://aura.test?x=1", "https://aura.test#x"]
)
def test_an_address_carries_nothing_else(bad):
    """And what it carries does not show."""
    with pytest.raises(Refused) as caught:
        checked_url(bad.replace("/+&", ""))
    assert "canary" not in everything_in(caught.value)


def test_parts_of_a_path_are_quoted():
    """Each stays one part."""
    assert path("instances", "a/b?c#d e") == "/instances/a%2Fb%3Fc%23d%20e"


def test_only_the_transport_knows_the_library():
    """The seam is one module, so that the library can be swapped there."""
    root = Path(pulumi_neo4j_aura.__file__).parent
    knowing: set[str] = set()
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [item.name for item in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if any(name.split(".")[0] == "httpx" for name in names):
                knowing.add(file.relative_to(root).as_posix())
    assert knowing == {"aura/transport.py"}
