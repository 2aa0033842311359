import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain import naming

OWNER = naming.owner("acme", "shop", "dev", "Instance", "orders")
PARTS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), min_size=1
)


@pytest.mark.parametrize(
    ("name", "pending"),
    [
        ("orders", "orders~0123abcd"),
        ("Orders Staging", "orders-staging~0123abcd"),
        ("--orders--", "orders~0123abcd"),
        ("a" * 40, "a" * 21 + "~0123abcd"),
        ("orders-of-the-whole-company", "orders-of-the-whole-c~0123abcd"),
        ("twenty-one-characters-", "twenty-one-characters~0123abcd"),
        ("abcdefghijklmnopqrst uvw", "abcdefghijklmnopqrst~0123abcd"),
        ("Ünïcødé", "n-c-d~0123abcd"),
        ("数据库", "instance~0123abcd"),
        ("~~~", "instance~0123abcd"),
        ("", "instance~0123abcd"),
    ],
)
def test_a_pending_name_is_a_slug_and_the_owner(name, pending):
    """What people see in the Aura Console while an instance is being created."""
    assert naming.pending(name, "0123abcd") == pending


@given(st.text())
def test_a_pending_name_always_fits_whatever_the_name(name):
    """Aura takes at most 30 characters; a slug is ASCII and never begins or ends with a hyphen."""
    pending = naming.pending(name, OWNER)
    slug = pending.removesuffix(f"~{OWNER}")

    assert len(pending) <= naming.LONGEST_NAME
    assert pending.isascii()
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slug == slug.strip("-") != ""


@given(st.text(), PARTS, PARTS)
def test_a_pending_name_is_recognised_by_its_owner_and_no_other(name, mine, others):
    """Whoever else looks at the project never takes it for its own lost create."""
    owner, other = naming.owner(*mine), naming.owner(*others)
    pending = naming.pending(name, owner)

    assert naming.pending_for(pending, owner)
    assert naming.pending_for(pending, other) == (owner == other)


@given(st.text())
def test_no_acceptable_name_is_ever_taken_for_a_pending_one(name):
    """A name that passes the rules cannot look like anybody's unfinished create."""
    if naming.problem(name) is None:
        assert not naming.pending_for(name, OWNER)
        if re.fullmatch("[0-9a-f]{8}", name[-8:]):  # no owner is anything else
            assert not naming.pending_for(name, name[-8:])


@given(st.text())
def test_every_pending_name_is_refused_as_a_declared_name(name):
    """Else a finished instance would look like an orphan."""
    assert "pending name" in (naming.problem(naming.pending(name, OWNER)) or "")


@given(PARTS, PARTS)
def test_an_owner_stands_for_its_parts_and_their_borders(mine, others):
    """Eight hexadecimal digits, the same on every machine, other for other parts."""
    assert naming.owner(*mine) == naming.owner(*mine)
    assert len(naming.owner(*mine)) == 8
    assert set(naming.owner(*mine)) <= set("0123456789abcdef")
    assert (naming.owner(*mine) == naming.owner(*others)) == (mine == others)


def test_an_owner_never_changes_between_releases():
    """A pinned value: another one would make every lost create unfindable after an upgrade."""
    assert OWNER == "515b96a6"


def test_parts_of_an_owner_do_not_run_into_each_other():
    """`ab` + `c` is another resource than `a` + `bc`."""
    assert naming.owner("ab", "c") != naming.owner("a", "bc")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "must not be empty"),
        ("a" * 31, "has 31 characters; Aura allows at most 30"),
        ("数" * 31, "has 31 characters; Aura allows at most 30"),
        (" orders", "must not begin or end with a blank"),
        ("orders ", "must not begin or end with a blank"),
        ("\torders", "must not begin or end with a blank"),
        (" ", "must not begin or end with a blank"),
        ("orders~0123abcd", "eight hexadecimal digits"),
    ],
)
def test_a_name_that_aura_or_we_refuse_is_told_with_the_rule(name, reason):
    """The sentence says what is allowed, so that nobody has to look it up."""
    assert reason in (naming.problem(name) or "")


@pytest.mark.parametrize(
    "name",
    ["o", "a" * 30, "数" * 30, "two words", "orders~dev", "orders~0123abc", "orders~0123ABCD"],
)
def test_names_that_aura_allows_are_allowed(name):
    """One to thirty characters of any script; only the exact pending mark is ours."""
    assert naming.problem(name) is None
