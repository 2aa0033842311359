from collections import Counter

import pytest

from pulumi_neo4j_aura.errors import LostAnswer, Permanent, Refused, TimedOut, Transient
from pulumi_neo4j_aura.graph.writing import Kind, Limits, Sizes
from support.graph_target import DEADLOCK, MEMORY, FakeGraph, Killed
from unit.graph.imports import (
    ALL_NODES,
    ALL_RELATIONSHIPS,
    EVERYTHING,
    NODES,
    RELATIONSHIPS,
    TOTALS,
    import_all,
    writer,
)


@pytest.fixture
def graph():
    return FakeGraph()


@pytest.fixture
def importing(graph, tmp_path):
    """One process that imports everything, from the beginning or from where it stopped."""

    def run(**options):
        with writer(graph, tmp_path / "state", **options) as one:
            import_all(one)

    return run


def creating(graph):
    return [query for query in graph.queries if "CREATE" in query]


# --- without trouble ------------------------------------------------------------------------------


def test_everything_is_there_once(graph, importing):
    """Duplicates, loops, odd names and parts that refer to each other included."""
    importing()
    assert graph.contents == EVERYTHING


def test_labels_and_types_are_in_the_text_and_quoted(graph, importing):
    importing()
    texts = "\n".join(creating(graph))
    assert r"(n:`Person`:`Odd ``label\u005Cu0060`)" in texts
    assert "[x:`IS ``it```]" in texts


def test_progress_is_in_rows_and_in_bytes_of_the_export(importing):
    seen = []
    importing(observe=lambda rows, plain_bytes: seen.append((rows, plain_bytes)))
    assert sum(rows for rows, _ in seen) == 13
    assert sum(size for _, size in seen) == sum(map(len, ALL_NODES + ALL_RELATIONSHIPS))


def test_a_second_import_of_the_same_writes_nothing(graph, importing):
    importing()
    before = len(creating(graph))
    importing()
    assert len(creating(graph)) == before
    assert graph.contents == EVERYTHING


def test_done_says_which_parts_are_there(graph, tmp_path):
    with writer(graph, tmp_path) as one:
        one.check_target(TOTALS)
        one.write_nodes(0, NODES[0])
        assert one.done(Kind.NODES, 0)
        assert not one.done(Kind.NODES, 1)
        assert not one.done(Kind.RELATIONSHIPS, 0)
    with writer(graph, tmp_path) as next_one:
        assert next_one.done(Kind.NODES, 0)


# --- what is refused ------------------------------------------------------------------------------


def test_a_target_that_is_not_empty_is_refused(graph, importing):
    graph.make(("Mine",), {})
    with pytest.raises(Refused, match="not empty: it holds 1 nodes and 0 relationships"):
        importing()
    assert not creating(graph)


def test_a_target_that_is_not_empty_is_taken_when_told(graph, importing):
    graph.make(("Mine",), {"a": 1})
    mine = Counter(graph.nodes.values())
    importing(allow_existing=True)
    assert graph.contents == (EVERYTHING[0] + mine, EVERYTHING[1])


@pytest.mark.parametrize(
    ("limits", "words"),
    [(Limits(6, None), "7 nodes; .* holds 6"), (Limits(7, 5), "6 relationships; .* holds 5")],
)
def test_an_export_that_the_tier_does_not_hold_is_refused(graph, tmp_path, limits, words):
    with writer(graph, tmp_path) as one:
        with pytest.raises(Refused, match=words):
            one.check_target(TOTALS, limits)
        one.check_target(TOTALS, Limits(7, 6))


def test_what_is_there_counts_towards_the_limits(graph, tmp_path):
    graph.make(("Mine",), {})
    with (
        writer(graph, tmp_path, allow_existing=True) as one,
        pytest.raises(Refused, match="7 nodes beside 1"),
    ):
        one.check_target(TOTALS, Limits(7, 6))


def test_the_journal_of_another_export_is_refused(importing):
    importing()
    with pytest.raises(Refused, match="belongs to export export-1, and this is export-2"):
        importing(export_id="export-2")


def test_the_journal_of_another_database_is_refused(graph, importing):
    importing()
    graph.store = "store-2"
    with pytest.raises(Refused, match="belongs to database store-1"):
        importing()


def test_nothing_is_written_before_the_target_was_checked(graph, tmp_path):
    with writer(graph, tmp_path) as one, pytest.raises(RuntimeError):
        one.write_nodes(0, NODES[0])


def test_two_processes_cannot_import_with_one_journal(graph, tmp_path):
    with writer(graph, tmp_path), pytest.raises(Refused, match="Another process"):
        writer(graph, tmp_path)


def test_a_relationship_without_its_end_is_refused_by_name(graph, tmp_path):
    with writer(graph, tmp_path) as one:
        one.check_target(TOTALS)
        one.write_nodes(0, NODES[0])
        with pytest.raises(Permanent, match=r"Relationship 70000 .* node 11"):
            one.write_relationships(1, RELATIONSHIPS[1])


@pytest.mark.parametrize(
    "record", [b"", b"\x92\x01\x90", b"\x93\xc9\x01", b"\x93\x01\x91", b"\x01"]
)
def test_a_record_that_is_none_is_refused_by_number(graph, tmp_path, record):
    with writer(graph, tmp_path) as one:
        one.check_target(TOTALS)
        with pytest.raises(Permanent, match="Record 1 is not a node"):
            one.write_nodes(0, [NODES[0][0], record])


# --- somebody else writes -------------------------------------------------------------------------


def test_foreign_nodes_are_noticed_at_the_end_of_a_part(graph, tmp_path):
    with writer(graph, tmp_path) as one:
        one.check_target(TOTALS)
        one.write_nodes(0, NODES[0])
        graph.make(("Person",), {"name": "Eve"})
        with pytest.raises(Refused, match=r"holds 8 nodes and 0 .* must hold 7"):
            one.write_nodes(1, NODES[1])
    assert len(graph.nodes) == 8


def test_a_node_that_vanished_is_noticed_before_relationships_are_lost(graph, tmp_path):
    with writer(graph, tmp_path) as one:
        one.check_target(TOTALS)
        for part, records in enumerate(NODES):
            one.write_nodes(part, records)
        del graph.nodes[next(id_ for id_, found in graph.nodes.items() if not found[0])]
        with pytest.raises(Refused, match=r"made \d of \d relationships"):
            one.write_relationships(0, RELATIONSHIPS[0])


def lose_one_answer(graph, importing, word="CREATE (n"):
    """Die after a batch took effect and before anybody knew."""

    def die(query):
        if word in query:
            graph.fate.dies_at = graph.fate.steps + 2

    graph.meanwhile = die
    with pytest.raises(Killed):
        importing()
    graph.meanwhile = lambda _: None
    graph.fate.revive()


def test_counts_that_fit_no_batch_are_refused_with_the_numbers_and_nothing_is_deleted(
    graph, importing
):
    lose_one_answer(graph, importing)
    there = dict(graph.nodes)
    graph.nodes[100] = graph.nodes[101] = graph.nodes[102] = (("Person",), b"\xa0")
    with pytest.raises(Refused, match=r"holds \d nodes and 0 .* Nothing was deleted") as refused:
        importing()
    assert str(len(graph.nodes)) in str(refused.value)
    assert set(graph.nodes) == {*there, 100, 101, 102}


def test_foreign_nodes_of_the_right_number_and_with_other_labels_are_not_deleted(graph, importing):
    """The counts fit by chance; the labels show that these are not ours."""
    lose_one_answer(graph, importing)
    for id_ in graph.nodes:
        graph.nodes[id_] = (("Foreign",), b"\xa0")
    there = dict(graph.nodes)
    with pytest.raises(Refused, match="Nothing was deleted"):
        importing()
    assert graph.nodes == there


def test_relationships_whose_counts_fit_no_batch_are_refused_as_well(graph, importing):
    lose_one_answer(graph, importing, "CREATE (a)")
    graph.relationships.append(("FOREIGN", b"\xa0", 0, 0))
    there = list(graph.relationships)
    with pytest.raises(Refused, match=r"in doubt is: 2 relationships. That does not add up"):
        importing()
    assert graph.relationships == there


def test_a_deletion_that_was_cut_short_is_not_gone_on_with_beside_foreign_nodes(
    graph, importing, monkeypatch
):
    """A freed id may have been given to somebody else's node meanwhile."""
    monkeypatch.setattr("pulumi_neo4j_aura.graph.target._SOME", 1)
    lose_one_answer(graph, importing)
    lose_one_answer(graph, importing, "DELETE")
    there = {**graph.nodes, 50: (("Person",), b"\xa0")}
    graph.nodes[50] = there[50]
    with pytest.raises(Refused, match=r"does not add up, .* Nothing was deleted"):
        importing()
    assert graph.nodes == there


def test_beside_existing_data_nothing_is_ever_deleted(graph, importing):
    """Nodes of a lost batch cannot be told from those that others may have made."""
    graph.make(("Person",), {"name": "Mine"})
    lose_one_answer(graph, lambda: importing(allow_existing=True))
    there = dict(graph.nodes)
    with pytest.raises(Refused, match="nothing was deleted"):
        importing(allow_existing=True)
    assert graph.nodes == there


def test_beside_existing_data_relationships_are_settled_by_counting(graph, importing):
    graph.make(("Mine",), {"a": 1})
    mine = Counter(graph.nodes.values())
    lose_one_answer(graph, lambda: importing(allow_existing=True), "CREATE (a)")
    importing(allow_existing=True)
    assert graph.contents == (EVERYTHING[0] + mine, EVERYTHING[1])


# --- trouble on the way ---------------------------------------------------------------------------


@pytest.mark.parametrize("most_rows", [1, 2, 3])
def test_batches_that_are_too_large_for_the_server_are_halved(graph, importing, most_rows):
    graph.most_rows = most_rows
    importing(sizes=Sizes())
    assert graph.contents == EVERYTHING


def test_a_server_that_bears_no_single_row_is_given_up(graph, importing):
    graph.most_rows = 0
    with pytest.raises(Transient) as raised:
        importing()
    assert raised.value.reason == MEMORY


def test_a_server_that_comes_back_within_a_minute_is_waited_for(graph, importing):
    """Each pause is longer than the one before; after the last the error is passed on."""
    slept: list[float] = []
    away = [Transient("away")] * 9

    def fail(query):
        if "CREATE" in query and away:
            raise away.pop()

    graph.meanwhile = fail
    importing(sleep=slept.append)
    assert graph.contents == EVERYTHING
    assert {1.0, 2.0} < set(slept)


@pytest.mark.parametrize(
    "error",
    [
        Transient("deadlock", reason=DEADLOCK),
        Transient("memory", reason=MEMORY),
        LostAnswer("lost"),
    ],
    ids=["deadlock", "memory", "lost"],
)
def test_a_failure_at_any_step_leaves_no_trace(tmp_path, error):
    """Of a request, before or after it took effect; the import goes on in the same process."""
    number = 0
    while True:
        number += 1
        graph = FakeGraph()
        graph.fate.fails[number] = error
        with writer(graph, tmp_path / str(number)) as one:
            import_all(one)
        assert graph.contents == EVERYTHING, number
        if graph.fate.fails:
            break
    assert number > 50


def test_an_export_that_breaks_off_leaves_what_was_sent_before(graph, tmp_path):
    """Whatever the reader of the export raises: nothing of that needs to be done again."""

    def breaking():
        yield from NODES[0][:1] + NODES[0][3:]
        raise OSError("the disk is gone")

    with writer(graph, tmp_path) as one:
        one.check_target(TOTALS)
        with pytest.raises(OSError, match="gone"):
            one.write_nodes(0, breaking())
        assert len(graph.nodes) == 2
    graph.queries.clear()
    with writer(graph, tmp_path) as one:
        import_all(one)
    assert graph.contents == EVERYTHING
    assert "SHOW TRANSACTIONS" not in " ".join(graph.queries), "nothing was in doubt"


def test_a_transaction_that_stays_open_is_not_waited_for_for_ever(graph, importing):
    """Nor is the wait begun again: it was long enough."""
    lose_one_answer(graph, importing)
    graph._late.append(lambda: None)
    graph.late_after = 1_000_000
    slept: list[float] = []
    with pytest.raises(TimedOut, match="still runs"):
        importing(sleep=slept.append)
    assert 100 < sum(slept) < 200
