"""Reading a whole graph over connections that fail."""

import pytest

from pulumi_neo4j_aura.domain.packstream import Structure, decode, encode
from pulumi_neo4j_aura.errors import Permanent, Transient, Unavailable
from pulumi_neo4j_aura.graph import reading
from pulumi_neo4j_aura.graph.ids import IdSet
from support.batches import rows_of

NODES = [encode([number, ["L"], {"n": number}]) for number in (0, 5, 127, 128, 200, 40_000, 2**31)]
RELATIONSHIPS = [encode([number, 1, 2, "T", {}]) for number in (3, 129, 65_536, 2**40)]
BROKEN = Unavailable("The connection was lost.")


class Database:
    """Opens connections; each delivers as many rows as it was told and then fails."""

    def __init__(self, *delivered, version=(5, 26), nodes=NODES, error=BROKEN, together=2):
        self.together = together
        self.delivered = list(delivered)
        self.version = version
        self.nodes = nodes
        self.error = error
        self.queries = []
        self.open = 0
        self.pauses = []

    def __call__(self):
        limit = self.delivered.pop(0) if self.delivered else None
        if limit == "unreachable":
            raise self.error
        return Connection(self, limit)

    def sleep(self, seconds):
        self.pauses.append(seconds)

    def all_nodes(self, seen=None):
        return rows_of(reading.nodes(self, IdSet() if seen is None else seen, sleep=self.sleep))


class Connection:
    """As much of the real one as reading needs."""

    def __init__(self, database, limit):
        self.database, self.limit = database, limit
        self.server_version = database.version

    def __enter__(self):
        self.database.open += 1
        return self

    def __exit__(self, *_):
        self.database.open -= 1

    def stream(self, query):
        return rows_of(self.batches(query))

    def batches(self, query):
        self.database.queries.append(query)
        if "count(" in query:
            yield [encode([11 if "[r]" in query else 7])]
            return
        rows = RELATIONSHIPS if "[r]" in query else self.database.nodes
        rows, size = rows[: self.limit], self.database.together
        yield from ([*rows[first : first + size]] for first in range(0, len(rows), size))
        if self.limit is not None:
            raise self.database.error


def ids(rows):
    return [decode(row, 1)[0] for row in rows]


def test_every_row_comes_as_the_server_sent_it():
    """And its id is known from then on."""
    database, seen = Database(), IdSet()
    assert list(database.all_nodes(seen)) == NODES
    assert all(number in seen for number in ids(NODES))
    rows = reading.relationships(database, IdSet(), sleep=database.sleep)
    assert list(rows_of(rows)) == RELATIONSHIPS
    assert database.open == 0


def test_after_a_failure_the_rest_comes_and_nothing_twice():
    """However often it breaks, as long as something new came."""
    database = Database(2, 3, 3, 4, 5, 6)
    assert list(database.all_nodes()) == NODES
    assert len(set(database.queries)) == 1
    assert database.open == 0


def test_a_row_that_the_server_sends_twice_comes_once():
    database = Database(nodes=[NODES[0], NODES[1], NODES[0], NODES[1]])
    assert list(database.all_nodes()) == NODES[:2]


def test_what_an_earlier_run_has_is_passed_by():
    """Its set of ids is all that it must keep."""
    seen = IdSet()
    for number in ids(NODES[:3]):
        seen.add(number)
    assert list(Database().all_nodes(IdSet.from_bytes(seen.to_bytes()))) == NODES[3:]


def test_an_id_is_known_when_its_row_is_handed_over():
    """Whoever writes the set down with a part has the part's last row in it."""
    seen = IdSet()
    for row in Database().all_nodes(seen):
        assert ids([row])[0] in seen


@pytest.mark.parametrize("together", [1, 2, 5, 100])
def test_no_id_is_known_before_its_row_is_handed_over(together):
    """A part ends with a batch: an id that was known too early would be missing from every part."""
    seen, handed_over = IdSet(), []
    for batch in reading.nodes(Database(together=together), seen):
        handed_over += ids(batch)
        assert len(seen) == len(handed_over)
    assert handed_over == ids(NODES)


def test_batches_are_small_however_much_arrives_at_once():
    """A part of an archive ends with a batch."""
    rows = [encode([number, [], {}]) for number in range(1_000)]
    batches = [*reading.nodes(Database(nodes=rows, together=1_000), IdSet())]
    assert max(map(len, batches)) <= 256
    assert [row for batch in batches for row in batch] == rows


def test_pauses_grow_and_begin_anew_with_each_new_row():
    """A server that is busy is left alone for longer and longer."""
    database = Database(1, 1, "unreachable", 2, 2)
    assert list(database.all_nodes()) == NODES
    assert database.pauses == [0.5, 2.0, 5.0, 0.5, 2.0]


def test_a_server_that_names_a_pause_gets_it():
    database = Database(1, error=Transient("busy", retry_after=9.0))
    assert list(database.all_nodes()) == NODES
    assert database.pauses == [9.0]


def test_failing_again_and_again_without_a_new_row_ends():
    """With the error of the last attempt."""
    database = Database(*[2] * 20)
    rows = database.all_nodes()
    assert [next(rows), next(rows)] == NODES[:2]
    with pytest.raises(Unavailable):
        next(rows)
    assert database.pauses == [0.5, 2.0, 5.0, 15.0, 30.0]
    assert database.open == 0


def test_what_cannot_pass_is_not_tried_again():
    database = Database(1, error=Permanent("no"))
    with pytest.raises(Permanent):
        list(database.all_nodes())
    assert len(database.queries) == 1


def test_an_abandoned_reading_closes_its_connection():
    database = Database()
    rows = database.all_nodes()
    next(rows)
    assert database.open == 1
    rows.close()
    assert database.open == 0


@pytest.mark.parametrize(
    ("version", "prefix"),
    [((5, 0), ""), ((5, 25), ""), ((0, 0), ""), ((5, 26), "CYPHER 5 "), ((2026, 9), "CYPHER 5 ")],
)
def test_a_server_that_can_be_told_which_cypher_is_meant_is_told(version, prefix):
    """A database may have the younger one as its default; older servers refuse the prefix."""
    database = Database(version=version)
    list(database.all_nodes())
    assert database.queries == [f"{prefix}MATCH (n) RETURN id(n), labels(n), properties(n)"]


@pytest.mark.parametrize(
    "placeholder",
    [
        Structure(0x3F, ("QuantumFloat", 42, 21, {})),
        {"originalType": "QuantumFloat", "reason": "UNKNOWN_TYPE"},
    ],
)
@pytest.mark.parametrize("listed", [False, True])
def test_a_value_that_the_server_could_not_send_is_an_error(placeholder, listed):
    """Bolt replaces what the client's version has no notation for; an export would lose it."""
    value = [1, placeholder] if listed else placeholder
    database = Database(nodes=[NODES[0], encode([1, [], {"p": value}])], together=1)
    rows = database.all_nodes()
    next(rows)
    with pytest.raises(Permanent, match="QuantumFloat"):
        next(rows)
    database.together = 2
    with pytest.raises(Permanent, match="QuantumFloat"):
        next(database.all_nodes())


def test_what_looks_like_a_placeholder_is_none():
    """Bytes, and properties with the same names."""
    rows = [encode([1, ["?"], {"b": b"\xb4\x3f", "originalType": "?", "reason": "UNKNOWN_TYPE"}])]
    assert list(Database(nodes=rows).all_nodes()) == rows


@pytest.mark.parametrize("row", [encode(["a", [], {}]), encode([None, [], {}])])
def test_a_row_without_an_id_is_an_error(row):
    """Something else answers than what was asked for."""
    with pytest.raises(Permanent, match="without an id"):
        list(Database(nodes=[row]).all_nodes())


def test_totals_are_the_servers():
    assert reading.totals(Database()()) == reading.Totals(7, 11)
