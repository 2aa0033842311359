"""Making a schema: what stops it, what does not, and how long it waits."""

import pytest

from pulumi_neo4j_aura.errors import Permanent, TimedOut, Transient
from pulumi_neo4j_aura.graph import schema
from pulumi_neo4j_aura.graph.schema import Schema, SchemaItem
from support.clock import FakeClock

EQUIVALENT = "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists"
UNIQUE = SchemaItem("unique", "UNIQUENESS", "CREATE CONSTRAINT unique")
KEY = SchemaItem("key", "NODE_KEY", "CREATE CONSTRAINT key")
RANGE = SchemaItem("range", "RANGE", "CREATE RANGE INDEX range")
WHOLE = Schema((KEY, UNIQUE), (RANGE,))


class Session:
    """A database that refuses what it is told to, and fills its indexes look by look."""

    def __init__(self, refuses=None, has=(), looks=(), failed=""):
        self.refuses = refuses or {}
        self.has = {item.name: item for item in has}
        self.looks = list(looks)
        self.failed = failed
        self.changes = []

    def change(self, statement):
        self.changes.append(statement)
        if statement in self.refuses:
            raise self.refuses[statement]
        name = statement.rpartition(" ")[2]
        if name in self.has:
            raise Permanent("An equivalent one exists.", reason=EQUIVALENT)
        self.has[name] = next(item for item in WHOLE.items if item.name == name)

    def rows(self, statement):
        if statement.startswith("SHOW CONSTRAINTS"):
            return self._shown("CONSTRAINT")
        if "state" not in statement:
            return self._shown("INDEX")
        state, percent = self.looks.pop(0) if self.looks else ("ONLINE", 100.0)
        row = {"state": state, "populationPercent": percent, "failureMessage": self.failed}
        return [{"name": name, **row} for name in sorted(self.has)]

    def _shown(self, kind):
        found = [item for item in self.has.values() if kind in item.statement]
        return [
            {"name": item.name, "type": item.kind, "createStatement": item.statement}
            for item in found
        ]


def made(session, **options):
    return schema.create(session, WHOLE, clock=FakeClock(), **options)


def test_constraints_come_first_and_the_outcome_says_what_was_made():
    """Their indexes come with them."""
    session = Session()
    outcome = made(session)
    assert session.changes == [item.statement for item in (KEY, UNIQUE, RANGE)]
    assert outcome == schema.Outcome((KEY, UNIQUE, RANGE), (), ())
    outcome.require_whole()
    assert schema.read(session) == WHOLE


def test_a_second_time_makes_nothing():
    session = Session()
    made(session)
    assert made(session) == schema.Outcome((), (KEY, UNIQUE, RANGE), ())


def test_what_the_target_refuses_is_named_and_stops_nothing_else():
    """An edition that lacks a kind of constraint."""
    session = Session({KEY.statement: Permanent("It requires Neo4j Enterprise Edition.")})
    outcome = made(session)
    assert outcome.made == (UNIQUE, RANGE)
    (lost,) = outcome.missing
    assert lost.item == KEY
    with pytest.raises(Permanent, match=r"NODE_KEY 'key' \(It requires Neo4j Enterprise Edition"):
        outcome.require_whole()


def test_what_is_there_under_the_same_name_with_other_settings_is_not_the_same():
    """Servers call indexes equivalent whose vectors are compared in another way."""
    other = SchemaItem("range", "RANGE", "CREATE RANGE INDEX range OPTIONS {}")
    outcome = made(Session(has=[other]))
    assert outcome.made == (KEY, UNIQUE)
    assert outcome.there == ()
    assert [lost.item for lost in outcome.missing] == [RANGE]
    assert "OPTIONS {}" in outcome.missing[0].reason


def test_a_busy_server_ends_it_for_now():
    """Nothing is called refused that may work later."""
    session = Session({UNIQUE.statement: Transient("busy")})
    with pytest.raises(Transient, match="busy"):
        made(session)
    session.refuses = {}
    assert made(session) == schema.Outcome((UNIQUE, RANGE), (KEY,), ())


def test_it_waits_until_every_index_answers():
    """And says what it waits for."""
    lines: list[str] = []
    clock = FakeClock()
    session = Session(looks=[("POPULATING", 0.0), ("POPULATING", 50.0)])
    schema.create(session, WHOLE, clock=clock, report=lines.append)
    assert len(clock.sleeps) == 2
    assert lines[0] == "NODE_KEY key (1 of 3)"
    assert "filling key (50 %), range (50 %), unique (50 %)" in lines


def test_it_does_not_wait_for_ever():
    session = Session(looks=[("POPULATING", 7.0)] * 1_000)
    with pytest.raises(TimedOut, match=r"Not ready after 10 s: key \(7 %\)"):
        made(session, patience_seconds=10.0)


def test_an_index_that_failed_is_named_with_the_servers_reason():
    session = Session(looks=[("FAILED", 0.0)], failed="too large\n")
    with pytest.raises(Permanent, match=r"key \(too large\)"):
        made(session)


def test_indexes_of_others_are_not_waited_for():
    """A target that was not empty may have one that failed long ago."""
    session = Session(has=[KEY, UNIQUE, RANGE], looks=[("FAILED", 0.0)])
    schema.wait_online(session, ["another"], clock=FakeClock())


def test_an_empty_schema_makes_nothing():
    assert schema.create(Session(), Schema(), clock=FakeClock()) == schema.Outcome((), (), ())


def test_statements_are_the_same_in_whatever_order_the_server_lists_them():
    """They are part of what is compared between copies."""
    assert Schema((UNIQUE, KEY), (RANGE,)).statements() == WHOLE.statements()
    assert WHOLE.statements() == tuple(sorted(item.statement for item in WHOLE.items))


def test_a_schema_survives_json():
    assert Schema.from_dict(WHOLE.to_dict()) == WHOLE


@pytest.mark.parametrize(
    "found", [{}, {"constraints": [{}], "indexes": []}, {"constraints": 1, "indexes": []}]
)
def test_something_else_is_no_schema(found):
    with pytest.raises(ValueError, match="no schema"):
        Schema.from_dict(found)
