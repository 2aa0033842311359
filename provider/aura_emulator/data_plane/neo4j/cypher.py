"""Cypher files: their statements, and running these one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from neo4j import Driver, Session
from neo4j.exceptions import DriverError, Neo4jError

_SHOWN: Final = 80

# Something that is never closed is taken to the end, for the server to complain about; only a
# comment that does close can be left out. A doubled backtick in a name is two names side by side,
# which comes to the same.
_TOKEN: Final = re.compile(
    r"""
    (?P<blank> \s+ | //[^\r\n]* | /\*.*?\*/ )
  | (?P<end> ; )
  | /\*.*
  | ' (?: \\. | [^\\'] )* (?: ' | \\?\Z )
  | " (?: \\. | [^\\"] )* (?: " | \\?\Z )
  | ` [^`]* (?: ` | \Z )
  | [^\s;'"`/]+ | /
    """,
    re.VERBOSE | re.DOTALL,
)


class StatementError(Exception):
    """A statement that failed; those before it have been committed, those after it not started."""


def split(text: str) -> list[str]:
    """The statements of a Cypher file, without the semicolons between them.

    Comments and white space around a statement are left out, and so is what consists of nothing
    else; what is inside stays as it is written. Not understood is a quote, slash or semicolon that
    is written as a Unicode escape.
    """
    return list(_statements(text))


def _statements(text: str) -> Iterator[str]:
    start = end = 0  # of what is more than blank since the last semicolon
    for token in _TOKEN.finditer(text):
        if token["end"]:
            if end > start:
                yield text[start:end]
            start = end = token.end()
        elif not token["blank"]:
            start = start if end > start else token.start()
            end = token.end()
    if end > start:
        yield text[start:end]


def run(driver: Driver, statements: Iterable[str]) -> None:
    """Run each in a transaction of its own, which the server opens.

    That allows `CALL {…} IN TRANSACTIONS` and changes of the schema between data.

    Raises:
        StatementError: the first that failed, by its number from 1.
    """
    with driver.session() as session:
        for number, statement in enumerate(statements, start=1):
            _run(session, number, statement)


def _run(session: Session, number: int, statement: str) -> None:
    try:
        session.run(statement).consume()
    except (DriverError, Neo4jError) as error:
        reason = error.message if isinstance(error, Neo4jError) else str(error)
        beginning = statement[:_SHOWN]
        raise StatementError(f"statement {number}, {beginning!r}: {reason}") from error
