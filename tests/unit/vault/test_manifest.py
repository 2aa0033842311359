"""A manifest is what makes an export exist: it is read strictly, and says what is wrong with it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.errors import AuraError, Damaged, Permanent
from pulumi_neo4j_aura.vault import layout, manifest
from support.exports import COPY, made_export

GOLDEN = Path(__file__).parents[2] / "golden" / "export-manifest.json"
MADE = made_export()
DIGEST = "0" * 64


def content(**changed):
    return json.loads(manifest.to_json(MADE)) | changed


def read(changed, key=MADE.key):
    return manifest.from_json(json.dumps(changed).encode(), key)


def with_part(**changed):
    found = content()
    found["parts"][0] |= changed
    return found


# --- what lies in the vault -----------------------------------------------------------------------


def test_the_bytes_of_a_manifest_never_change():
    """Vaults are read for many years: this file may be added to, and stays readable as it is."""
    assert manifest.to_json(MADE) == GOLDEN.read_bytes()
    assert manifest.from_json(GOLDEN.read_bytes(), MADE.key) == MADE


@given(name=st.text(), counts=st.dictionaries(st.text(), st.integers()))
def test_what_is_written_is_read_again(name, counts):
    """Whatever names people and databases have, and always in the same bytes."""
    odd = replace(MADE, instance=replace(MADE.instance, name=name), counts=counts)
    data = manifest.to_json(odd)

    assert manifest.from_json(data, odd.key) == odd
    assert manifest.to_json(manifest.from_json(data, odd.key)) == data


def test_an_order_of_no_meaning_does_not_show():
    """Two tries that counted in another order write the same bytes."""
    first = replace(MADE, counts={"a": 1, "b": 2})
    second = replace(MADE, counts={"b": 2, "a": 1})

    assert manifest.to_json(first) == manifest.to_json(second)


def test_fields_of_later_versions_are_left_alone():
    """At the top, in a part, in the facts: a later minor version may say more."""
    later = content(colour="blue")
    later["parts"][0]["colour"] = "blue"
    later["instance"]["colour"] = later["snapshot"]["colour"] = "blue"

    assert read(later) == MADE


def test_an_export_says_what_it_is():
    """The time whose data it holds, what it takes, whether a key is needed, parts in order."""
    assert MADE.moment == datetime(2026, 3, 29, 1, 30, 7, tzinfo=UTC)
    assert replace(MADE, snapshot=None).moment == datetime(2026, 3, 29, 2, tzinfo=UTC)
    assert MADE.stored_bytes == 300
    assert MADE.encrypted
    assert not replace(MADE, recipients=()).encrypted
    backwards = replace(MADE, parts=MADE.parts[::-1])
    assert [part.number for part in backwards.of_kind("nodes")] == [0, 1]
    assert MADE.folder == MADE.key.removesuffix("/manifest.json")


# --- a later format -------------------------------------------------------------------------------


def test_a_later_format_is_refused_and_the_way_out_named():
    """It is not damaged, and what it says must not be guessed."""
    with pytest.raises(Permanent, match="export/2, and this version reads") as caught:
        read(content(format="aura-backup/export/2"))

    assert not isinstance(caught.value, Damaged)
    assert "newer version" in caught.value.way_out


# --- damage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (content(format="zip"), "its format is 'zip'"),
        (content(format=None), "its format is None"),
        (content(key="exports/ab-x/t-1/manifest.json"), "written for exports/ab-x/t-1/"),
        (content(export_id="other"), "written for the export other"),
        (content(consistent="no"), "its consistent is 'no'"),
        (content(method=7), "its method is 7"),
        (content(schema=[]), r"its schema is \[\]"),
        (content(counts=None), "its counts is None"),
        (content(recipients=[1]), "its recipients are no texts"),
        (content(recipients=None), "NoneType"),
        (content(parts=None), "NoneType"),
        (content(parts=["nodes"]), "'nodes' stands where"),
        (content(instance=[]), r"\[\] stands where"),
        (content(began_at="yesterday"), "yesterday"),
        (content(completed_at="2026-03-29T02:00:00"), "has no zone"),
        (content(snapshot={"id": "s", "timestamp": "2026-03-29"}), "has no zone"),
        (content(snapshot={"id": "s", "timestamp": 5}), "its timestamp is 5"),
        (content(parts=content()["parts"][:1] * 2), "names an object twice"),
        (with_part(key=MADE.key), "names an object twice"),
        (with_part(key="vault.json"), "not in its folder"),
        (with_part(key="/etc/passwd"), "not in its folder"),
        (with_part(key=f"{MADE.folder}/../other/nodes"), "not in its folder"),
        (with_part(key=f"{MADE.folder}/deeper/nodes"), "not in its folder"),
        (with_part(key=f"{MADE.folder}/.."), "not in its folder"),
        (with_part(key=f"{MADE.folder}/"), "not in its folder"),
        (with_part(key=f"{MADE.folder}/a\n"), "not in its folder"),
        (with_part(key=None), "its key is None"),
        (with_part(rows="many"), "its rows is 'many'"),
        (with_part(rows=True), "its rows is True"),
        (with_part(stored_bytes=-1), "negative"),
        (with_part(stored_sha256="none"), "digests"),
        (with_part(plain_sha256=DIGEST.upper() + "x"), "digests"),
    ],
)
def test_every_damage_is_named(changed, said):
    """With the manifest, what is wrong, and what to do: nothing is repaired by guessing."""
    with pytest.raises(Damaged, match=said) as caught:
        read(changed)

    assert f"Manifest {MADE.key} is damaged" in caught.value.message
    assert "another copy" in caught.value.way_out


@pytest.mark.parametrize("name", [key for key in content() if key not in {"tool", "format"}])
def test_a_manifest_without_a_field_is_damaged(name):
    """Each of those that an export cannot do without is missed by name."""
    cut = content()
    del cut[name]

    with pytest.raises(Damaged, match=name):
        read(cut)


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b"7", b"\xff\xfe\x00", b'{"format"', b"[" * 100_000, b"{}"],
)
def test_what_is_no_manifest_at_all_is_damaged(data):
    """Also what would break a reader of JSON."""
    with pytest.raises(Damaged, match="is damaged"):
        manifest.from_json(data, MADE.key)


def test_a_manifest_cut_anywhere_is_damaged():
    """A disk that filled up, a copy that broke off."""
    whole = manifest.to_json(MADE).rstrip()
    for length in range(0, len(whole), 7):
        with pytest.raises(Damaged):
            manifest.from_json(whole[:length], MADE.key)


@given(at=st.integers(0, len(manifest.to_json(MADE)) - 1), byte=st.integers(0, 255))
def test_one_wrong_byte_is_an_error_of_ours_or_changes_nothing_of_where_parts_lie(at, byte):
    """Never a traceback, and never an object outside the folder."""
    data = bytearray(manifest.to_json(MADE))
    data[at] = byte
    try:
        found = manifest.from_json(bytes(data), MADE.key)
    except AuraError as error:
        assert MADE.key in error.message  # noqa: PT017 - most bytes, not all
    else:
        assert all(part.key.startswith(f"{MADE.folder}/") for part in found.parts)


def test_a_moved_manifest_is_refused():
    """It would vouch for another export's objects, or for the other's existence."""
    elsewhere = made_export(copy_id="another").key

    with pytest.raises(Damaged, match=f"written for {MADE.key}"):
        manifest.from_json(manifest.to_json(MADE), elsewhere)


def test_the_id_of_an_export_is_the_same_for_every_try():
    """It comes from the instance and the copy alone, and a manifest's place says it."""
    assert MADE.export_id == layout.export_id("ab12cd34", COPY) == layout.id_at(MADE.key)
    assert layout.id_at("exports/manifest.json") == ""
    assert layout.id_at("other/a-b/t-c/manifest.json") == ""
