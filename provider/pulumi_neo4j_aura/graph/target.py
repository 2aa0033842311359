"""The database that is imported into: what an import asks it and what it changes there."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Callable, Iterator, Sequence

from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.graph import reading
from pulumi_neo4j_aura.graph.batches import MARK, Batch, Kind, integer, label_set
from pulumi_neo4j_aura.graph.bolt import Connection

#: Nodes per query where single ones are looked for or deleted.
_SOME = 1_000

#: Where the first field of a row begins that has fewer than 16.
_FIELDS = 1

Connect = Callable[[], Connection]


class Target:
    """One connection to the target, made when it is needed and again after it failed.

    Every method may raise `Transient`; what was to be changed may then be changed or not.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._connection: Connection | None = None

    def close(self) -> None:
        """Let go of the connection; the next question makes another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def send(self, batch: Batch) -> Sequence[int]:
        """Create a batch's rows; of nodes returns their new ids in the order of the rows.

        Raises:
            Refused: the target made fewer rows than it was given.
        """
        with self._connected() as connection:
            if batch.kind is Kind.NODES:
                return _created_nodes(connection, batch)
            return _created_relationships(connection, batch)

    def totals(self) -> reading.Totals:
        """How many nodes and relationships there are."""
        with self._connected() as connection:
            return reading.totals(connection)

    def identity(self) -> str:
        """The store's id: another one after the database was made anew or overwritten."""
        (id_,) = self._texts("CALL db.info() YIELD id RETURN id")
        return id_

    def busy(self) -> bool:
        """Whether a query of an import of ours still runs, perhaps for a client that died.

        One that is being committed has no text any more, so a query without text counts as well.
        """
        found = self._texts("SHOW TRANSACTIONS YIELD currentQuery RETURN currentQuery")
        return any(not text or text.startswith(MARK) for text in found)

    def nodes_without(self, known: Callable[[int], bool]) -> list[int]:
        """The ids of all nodes that are not known."""
        with self._connected() as connection:
            stream = connection.stream("MATCH (n) RETURN id(n)")
            found = (integer(record, _FIELDS)[0] for record in stream)
            return [id_ for id_ in found if not known(id_)]

    def labels_of(self, ids: Sequence[int]) -> Iterator[tuple[int, frozenset[str]]]:
        """Those of the ids that exist, with their labels."""
        query = "UNWIND $ids AS i MATCH (n) WHERE id(n) = i RETURN i, labels(n)"
        for some in _chunks(ids):
            with self._connected() as connection:
                for record in connection.stream(query, {"ids": list(some)}):
                    id_, at = integer(record, _FIELDS)
                    yield id_, label_set(record[at:])

    def delete(self, ids: Sequence[int]) -> None:
        """Delete these nodes; a node that has relationships is an error and stays."""
        query = f"{MARK} UNWIND $ids AS i MATCH (n) WHERE id(n) = i DELETE n"
        for some in _chunks(ids):
            with self._connected() as connection:
                connection.run(query, {"ids": list(some)})

    def _texts(self, query: str) -> list[str]:
        """The only column of a query."""
        with self._connected() as connection:
            return [_text(record) for record in connection.stream(query)]

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Connection]:
        """The connection; after anything that went wrong there is a new one next time."""
        if self._connection is None:
            self._connection = self._connect()
        try:
            yield self._connection
        except BaseException:
            self.close()
            raise


def _created_nodes(connection: Connection, batch: Batch) -> Sequence[int]:
    wanted = len(batch.rows)
    new = array("q", (-1,)) * wanted
    made = 0
    # One row more than there are, so that no second request is needed to learn that this was all.
    stream = connection.stream(batch.query(), batch.parameters(), write=True, fetch=wanted + 1)
    for record in stream:
        place, at = integer(record, _FIELDS)
        new[place], _ = integer(record, at)
        made += 1
    if made != wanted or -1 in new:
        raise _fewer(batch, made)
    return new


def _created_relationships(connection: Connection, batch: Batch) -> Sequence[int]:
    stats = connection.run(batch.query(), batch.parameters()).get("stats")
    made = stats.get("relationships-created", 0) if isinstance(stats, dict) else 0
    if made != len(batch.rows):
        raise _fewer(batch, made)
    return ()


def _fewer(batch: Batch, made: object) -> Refused:
    return Refused(
        f"The target made {made} of {len(batch.rows)} {batch.kind}: somebody else changes it.",
        way_out="Keep others out of the target, empty it and import anew.",
    )


def _text(record: bytes) -> str:
    value, _ = packstream.decode(record, _FIELDS)
    return value if isinstance(value, str) else ""


def _chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _SOME):
        yield list(ids[start : start + _SOME])
