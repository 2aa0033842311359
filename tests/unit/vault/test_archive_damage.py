"""Damage of every kind is found, named, and never taken for rows."""

import hashlib
import json
from dataclasses import replace

import pytest
from backports import zstd

from pulumi_neo4j_aura.errors import BadCredentials, Damaged
from pulumi_neo4j_aura.vault import archive, encryption
from pulumi_neo4j_aura.vault.archive import frames
from pulumi_neo4j_aura.vault.store import open_store
from support import age
from support.archives import EXPORT, FOLDER, parts_of
from support.values import node, relationship

RECORDS = [node(number, ["A"], {"text": f"text {number * 7919}"}) for number in range(700)]
PERCENTS = range(100)


@pytest.fixture
def store():
    return open_store("memory://")


@pytest.fixture
def key(tmp_path):
    return age.Key(tmp_path)


@pytest.fixture(params=["plain", "encrypted"])
def written(request, store, key):
    """A part, and the identities that open it."""
    to = (key.recipient,) if request.param == "encrypted" else ()
    (part,) = parts_of(store, "nodes", RECORDS, to=to)
    return part, encryption.read_identities(key.file)


def read(store, written, part=None, export_id=EXPORT):
    own, identities = written
    found = archive.read_part(store, part or own, export_id=export_id, identities=identities)
    return list(found)


def describing(part, data):
    """The part as a manifest that fits to these bytes would have it."""
    digest = hashlib.sha256(data).hexdigest()
    return replace(part, stored_bytes=len(data), stored_sha256=digest)


def spoilt(data, percent, how):
    at = len(data) * percent // 100
    if how == "cut":
        return data[:at]
    changed = bytearray(data)
    changed[at] ^= 1 << (percent % 8)
    return bytes(changed)


@pytest.mark.parametrize("how", ["flip", "cut"])
def test_every_changed_or_missing_byte_is_damage(store, written, how):
    """At each hundredth of the object, with the key and without."""
    part, _ = written
    data = store.get(part.key)
    for percent in PERCENTS:
        store.put(part.key, spoilt(data, percent, how))
        with pytest.raises(Damaged, match=part.key) as caught:
            read(store, written)
        assert "another copy of this vault" in caught.value.way_out
        with pytest.raises(Damaged, match=part.key):
            archive.check_part(store, part)


@pytest.mark.parametrize("how", ["flip", "cut"])
def test_damage_that_the_manifest_agrees_with_gives_no_wrong_rows(store, written, how):
    """Digests of the object that were made to fit do not help: those of its content do not."""
    part, _ = written
    data = store.get(part.key)
    found = 0
    for percent in PERCENTS:
        bad = spoilt(data, percent, how)
        store.put(part.key, bad)
        try:
            assert read(store, written, describing(part, bad)) == RECORDS
        except (Damaged, BadCredentials) as error:
            found += part.key in error.message
    assert found >= len(PERCENTS) - 1


def test_bytes_behind_the_end_are_damage(store, written):
    """One, a frame of another part, or as many as fill a piece."""
    part, _ = written
    data = store.get(part.key)
    for more in (b"\x00", data, bytes(2 << 20), zstd.compress(b"x")):
        store.put(part.key, data + more)
        for described in (part, describing(part, data + more)):
            with pytest.raises(Damaged, match=part.key):
                read(store, written, described)


def test_a_missing_object_is_damage_and_no_absence(store, written):
    """The manifest says that it is there."""
    part, _ = written
    store.delete(part.key)
    for look in (lambda: read(store, written), lambda: archive.check_part(store, part)):
        with pytest.raises(Damaged, match="is damaged: it is missing"):
            look()


def test_swapped_objects_are_damage(store, key):
    """Two parts of one export, each in the other's place."""
    for to in ((), (key.recipient,)):
        one, two = parts_of(store, "nodes", RECORDS, limit=20_000, to=to)[:2]
        first, second = store.get(one.key), store.get(two.key)
        store.put(one.key, second)
        written = one, encryption.read_identities(key.file)
        with pytest.raises(Damaged, match=one.key):
            read(store, written)
        with pytest.raises(Damaged, match=r"it is nodes 1 .*, not nodes 0"):
            read(store, written, describing(one, second))
        assert first != second


def test_the_part_of_another_export_is_damage(store, written):
    """Though every digest is right."""
    with pytest.raises(Damaged, match=f"of export {EXPORT}, not nodes 0 of another"):
        read(store, written, export_id="another")


def test_a_part_of_another_kind_is_damage(store, written):
    """Relationships where nodes should be."""
    part, _ = written
    (other,) = parts_of(store, "relationships", [relationship(1, 2, 3, "T", {})])
    with pytest.raises(Damaged, match="relationships 0"):
        read(store, written, replace(other, kind="nodes"))
    assert part.kind == "nodes"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stored_sha256": "0" * 64}, "its SHA-256 is another one"),
        ({"stored_bytes": 5}, "instead of 5"),
        ({"plain_sha256": "0" * 64}, "the SHA-256 of what is in it is another one"),
        ({"plain_bytes": 5}, "more than 5 bytes are in it"),
        ({"plain_bytes": 10**9}, "the SHA-256 of what is in it is another one"),
        ({"rows": 5}, "it has 700 records instead of 5"),
    ],
)
def test_a_manifest_that_says_something_else_is_damage(store, written, changes, said):
    """Each of its facts is compared."""
    part, _ = written
    with pytest.raises(Damaged, match=said) as caught:
        read(store, written, replace(part, **changes))
    assert part.key in caught.value.message


def test_a_wrong_key_is_said_only_of_an_intact_object(store, key, tmp_path):
    """Of a damaged one the damage is said: another key would not help."""
    (part,) = parts_of(store, "nodes", RECORDS, to=(key.recipient,))
    wrong = encryption.read_identities(age.Key(tmp_path, "wrong").file)
    with pytest.raises(BadCredentials, match=part.key):
        read(store, (part, wrong))
    data = store.get(part.key)
    store.put(part.key, spoilt(data, 50, "flip"))
    with pytest.raises(Damaged, match="its SHA-256 is another one"):
        read(store, (part, wrong))


def test_early_rows_come_before_the_check(store, written):
    """Whoever takes only some rows is told nothing about the rest."""
    part, identities = written
    found = archive.read_part(store, part, export_id=EXPORT, identities=identities)
    assert next(found) == RECORDS[0]
    del found


# --- frames that we never write -------------------------------------------------------------------

HEADER = frames.Header.of(EXPORT, "nodes", 0)


def part_of(store, plain, rows=1):
    """An object with these plain bytes, and a part that agrees with them."""
    data = zstd.compress(plain)
    key = f"{FOLDER}/nodes-00000-00.pack.zst"
    store.put(key, data)
    (part,) = parts_of(open_store("memory://"), "nodes", RECORDS[:1])
    digest = hashlib.sha256(plain).hexdigest()
    described = replace(part, key=key, rows=rows, plain_bytes=len(plain), plain_sha256=digest)
    return describing(described, data)


def header(**changes):
    told = {"export_id": EXPORT, "kind": "nodes", "number": 0, "format": 1,
            "fields": ["id", "labels", "properties"], **changes}  # fmt: skip
    text = json.dumps({name: value for name, value in told.items() if value is not None})
    return frames.MAGIC + frames.framed(text.encode())


ONE = frames.framed(RECORDS[0])
END = frames.closing(1)


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        (b"", "cut off"),
        (b"AURA-BACKUP-PACK/2\n" + ONE, "does not begin as a part does"),
        (frames.MAGIC + frames.framed(b"{"), "its header cannot be read"),
        (frames.MAGIC + frames.framed(b"[]"), "its header cannot be read"),
        (frames.MAGIC + frames.closing(0), "its header cannot be read"),
        (header(number=None) + ONE + END, "its header cannot be read"),
        (header(more=1) + ONE + END, "its header cannot be read"),
        (header(number=1) + ONE + END, "it is nodes 1"),
        (header(format=2) + ONE + END, "its format is 2"),
        (header(fields=["id"]) + ONE + END, "its fields are id"),
        (header() + ONE, "cut off"),
        (header() + ONE[:-1], "cut off"),
        (header() + ONE + END[:-1], "cut off"),
        (header() + ONE + ONE + END, "says that it has 1 records and has 2"),
        (header() + END, "says that it has 1 records and has 0"),
        (header() + ONE + END + b"\x00", "something behind its end"),
        (header() + b"\xff\xff\xff\xff" + ONE, "a record of 4294967295 bytes"),
    ],
)
def test_frames_that_make_no_sense_are_damage(store, plain, said):
    """Whoever wrote them, and though all digests fit."""
    with pytest.raises(Damaged, match=said):
        list(archive.read_part(store, part_of(store, plain), export_id=EXPORT))


def test_the_frames_of_these_tests_are_read_when_they_are_right(store):
    """So that the ones above fail for the reason they give."""
    part = part_of(store, header() + ONE + END)
    assert list(archive.read_part(store, part, export_id=EXPORT)) == RECORDS[:1]
