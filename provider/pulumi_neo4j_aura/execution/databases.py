"""A running database behind an instance: how to log in, and patience while it comes up."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.errors import BadCredentials, Permanent, Transient
from pulumi_neo4j_aura.graph import driver, reading, schema
from pulumi_neo4j_aura.graph.bolt import Connection
from pulumi_neo4j_aura.graph.endpoint import Endpoint, Login
from pulumi_neo4j_aura.graph.reading import Totals
from pulumi_neo4j_aura.graph.schema import Schema

#: Who exists in every Aura database.
USERNAME = "neo4j"

#: Seconds for which a running instance may not answer yet: its name has to spread.
_ANSWER_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Database:
    """Where a database answers, and a login that holds there."""

    url: str
    login: Login

    def connect(self) -> Connection:
        """Another connection for bulk reading and writing."""
        return Connection.open(Endpoint.parse(self.url), self.login)

    def session(self) -> AbstractContextManager[driver.Session]:
        """A session for schema and other plain values."""
        return driver.session(Endpoint.parse(self.url), self.login)

    def schema(self) -> Schema:
        """Its constraints and indexes."""
        with self.session() as session:
            return schema.read(session)

    def totals(self) -> Totals:
        """How many rows it has, by its own counts."""
        with self.connect() as connection:
            return reading.totals(connection)


def log_in(
    clock: Clock, url: str | None, passwords: Iterable[str], what: str, gap_seconds: float
) -> Database:
    """Find out which of the passwords holds, waiting for the database to answer.

    After a clone or a restore nobody knows for sure whose password holds.

    Args:
        clock: for waiting.
        url: the instance's connection URL.
        passwords: tried in this order; never repeated in a message.
        what: the subject of messages.
        gap_seconds: between two tries.

    Raises:
        BadCredentials: the database answers and takes none of them.
        Transient: it did not answer in time.
        Permanent: it has no address, or what answers there is no Neo4j that we can read.
    """
    if not url:
        raise Permanent(f"{what} has no connection URL yet.", way_out="Run again in a minute.")
    candidates = tuple(dict.fromkeys(each for each in passwords if each))
    refusal: BadCredentials | None = None
    for password in candidates:
        database = Database(url, Login(USERNAME, password))
        try:
            _until_it_answers(clock, database, what, gap_seconds)
        except BadCredentials as error:
            refusal = error
        else:
            return database
    raise BadCredentials(
        f"{what} takes none of the {len(candidates)} passwords that are known for its user "
        f"{USERNAME}.",
        way_out="Give the password that holds, or reset it in the Aura Console.",
        reason=refusal.reason if refusal else "",
    ) from refusal


def _until_it_answers(clock: Clock, database: Database, what: str, gap_seconds: float) -> None:
    began = clock.monotonic()
    while True:
        try:
            database.connect().close()
        except Transient as error:
            waited = clock.monotonic() - began
            if waited > _ANSWER_SECONDS:
                raise Transient(
                    f"{what} does not answer at its connection URL after "
                    f"{duration.show(waited)}: {error.message}",
                    way_out="Look whether a firewall is in between, then run again.",
                ) from error
            clock.sleep(max(gap_seconds, 0.05))
        else:
            return
