import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain import size

GIGABYTES = st.integers(0, 4096)
UNITS = st.sampled_from(["", "g", "G", "GB", "gb", "Gi", "GiB"])
BLANKS = st.sampled_from(["", " ", "  "])


@given(GIGABYTES, UNITS, BLANKS, BLANKS, BLANKS)
def test_every_spelling_of_a_size_is_the_same_size(count, unit, before, between, after):
    """`8`, `8G`, `8Gi` and ` 8 gb ` are what Aura writes as `8GB`."""
    text = f"{before}{count}{between}{unit}{after}"

    assert size.gigabytes(text) == count
    assert size.canonical(text) == f"{count}GB"


@given(st.text())
def test_a_canonical_size_stays_as_it_is(text):
    """Bringing it into one spelling twice changes nothing more."""
    assert size.canonical(size.canonical(text)) == size.canonical(text)


@pytest.mark.parametrize("text", ["", "GB", "8.5GB", "8MB", "8TB", "-8GB", "8GBs", "8 GB RAM"])
def test_a_text_that_is_no_size_is_left_alone(text):
    """An unknown unit is not guessed at; comparing it with itself still works."""
    assert size.gigabytes(text) is None
    assert size.canonical(text) == text


def test_sizes_are_sorted_by_amount_with_unreadable_ones_last():
    """Not by text, where 16GB comes before 2GB."""
    texts = ["16GB", "odd", "2GB", "512GB", "", "8GB"]
    assert sorted(texts, key=size.sort_key) == ["2GB", "8GB", "16GB", "512GB", "", "odd"]
