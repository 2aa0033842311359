import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.graph import id_map
from pulumi_neo4j_aura.graph.id_map import IdMap

IDS = st.one_of(st.integers(0, 50), st.integers(0, 1 << 40), st.just((1 << 63) - 1))


@settings(deadline=None)
@given(st.lists(st.tuples(IDS, st.integers(0, (1 << 63) - 1))), st.lists(IDS), st.integers(1, 6))
def test_it_answers_as_a_dictionary_does(pairs, others, page):
    """In any order, dense or sparse, with ids that come again, however small its pages are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(id_map, "_PAGE", page)
        ids, known = IdMap(), {}
        for old, new in pairs:
            ids.update([(old, new)])
            known[old] = new
    assert len(ids) == len(known)
    assert sorted(ids.new_ids()) == sorted(known.values())
    for old in [*known, *others]:
        assert ids.get(old) == known.get(old)
        assert (old in ids) == (old in known)


def size_of(ids):
    """Bytes of everything in it."""
    pages = [*ids._old, *ids._new, ids._firsts, *ids._firsts, ids._old, ids._new]
    return sum(map(sys.getsizeof, pages))


@pytest.mark.parametrize("distance", [1, 3, 5000, 1 << 24])
@pytest.mark.parametrize("step", [1, 7], ids=["ascending", "interleaved"])
def test_a_node_takes_less_than_32_bytes(distance, step):
    """However far apart the ids are, and in whatever order they come."""
    ids, count = IdMap(), 40_000
    for start in range(step):
        ids.update((number * distance, number) for number in range(start, count, step))
    assert len(ids) == count
    assert size_of(ids) <= 20 * count
