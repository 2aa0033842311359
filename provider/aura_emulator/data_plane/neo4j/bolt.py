"""Asks a server over Bolt, through Neo4j's own driver.

The database is named in every session, so that the driver need not ask for it first.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Final

import neo4j
from neo4j.exceptions import AuthError, ClientError, DriverError, Neo4jError

from aura_emulator.data_plane.interface import Counts, Login
from aura_emulator.data_plane.neo4j.home import DATABASE
from aura_emulator.data_plane.neo4j.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bolt's handshake: a magic number and up to four version ranges, here 5.4 down to 5.0 (Bolt
# protocol specification, "Handshake"). A server that is up answers with the one it takes.
_HANDSHAKE: Final = b"\x60\x60\xb0\x17" + b"\x00\x04\x04\x05" + bytes(12)
_REFUSED: Final = bytes(4)
_HANDSHAKE_SECONDS: Final = 2.0
_CONNECT_SECONDS: Final = 10.0


class DatabaseDownError(Exception):
    """The server is up and its database is not; the message is the server's."""


def shakes_hands(port: int) -> bool:
    """Whether a Bolt server listens at this port."""
    try:
        with socket.create_connection((HOST, port), timeout=_HANDSHAKE_SECONDS) as connection:
            connection.sendall(_HANDSHAKE)
            answer = connection.recv(len(_REFUSED))
    except OSError:
        return False
    return len(answer) == len(_REFUSED) and answer != _REFUSED


def driver(login: Login) -> neo4j.Driver:
    """A driver of the server; the caller closes it.

    Without routing: there is one server, and to ask a cold one for the way takes its time.
    """
    return neo4j.GraphDatabase.driver(
        login.url.replace("neo4j://", "bolt://", 1),
        auth=(login.user, login.password),
        connection_timeout=_CONNECT_SECONDS,
        max_transaction_retry_time=_CONNECT_SECONDS,
        notifications_min_severity="OFF",
        telemetry_disabled=True,
    )


@contextlib.contextmanager
def session(login: Login) -> Iterator[neo4j.Session]:
    """A session with the database. Errors are the driver's."""
    with driver(login) as opened, opened.session(database=DATABASE) as talking:
        yield talking


def require_database(login: Login) -> None:
    """Make sure that the database itself is up.

    A password that somebody changed proves nothing about the database and is no error.

    Raises:
        DatabaseDownError: the server cannot open the database.
    """
    try:
        with session(login) as opened:
            opened.execute_read(lambda transaction: transaction.run("RETURN 1").consume())
    except (AuthError, ClientError) as error:
        if isinstance(error, ClientError) and not _about_login(error):
            raise DatabaseDownError(error.message or str(error)) from error
    except (Neo4jError, DriverError) as error:
        raise DatabaseDownError(str(error)) from error


def _about_login(error: ClientError) -> bool:
    return (error.code or "").startswith("Neo.ClientError.Security.")


def counts(login: Login) -> Counts:
    """From the count store, so at no cost. Errors are the driver's."""
    with session(login) as opened:
        nodes = opened.run("MATCH (n) RETURN count(n)").single(strict=True)[0]
        relationships = opened.run("MATCH ()-[r]->() RETURN count(r)").single(strict=True)[0]
    return Counts(nodes, relationships)
