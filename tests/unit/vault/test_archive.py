"""Parts of an export: any records come back, in parts of a bounded size, in constant memory."""

import hashlib
import tracemalloc
from itertools import islice

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.errors import BadCredentials, Permanent, Refused, Transient
from pulumi_neo4j_aura.vault import archive, encryption
from pulumi_neo4j_aura.vault.archive import frames
from pulumi_neo4j_aura.vault.store import open_store
from support import age
from support.archives import EXPORT, FOLDER, parts_of
from support.batches import one_by_one
from support.values import PROPERTIES, node

RECORDS = [node(number, ["A"], {"text": "x" * (number % 50)}) for number in range(2000)]


@pytest.fixture(params=["memory", "folder"])
def store(request, tmp_path):
    return open_store("memory://" if request.param == "memory" else str(tmp_path / "vault"))


@pytest.fixture
def key(tmp_path):
    return age.Key(tmp_path)


def read(store, parts, identities=encryption.NO_IDENTITIES, export_id=EXPORT):
    return [
        record
        for part in parts
        for record in archive.read_part(store, part, export_id=export_id, identities=identities)
    ]


def write(store, records, **options):
    defaults = {"export_id": EXPORT, "recipients": ()}
    batches = one_by_one(records)
    return archive.write_part(store, FOLDER, "nodes", 0, batches, **{**defaults, **options})


# --- round trips ----------------------------------------------------------------------------------


@given(
    st.lists(st.binary(min_size=1, max_size=60) | PROPERTIES.map(lambda each: node(1, [], each)),
             min_size=1, max_size=30),
    st.integers(1, 400),
    st.sampled_from(["nodes", "relationships", "schema"]),
)  # fmt: skip
def test_any_records_come_back_from_parts_of_any_size(records, limit, kind):
    """In order, none twice, none lost; every part but the last is full."""
    store = open_store("memory://")
    parts = parts_of(store, kind, records, limit=limit)
    assert read(store, parts) == records
    assert [part.number for part in parts] == list(range(len(parts)))
    assert sum(part.rows for part in parts) == len(records)
    longest = max(map(len, records)) + frames.LENGTH
    overhead = 400
    assert all(part.plain_bytes < limit + longest + overhead for part in parts)


@given(st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=8),
       st.integers(1, 5000))  # fmt: skip
def test_records_come_out_of_pieces_of_any_size(records, size):
    """However the bytes are cut on their way."""
    header = frames.Header.of(EXPORT, "nodes", 3)
    whole = frames.opening(header) + b"".join(map(frames.framed, records))
    whole += frames.closing(len(records))
    pieces = (whole[at : at + size] for at in range(0, len(whole), size))
    assert list(frames.records(pieces, header)) == records


def test_nothing_to_write_makes_no_object(store):
    """And says so."""
    assert write(store, []) is None
    assert list(store.list()) == []


def test_a_part_says_what_it_is(store):
    """Sizes and digests of both forms are those of the bytes."""
    part = write(store, RECORDS)
    stored = store.get(part.key)
    plain = zstd.decompress(stored)
    assert (part.kind, part.number, part.rows) == ("nodes", 0, len(RECORDS))
    assert (part.stored_bytes, part.plain_bytes) == (len(stored), len(plain))
    assert part.stored_sha256 == hashlib.sha256(stored).hexdigest()
    assert part.plain_sha256 == hashlib.sha256(plain).hexdigest()
    assert part.key.startswith(f"{FOLDER}/nodes-00000-")
    assert part.key.endswith(".pack.zst")
    archive.check_part(store, part)


def test_a_full_part_leaves_the_rest_for_the_next(store):
    """The iterator is not read further than needed."""
    source = iter(RECORDS)
    part = write(store, source, max_plain_bytes=5000)
    assert part.rows < len(RECORDS)
    assert [*read(store, [part]), *source] == RECORDS


def test_two_tries_have_two_objects(store):
    """So that a failed one is never taken for the other."""
    assert write(store, RECORDS).key != write(store, RECORDS).key


@pytest.mark.parametrize("size", [0, (1 << 30) + 1])
def test_a_record_that_no_reader_would_take_is_not_written(store, size):
    """Empty it would end the part; longer than Neo4j can make one it is a mistake."""

    class Long(bytes):
        def __len__(self):
            return size

    with pytest.raises(Refused, match=f"A record of {size} bytes"):
        write(store, [Long()])
    assert list(store.list()) == []


# --- encrypted ------------------------------------------------------------------------------------


def test_an_encrypted_part_comes_back_for_each_recipient(store, tmp_path):
    """And for nobody else."""
    keys = [age.Key(tmp_path, name) for name in ("one", "two")]
    part = write(store, RECORDS, recipients=[each.recipient for each in keys])
    assert part.key.endswith(".pack.zst.age")
    archive.check_part(store, part)
    for each in keys:
        assert read(store, [part], encryption.read_identities(each.file)) == RECORDS
    stranger = encryption.read_identities(age.Key(tmp_path, "stranger").file)
    for identities in (stranger, encryption.NO_IDENTITIES):
        with pytest.raises(BadCredentials, match=part.key):
            read(store, [part], identities)


def test_the_age_program_and_zstd_make_the_plain_form(store, key):
    """Two ordinary programs are enough."""
    part = write(store, RECORDS, recipients=[key.recipient])
    plain = zstd.decompress(age.decrypt(key.file, store.get(part.key)))
    assert hashlib.sha256(plain).hexdigest() == part.plain_sha256


def test_nothing_readable_is_in_an_encrypted_part(store, key):
    """Neither names nor values."""
    secret = b"canary-" * 20
    part = write(store, [node(1, ["Canary"], {"value": secret})], recipients=[key.recipient])
    assert b"anary" not in store.get(part.key)


def test_a_recipient_that_is_none_stores_nothing(store):
    """Refused before anything is read from the database."""
    with pytest.raises(Permanent, match="is no age recipient"):
        write(store, RECORDS, recipients=["age1nonsense"])
    assert list(store.list()) == []


# --- errors of the source -------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 1, 1000])
@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("error", [Transient("the database went away"), KeyboardInterrupt()])
def test_an_error_of_the_source_passes_through_and_stores_nothing(store, key, after, locked, error):
    """The same object, not the archive's idea of it."""

    def failing():
        yield from islice(RECORDS, after)
        raise error

    with pytest.raises(type(error)) as caught:
        write(store, failing(), recipients=[key.recipient] if locked else ())
    assert caught.value is error
    assert list(store.list()) == []


# --- memory ---------------------------------------------------------------------------------------

MANY = 50_000
TEXT = "0123456789" * 100


def many():
    """50 MB that shrink to almost nothing: one piece of an object is many of a part."""
    for number in range(MANY):
        yield node(number, ["A"], {"text": TEXT, "number": number})


@pytest.mark.parametrize("locked", [False, True])
def test_a_part_of_50_megabytes_needs_little_memory(tmp_path, key, locked):
    """Writing, checking and reading alike."""
    store = open_store(str(tmp_path / "vault"))
    identities = encryption.read_identities(key.file)
    tracemalloc.start()
    try:
        part = write(store, many(), recipients=[key.recipient] if locked else ())
        archive.check_part(store, part)
        found = archive.read_part(store, part, export_id=EXPORT, identities=identities)
        count = sum(1 for _ in found)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (count, part.rows) == (MANY, MANY)
    assert part.plain_bytes > 50_000_000
    assert peak < 16 << 20
