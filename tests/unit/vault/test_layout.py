"""Names come from people: whatever they are, an export lies below the vault and can be found."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.vault import layout
from pulumi_neo4j_aura.vault.store import checked_key

WHEN = datetime(2026, 3, 29, 1, 30, 7, tzinfo=UTC)
ID = "ab12cd34"
COPY = "0d6ea1b8-6d5e-4d7a-9c2f-5a3f1f0e9b11"

#: What has climbed out of folders, ended strings or confused terminals before.
HOSTILE = (
    "",
    ".",
    "..",
    "../../etc/passwd",
    "/absolute",
    "C:\\Windows\\system32",
    "a\x00b",
    "line\nbreak\r\x1b[2J",
    "\u202egnp.exe",
    "\u200b",
    "🦀",
    "🦀🦀",
    "👩\u200d💻 team",
    "\ud800",
    "データベース" * 20,
    "ü" * 30,
    "-",
    "--",
    "~",
    " blank ",
    "a" * 500,
    "con",
    "%2e%2e%2f",
    "nodes*?<>|",
)

#: An id as Aura makes them, and what else might be taken for one.
ids = st.one_of(st.text(alphabet="ab-_/", max_size=4), st.sampled_from(HOSTILE))
names = st.one_of(st.text(max_size=80), st.sampled_from(HOSTILE))


def folder(name=ID, copy=COPY, *, instance=ID, moment=WHEN):
    return layout.export_folder(instance, name, moment, copy)


# --- any name at all ------------------------------------------------------------------------------


@given(name=names)
def test_any_name_stays_one_segment_that_every_store_takes(name):
    """Not empty, no separator, no climbing, nothing invisible, short enough for a file's name."""
    made = layout.segment(name)

    assert checked_key(made) == made
    assert "/" not in made
    assert not set(made) & set('\\:*?"<>|%~')
    assert len(made.encode()) <= 100


@given(first=names, second=names)
def test_different_names_never_meet(first, second):
    """Also where what differs is left out of the file's name, or lies behind where it is cut."""
    assert (layout.segment(first) == layout.segment(second)) == (first == second)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_was_made_for_another_one_is_not_taken_as_it_is(name):
    """An instance that is called like the folder of another one gets a folder of its own."""
    made = layout.segment(name)

    assert layout.segment(made) != made or made == name


@given(instance=names, name=names, copy=names)
def test_an_export_lies_below_the_vault_whatever_it_is_called(instance, name, copy):
    """Four segments for the manifest: that is how a listing finds it."""
    key = f"{layout.export_folder(instance, name, WHEN, copy)}/{layout.MANIFEST}"

    assert checked_key(key).count("/") == 3
    assert len(key.encode()) < 500


@given(instances=st.tuples(ids, ids), name=names)
def test_a_folder_is_of_one_instance_only(instances, name):
    """Also of ids with a hyphen, the one beginning with the other."""
    mine, other = instances
    made = folder(name, instance=mine).split("/")[1]

    assert layout.of_instance(made, mine)
    assert layout.of_instance(made, other) == (mine == other)


@given(copies=st.tuples(ids, ids))
def test_a_folder_is_of_one_copy_only(copies):
    """Whatever its time."""
    mine, other = copies
    made = folder(copy=mine).split("/")[2]

    assert layout.of_copy(made, mine)
    assert layout.of_copy(made, other) == (mine == other)


def test_ids_that_begin_alike_are_different_instances():
    """`ab` and `ab-cd`: the hyphen between id and name must not be taken for one of the id's."""
    assert not layout.of_instance(folder("x", instance="ab-cd").split("/")[1], "ab")
    assert not layout.of_instance(folder("cd-x", instance="ab").split("/")[1], "ab-cd")


# --- readable -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["orders", "Orders_2026.v2", "bücher", "データ", COPY, ID])
def test_an_ordinary_name_is_kept_as_it_is(name):
    """Ids, umlauts and other scripts too."""
    assert layout.segment(name) == name


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("My orders!", "My-orders-"),
        ("../../etc/passwd", "etc-passwd-"),
        ("👩\u200d💻 team", "team-"),
        ("ü" * 40, "ü" * 30 + "-"),
    ],
)
def test_what_is_left_of_a_name_stays_readable(name, beginning):
    """Letters and digits are kept, in one piece; the mark comes behind."""
    assert layout.segment(name).startswith(beginning)


def test_a_person_finds_an_export_without_the_tool():
    """Id, name and time stand in the path."""
    assert folder("orders") == f"exports/ab12cd34-orders/20260329T013007Z-{COPY}"
    assert layout.file_folder(ID, "orders", WHEN, "c1") == (
        "files/ab12cd34-orders/20260329T013007Z-c1"
    )


def test_times_are_written_in_utc():
    """Across the hour that summer time repeats, names sort as the moments do."""
    berlin = timezone(timedelta(hours=2))
    assert folder(moment=WHEN.astimezone(berlin)) == folder(moment=WHEN)

    hours = [folder(moment=WHEN + timedelta(hours=n)) for n in range(30)]
    assert all(earlier < later for earlier, later in pairwise(hours))


PLACES = (
    *(layout.VAULT, layout.EXPORTS, layout.FILES, layout.MANIFEST, layout.JOURNAL, layout.LEASE),
    *(layout.POLICIES, layout.HOLDS, layout.INTENTS),
    *(each.rpartition("/")[2] for each in (layout.CATALOG, layout.OBSERVED, layout.PAST)),
)


@pytest.mark.parametrize("place", PLACES)
def test_the_reference_names_every_place(place):
    """Whoever looks into a vault finds there what each of them is."""
    page = Path(__file__).parents[3] / "docs" / "reference" / "vault.md"
    shown = page.read_text().split("```")[1]

    assert place in shown
