"""From an endpoint to an open socket and an agreed version: TCP, TLS, Bolt's handshake.

Offered are 6.0 and everything from 5.8 down to 5.0. Older servers send date-times in local time,
from which the moment cannot always be told, so they are refused. 6.0 is offered first because a
server replaces values of type VECTOR by placeholders for clients that are older.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Final

from pulumi_neo4j_aura.errors import Permanent, Unavailable
from pulumi_neo4j_aura.graph.endpoint import Endpoint

Version = tuple[int, int]

_MAGIC: Final = b"\x60\x60\xb0\x17"
#: Four offers of four bytes: 0, how many minor versions below as well, minor, major.
OFFERED: Final = b"\x00\x00\x00\x06" + b"\x00\x08\x08\x05" + bytes(8)
_ANSWER: Final = 4
_OLDEST: Final = (5, 0)


def connect(
    endpoint: Endpoint, timeout_seconds: float, offered: bytes = OFFERED
) -> tuple[socket.socket, Version]:
    """An open socket and the version of Bolt that both sides speak.

    Raises:
        Unavailable: nobody answers there now.
        Permanent: who answers is no Neo4j, an old one, or one with another kind of encryption.
    """
    opened = _tcp(endpoint, timeout_seconds)
    try:
        if endpoint.encrypted:
            opened = _tls(endpoint, opened)
        return opened, _agreed(endpoint, opened, offered)
    except BaseException:
        opened.close()
        raise


def _tcp(endpoint: Endpoint, timeout_seconds: float) -> socket.socket:
    try:
        opened = socket.create_connection((endpoint.host, endpoint.port), timeout_seconds)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    except (OSError, UnicodeError) as error:
        raise Unavailable(
            f"{endpoint.address} cannot be reached: {_said(error)}.",
            way_out="Is the instance running, and may this machine connect to that port?",
        ) from error
    return opened


def _tls(endpoint: Endpoint, opened: socket.socket) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    if not endpoint.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        return context.wrap_socket(opened, server_hostname=endpoint.host)
    except ssl.SSLCertVerificationError as error:
        raise Permanent(
            f"The certificate of {endpoint.address} is not trusted: {error.verify_message}.",
            way_out="If it is self-signed on purpose, use +ssc instead of +s in the URL.",
        ) from error
    except TimeoutError as error:
        raise _silent(endpoint) from error
    except OSError as error:
        raise Permanent(
            f"{endpoint.address} does not speak TLS: {_said(error)}.",
            way_out="If it is meant to be without encryption, leave +s or +ssc out of the URL.",
        ) from error


def _agreed(endpoint: Endpoint, opened: socket.socket, offered: bytes) -> Version:
    try:
        opened.sendall(_MAGIC + offered)
        answer = _exactly(opened.recv)
    except TimeoutError as error:
        raise _silent(endpoint) from error
    except OSError as error:
        raise _hung_up(endpoint, _said(error)) from error
    if len(answer) < _ANSWER:
        raise _hung_up(endpoint, "it closed the connection")
    version = (answer[3], answer[2])
    if answer[:2] != bytes(2) or version == (0, 0):
        raise _foreign(endpoint, answer)
    if version < _OLDEST:
        raise _old(endpoint)
    return version


def _exactly(receive: Callable[[int], bytes]) -> bytes:
    answer = b""
    while len(answer) < _ANSWER and (more := receive(_ANSWER - len(answer))):
        answer += more
    return answer


def _foreign(endpoint: Endpoint, answer: bytes) -> Permanent:
    if answer == bytes(_ANSWER):
        return _old(endpoint)
    kind = "a web server" if answer == b"HTTP" else "something that is no Neo4j"
    return Permanent(
        f"At {endpoint.address} answers {kind}.",
        way_out="Bolt listens on port 7687, unless the server's settings say otherwise.",
    )


def _old(endpoint: Endpoint) -> Permanent:
    return Permanent(
        f"{endpoint.address} speaks no version of Bolt that keeps every value: 5.0 is the oldest.",
        way_out="Neo4j 5 or newer does.",
    )


def _hung_up(endpoint: Endpoint, reason: str) -> Unavailable:
    way_out = "" if endpoint.encrypted else "If it wants TLS, put +s behind the URL's scheme."
    return Unavailable(
        f"{endpoint.address} did not answer Bolt's handshake: {reason}.", way_out=way_out
    )


def _silent(endpoint: Endpoint) -> Unavailable:
    return Unavailable(f"{endpoint.address} accepted the connection and then said nothing in time.")


def _said(error: Exception) -> str:
    """What the system said, without the numbers around it."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
