"""The one request function, and the one module that knows which HTTP library is behind it.

`Transport.request` holds token, budget, repeats and error translation for every call of the API.
`HttpxSender` adapts httpx to our protocol; nothing of httpx leaves this module, its exceptions
least of all, since they carry the request and so the credential.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlsplit

import httpx

from pulumi_neo4j_aura.aura.bodies import Unreadable
from pulumi_neo4j_aura.aura.exchange import Outgoing
from pulumi_neo4j_aura.aura.retries import Facts, Fault, Safety, Subject, Trouble
from pulumi_neo4j_aura.aura.translation import request_id
from pulumi_neo4j_aura.aura.wire import HttpAnswer, NoAnswer, NotSent
from pulumi_neo4j_aura.errors import Permanent, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pulumi_neo4j_aura.aura.auth import Token, TokenSource
    from pulumi_neo4j_aura.aura.exchange import Exchange
    from pulumi_neo4j_aura.aura.retries import Repeater
    from pulumi_neo4j_aura.domain.clock import Clock

T = TypeVar("T")

#: Aura's version of the API that this client speaks.
VERSION_PATH = "/v1"

#: Connections at once: more than the 64 threads that one plugin process may run.
_CONNECTIONS = 80

#: Bytes of one answer; the longest real one (a project's configurations) stays under one million.
_LARGEST_ANSWER = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API as a resource describes it."""

    method: str
    #: Path under `/v1`; made with `path`, so that ids are quoted.
    path: str
    subject: Subject
    safety: Safety
    params: Mapping[str, str] | None = None
    #: JSON body; a method that takes one gets `{}` when this is None.
    body: Mapping[str, object] | None = None


@lru_cache(maxsize=4096)
def path(*parts: str) -> str:
    """The parts as one path, each quoted so that it stays one part.

    Raises:
        Refused: a part is empty or walks about (`..`): it would address something else, and an
            empty instance id would turn a get into a list.
    """
    for part in parts:
        if not part.strip() or set(part) == {"."}:
            raise Refused(
                f"{part!r} is no id.", way_out="Pass the id as Aura shows it; it must not be empty."
            )
    return "".join("/" + quote(part, safe="") for part in parts)


class Transport:
    """Makes calls to Aura's API v1. Thread-safe."""

    def __init__(self, *, exchange: Exchange, tokens: TokenSource, repeater: Repeater) -> None:
        self._exchange = exchange
        self._tokens = tokens
        self._repeater = repeater

    def request(self, call: Call, read: Callable[[HttpAnswer], T]) -> T:
        """Make the call, repeating it as far as its safety allows.

        Args:
            call: what to ask.
            read: turns a success into a value; raises `Unreadable` if it is none, which counts
                as a failed attempt and never as an empty value.

        Raises:
            AuraError: the one that says what to do next; see `retries.TABLE`.
        """
        return self._repeater.run(lambda: self._attempt(call, read), call.subject, call.safety)

    def _attempt(self, call: Call, read: Callable[[HttpAnswer], T]) -> T:
        self._tokens.token()
        slot = self._exchange.take_slot()
        # Asked for again, since the queue for the budget may have been longer than the token's
        # life; and not only after it, since a token has to queue as well, and the time spent
        # there would let more calls out at once than the budget meant to.
        token = self._tokens.token()
        try:
            answer = self._exchange.send(self._outgoing(call, token), slot)
        except Trouble as trouble:
            if trouble.facts.fault is Fault.STALE_TOKEN:
                self._tokens.discard(token)
            raise
        return self._read(answer, read)

    def _read(self, answer: HttpAnswer, read: Callable[[HttpAnswer], T]) -> T:
        try:
            return read(answer)
        except Unreadable as error:
            text = f"Aura's answer was not understood: {error}"
        raise Trouble(
            Facts(
                Fault.UNREADABLE,
                self._exchange.cleaner.clean(text),
                status=answer.status,
                request_id=request_id(answer, self._exchange.cleaner),
            )
        )

    def _outgoing(self, call: Call, token: Token) -> Outgoing:
        headers = {"Authorization": f"Bearer {token.value}"}
        content = None
        if call.method in {"POST", "PATCH"}:
            # Without the type Aura answers 415, even to a call that needs no body (seen live).
            headers["Content-Type"] = "application/json"
            content = json.dumps(call.body or {}).encode()
        return Outgoing(
            method=call.method,
            path=VERSION_PATH + call.path,
            headers=headers,
            params=call.params,
            content=content,
            token_ends_at=token.ends_at,
        )


def checked_url(api_url: str) -> str:
    """The API's root without a slash at its end.

    Raises:
        Permanent: it is no URL of an API root.
        Refused: it is not encrypted and not on this machine, or carries credentials.
    """
    try:
        parts = urlsplit(api_url.strip())
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in {"http", "https"} or not host:
        raise Permanent(
            "The Aura API's address is no http(s) URL.",
            way_out="Set AURA_API_URL to a root such as https://api.neo4j.io.",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise Refused(
            f"The Aura API's address at {host} carries more than an address.",
            way_out="Set AURA_API_URL to the root only; credentials have settings of their own.",
        )
    if parts.scheme == "http" and not _on_this_machine(host):
        raise Refused(
            f"The credentials would travel unencrypted to {host}.",
            way_out="Use https:// in AURA_API_URL; http:// is for an emulator on this machine.",
        )
    return api_url.strip().rstrip("/")


def _on_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


#: httpx's errors from before the request can have left: everything else may have arrived.
_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class HttpxSender:
    """The `HttpSender` behind the real client."""

    def __init__(
        self,
        *,
        clock: Clock,
        timeout_seconds: float,
        use_environment: bool = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Open a connection pool; nothing is sent.

        Args:
            clock: measures the time-out of a whole call.
            timeout_seconds: until one call is given up. httpx's own limit is for each piece of
                an answer, so that a server which drips would hold a thread for ever.
            use_environment: honour proxies and `SSL_CERT_FILE` from the environment.
            transport: for tests.
        """
        self._clock = clock
        self._timeout = timeout_seconds
        self._client = httpx.Client(
            timeout=timeout_seconds,
            limits=httpx.Limits(
                max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS
            ),
            # A redirect to another host would take the token there.
            follow_redirects=False,
            trust_env=use_environment,
            # None are kept: a gateway's affinity cookie would bind all threads to one backend.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            transport=transport,
        )

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        auth: tuple[str, str] | None = None,
    ) -> HttpAnswer:
        """As in the protocol."""
        deadline = self._clock.monotonic() + self._timeout
        kind: type[NotSent | NoAnswer] = NoAnswer
        try:
            with self._client.stream(
                method, url, headers=dict(headers), params=params, content=content, auth=auth
            ) as response:
                return HttpAnswer(
                    response.status_code, _lowered(response), self._body(response, deadline)
                )
        except _BEFORE_SENDING as error:
            kind, why = NotSent, f"{type(error).__name__}: {error}"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            # Only the name: a protocol error may quote a header, and so the token.
            why = type(error).__name__
        # Outside the handlers, so that httpx's error, which holds the request, is not chained.
        raise kind(why)

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if self._clock.monotonic() > deadline:
                raise NoAnswer(f"no whole answer in {self._timeout:g} s")
            if size > _LARGEST_ANSWER:
                raise NoAnswer("the answer is too long")
        return b"".join(pieces)

    def close(self) -> None:
        """As in the protocol."""
        self._client.close()


def _lowered(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
