"""Neo4j's own driver, for everything that is a few plain values: schema, names, counts.

It must never make a Python object of a date-time with a zone: the driver's own class and `zoneinfo`
together end the whole interpreter, without an exception, on some values. So every statement that
goes through here names the columns it returns, and `rows` refuses what is not text, number, truth
value, list or map of these. Rows of users' data go through `graph.bolt`, undecoded.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final, LiteralString

import neo4j
from neo4j.exceptions import (
    ConfigurationError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
)

from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.graph import failures
from pulumi_neo4j_aura.graph.endpoint import Endpoint, Login

_TIMEOUT_SECONDS: Final = 60.0
_USER_AGENT: Final = "pulumi-neo4j-aura/0"

_PLAIN: Final = (str, int, float, bool, type(None))

Row = dict[str, Any]


class Session:
    """One session with the instance's database; errors are of our family."""

    def __init__(self, address: str, session: neo4j.Session) -> None:
        self._address = address
        self._session = session

    def rows(self, statement: LiteralString) -> list[Row]:
        """What a statement of ours that changes nothing returns.

        It must name columns of plain values; see the module.

        Raises:
            Transient: it may work later.
            Permanent: the server refuses it, or a value is not plain.
        """
        with self._translated():
            found: list[Row] = self._session.execute_read(
                lambda transaction: transaction.run(statement).data()
            )
        if not all(map(_plain, found)):
            raise Permanent(f"{self._address} answered {statement!r} with values of other types.")
        return found

    def change(self, statement: str) -> None:
        """Run a statement that a server wrote to make an item of its schema.

        It may be repeated; the driver does where that helps.

        Raises:
            Transient: it may work later; whether it took effect is unknown.
            Permanent: the server refuses it.
        """
        with self._translated():
            self._session.execute_write(lambda transaction: transaction.run(statement).consume())

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(self._address):
            yield


@contextlib.contextmanager
def session(
    endpoint: Endpoint, login: Login, *, timeout_seconds: float = _TIMEOUT_SECONDS
) -> Iterator[Session]:
    """A session through the driver, closed at the end of the block.

    `timeout_seconds` limits connecting, and for how long the driver itself tries again.

    Raises:
        BadCredentials: wrong user or password.
        Transient: not reachable now.
        Permanent: the server refuses, or is no Neo4j.
    """
    with translated(endpoint.address):
        driver = neo4j.GraphDatabase.driver(
            endpoint.url,
            auth=(login.username, login.password),
            connection_timeout=timeout_seconds,
            max_transaction_retry_time=timeout_seconds,
            notifications_min_severity="OFF",
            telemetry_disabled=True,
            user_agent=_USER_AGENT,
        )
    with driver, driver.session() as opened:
        yield Session(endpoint.address, opened)


@contextlib.contextmanager
def translated(address: str) -> Iterator[None]:
    """Raise our errors for the driver's; those of the block itself pass."""
    try:
        yield
    except Neo4jError as error:
        details = {"code": error.code, "message": error.message}
        raise failures.refused(address, details) from error
    except (ServiceUnavailable, SessionExpired) as error:
        raise failures.lost(address, error, changing=False) from error
    except (DriverError, ConfigurationError) as error:
        raise Permanent(f"{address} cannot be used: {error}.") from error


def _plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    if isinstance(value, list):
        return all(map(_plain, value))
    return isinstance(value, _PLAIN)
