"""What every store promises: the same tests on a folder, in memory, on real S3 and real Azure."""

import hashlib
import os
import secrets
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Forbidden,
    NotFound,
    Permanent,
    Refused,
    Transient,
)
from pulumi_neo4j_aura.vault import removal
from pulumi_neo4j_aura.vault import store as store_module
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.exports import made_export
from support.object_stores import free_ports, place_of
from support.proxies import running_proxy

MB = 1 << 20
CLOUDS = ("s3", "azure")


@pytest.fixture(params=CLOUDS)
def place(request):
    """A bucket on a real server."""
    return place_of(request.param, request)


def keys(store, prefix=""):
    return sorted(each.key for each in store.list(prefix))


def uploaded(store, key, data):
    with store.upload(key) as file:
        file.write(data)


# --- create-only ----------------------------------------------------------------------------------


def test_what_is_there_is_never_created_again(store):
    """The second one is told so, and the first one's bytes stay."""
    assert store.create("a/manifest.json", b"first")
    assert not store.create("a/manifest.json", b"second")
    assert store.get("a/manifest.json") == b"first"


def test_of_many_creators_exactly_one_wins(store):
    """And what lies there is the winner's, whole."""
    start = Barrier(16)

    def create(number):
        start.wait()
        return store.create("race/manifest.json", b"%d" % number * 1000)

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(create, range(16)))
    assert won.count(True) == 1
    assert store.get("race/manifest.json") == b"%d" % won.index(True) * 1000


def test_put_writes_over_what_is_there(store):
    """For what can be made again only, such as the catalog."""
    store.put("catalog/exports.json", b"long before")
    store.put("catalog/exports.json", b"now")

    assert store.get("catalog/exports.json") == b"now"
    assert store.size("catalog/exports.json") == 3


# --- uploads and downloads ------------------------------------------------------------------------


def test_an_upload_appears_when_its_block_ends_well(store):
    """Not before: nobody sees half a part."""
    with store.upload("a/part") as file:
        file.write(b"one ")
        assert keys(store) == []
        file.write(b"two")

    assert store.get("a/part") == b"one two"


@pytest.mark.parametrize("size", [10, 18 * MB], ids=["small", "beyond memory"])
def test_a_broken_block_leaves_nothing(store, size):
    """Its own error comes through."""

    def write():
        with store.upload("a/part") as file:
            file.write(bytes(size))
            raise LookupError("the database is gone")

    with pytest.raises(LookupError, match="database is gone"):
        write()
    assert keys(store) == []


def test_a_broken_block_leaves_an_older_object_as_it_was(store):
    """Nothing is truncated in advance."""
    store.put("a/part", b"older")

    def write():
        with store.upload("a/part") as file:
            file.write(b"new")
            raise LookupError

    with pytest.raises(LookupError):
        write()
    assert store.get("a/part") == b"older"


@pytest.mark.parametrize("size", [0, 1, 20 * MB + 1], ids=["0 B", "1 B", "20 MiB, in pieces"])
def test_what_was_uploaded_is_read_again(store, size):
    """In one go and in chunks, in order, to the byte."""
    data = secrets.token_bytes(size)
    uploaded(store, "a/part", data)

    digest = hashlib.sha256()
    pieces = 0
    for piece in store.chunks("a/part"):
        digest.update(piece)
        pieces += 1
    assert digest.digest() == hashlib.sha256(data).digest()
    assert store.get("a/part") == data
    assert store.size("a/part") == size
    assert [each.size for each in store.list("a")] == [size]
    assert size < 2 * MB or pieces > 2 or store.url == "memory://"


def test_a_download_may_be_given_up(store):
    """Whoever saw enough closes it, and goes on with others."""
    uploaded(store, "a/part", bytes(5 * MB))

    reading = store.chunks("a/part")
    assert next(reading)
    reading.close()
    assert store.size("a/part") == 5 * MB


# --- absent ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "size", "chunks"])
def test_what_is_not_there_is_said_to_be_absent(store, method):
    """With the store's URL and the key."""
    store.put("a/b/c", b"a folder is no object")

    for key in ("a/other", "a/b", "nowhere/x"):
        with pytest.raises(NotFound) as caught:
            consumed(getattr(store, method)(key))
        assert caught.value.message == f"There is no {store.url.rstrip('/')}/{key}."


def consumed(found):
    return list(found) if hasattr(found, "__next__") else found


def test_nothing_below_a_folder_that_is_not_there(store):
    """An empty vault is no error."""
    assert keys(store) == []
    assert keys(store, "exports") == []
    assert store.folders("exports") == ()


def test_deleting_what_is_not_there_is_fine(store):
    """A deletion that was cut short is run again."""
    store.put("a/b", b"1")
    store.delete("a/b")
    store.delete("a/b")
    store.delete("never/was")

    assert keys(store) == []


# --- listings -------------------------------------------------------------------------------------


def test_listings_go_by_whole_segments(store):
    """`exports/ab` is not the beginning of `exports/abc`."""
    for key in ("e/ab/1", "e/ab/deep/2", "e/abc/3", "e/file", "other/4"):
        store.put(key, b"x")

    assert keys(store, "e/ab") == keys(store, "e/ab/") == ["e/ab/1", "e/ab/deep/2"]
    assert keys(store, "e") == ["e/ab/1", "e/ab/deep/2", "e/abc/3", "e/file"]
    assert keys(store, "e/a") == []
    assert store.folders("e") == ("ab", "abc")
    assert store.folders("e/ab") == ("deep",)
    assert len(keys(store)) == 5


def test_a_listing_says_size_and_time(store):
    """The time decides what is abandoned, so it has a zone and is about now."""
    store.put("a/b", b"123")

    (entry,) = store.list("a")
    assert (entry.key, entry.size) == ("a/b", 3)
    assert abs(entry.modified - datetime.now(UTC)) < timedelta(minutes=10)


def test_a_long_listing_is_whole(store):
    """Servers answer a thousand objects at a time."""
    expected = [f"many/{number:04d}" for number in range(1100)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: store.put(key, b""), expected))

    assert keys(store, "many") == expected


# --- keys -----------------------------------------------------------------------------------------

ONE_KEY = ("get", "size", "delete", "chunks")

ODD = (
    "e/bücher/データ 🦀",
    "e/a b+c&d=e",
    "e/100%/%41/%2F",
    "e/q?x=1#y",
    "e/[a]{b}~^`|<>*\"';:@$!,()",
    "e/cafe\u0301",
    "e/caf\u00e9",
)


def test_keys_of_any_script_come_back_as_they_were(store):
    """Nothing is decoded, encoded or made the same on the way."""
    for number, key in enumerate(ODD):
        assert store.create(key, b"%d" % number), key

    assert keys(store) == sorted(ODD)
    for number, key in enumerate(ODD):
        assert store.get(key) == b"".join(store.chunks(key)) == b"%d" % number
    for key in ODD:
        store.delete(key)
    assert keys(store) == []


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "..", "../x", "a/../../x", "a/./b", "a//b", "a/", "a\\..\\x", "a\nb",
     "a\x00b", " a", "a/ ", "a\u202eb"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["directory", "memory"])
def test_keys_that_climb_out_are_refused(tmp_path, key, name):
    """By every method, before anything is asked of the store."""
    root = tmp_path / "vault"
    store = open_store(str(root) if name == "directory" else "memory://")
    calls = [
        lambda: store.create(key, b""),
        lambda: store.put(key, b""),
        lambda: uploaded(store, key, b""),
        *(
            lambda m=m: consumed(getattr(store, m)(key))
            for m in ("get", "size", "delete", "chunks")
        ),
    ]
    for call in calls:
        with pytest.raises(Permanent, match="is no key of an object"):
            call()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# --- a vault on it --------------------------------------------------------------------------------


def test_a_vault_works_on_it(store):
    """Claim, probe, commit once, find, sweep, prune, orphans: all of it."""
    vault, made, now = Vault(store), made_export(), datetime.now(UTC)
    assert vault.claim(now) == vault.claim(now)
    vault.probe()
    for each in (made, made_export(marks=("cc", "dd"))):
        for part in each.parts:
            uploaded(store, part.key, b"data")

    assert vault.find(made.export_id) is None
    assert vault.commit(made)
    assert not vault.commit(made_export(marks=("cc", "dd")))
    assert vault.find(made.export_id, made.instance.id) == made
    assert len(vault.orphans(now + timedelta(days=2))) == 2
    assert vault.sweep(made) == 2
    assert [row.manifest for row in vault.exports()] == [made]
    assert [row.manifest for row in vault.exports()] == [made]
    removal.prune(vault, made, "test", now)
    assert vault.exports() == ()
    assert keys(store, "exports") == []


# --- what cannot be told --------------------------------------------------------------------------

METHODS = {
    "create": lambda store: store.create("a/b", b"1"),
    "put": lambda store: store.put("a/b", b"1"),
    "get": lambda store: store.get("a/b"),
    "size": lambda store: store.size("a/b"),
    "list": lambda store: list(store.list("a")),
    "folders": lambda store: store.folders("a"),
    "delete": lambda store: store.delete("a/b"),
    "upload": lambda store: uploaded(store, "a/b", b"1"),
    "pieces": lambda store: uploaded(store, "a/b", bytes(17 * MB)),
    "chunks": lambda store: list(store.chunks("a/b")),
}


@pytest.fixture
def impatient(monkeypatch):
    """A store that is away is asked twice, not for a minute."""
    retries = {"max_retries": 1, "retry_timeout": timedelta(seconds=5)}
    monkeypatch.setattr(store_module, "_RETRIES", retries)


def said_by(method, store, secret):
    """The error of a method that cannot work; never "absent", and always of use to its reader."""
    with pytest.raises(AuraError) as caught:
        METHODS[method](store)
    error = caught.value
    assert not isinstance(error, NotFound), str(error)
    assert store.url in error.message
    assert error.way_out
    chain = [error, error.__cause__, store]
    assert not [each for each in chain[::2] if secret in f"{each} {each!r}"]
    return error


@pytest.mark.parametrize("method", METHODS)
def test_wrong_credentials_are_said_to_be_wrong(place, monkeypatch, method):
    """Not that there is nothing."""
    wrong = "d3JvbmctY2FuYXJ5LXNlY3JldA=="
    store = place.open("x", monkeypatch, **{place.secret_name: wrong})

    error = said_by(method, store, wrong)
    assert isinstance(error, BadCredentials | Forbidden)


@pytest.mark.parametrize("method", METHODS)
def test_a_missing_bucket_is_said_to_be_missing(place, monkeypatch, method):
    """A person must make it: an empty vault is something else."""
    store = replace(place, bucket="no-such-bucket").open("x", monkeypatch)

    error = said_by(method, store, place.secret)
    if place.scheme == "s3" and method in {"create", "put", "upload", "pieces"}:
        assert isinstance(error, Forbidden)  # SeaweedFS's answer, other than AWS's
    else:
        assert f"bucket or container of {store.url} does not exist" in error.message


@pytest.mark.parametrize("method", METHODS)
def test_a_server_that_is_gone_is_transient(place, monkeypatch, impatient, method):
    """Nothing is concluded from silence."""
    store = place.open("x", monkeypatch, **place.at_port(free_ports(1)[0]))

    assert isinstance(said_by(method, store, place.secret), Transient)


def test_a_download_that_breaks_off_is_an_error(place, monkeypatch, impatient):
    """Not a shorter object."""
    prefix = secrets.token_hex(8)
    uploaded(place.open(prefix, monkeypatch), "a/part", secrets.token_bytes(20 * MB))
    with running_proxy(place.port) as proxy:
        store = place.open(prefix, monkeypatch, **place.at_port(proxy.port))
        reading = store.chunks("a/part")
        next(reading)
        proxy.cut()

        with pytest.raises(Transient, match="no usable answer"):
            list(reading)


def test_an_upload_that_breaks_off_leaves_no_object(place, monkeypatch, impatient):
    """And is done again when the server is back, by the same caller."""
    prefix = secrets.token_hex(8)
    with running_proxy(place.port) as proxy:
        store = place.open(prefix, monkeypatch, **place.at_port(proxy.port))
        proxy.cut_after(10 * MB)
        with pytest.raises(Transient):
            uploaded(store, "a/part", secrets.token_bytes(20 * MB))
        assert keys(place.open(prefix, monkeypatch)) == []

        proxy.restore()
        uploaded(store, "a/part", b"once more")
        assert store.get("a/part") == b"once more"


@pytest.mark.parametrize("method", ["create", "put", "delete", "upload", "pieces"])
def test_whoever_may_read_only_is_refused_to_write(seaweedfs, monkeypatch, method):
    """The credentials are good, the right is missing."""
    reader = seaweedfs.reader
    store = seaweedfs.place.open(
        "x", monkeypatch, AWS_ACCESS_KEY_ID=reader.id, AWS_SECRET_ACCESS_KEY=reader.secret
    )

    assert isinstance(said_by(method, store, reader.secret), Forbidden)


# --- a folder -------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path):
    return tmp_path / "vault"


def test_nobody_else_reads_what_is_in_a_folder(root):
    """Neither files nor the folders that are made for them, whatever the umask."""
    before = os.umask(0o022)
    try:
        store = open_store(str(root))
        store.create("a/b/created", b"1")
        store.put("a/c/put", b"1")
        uploaded(store, "d/e/uploaded", bytes(20 * MB))
    finally:
        os.umask(before)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*") if path.is_file()}
    assert modes == {0o600}
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_the_ways_to_name_a_folder_lead_to_the_same_one(root, monkeypatch):
    """A path, a URL, one with encoded blanks, `~`, and relative to where one is."""
    place = root / "with blank ü"
    monkeypatch.setenv("HOME", str(root))
    monkeypatch.chdir(open_dir(root))
    open_store(str(place)).put("a", b"1")

    for name in (
        f"file://{place}",
        place.as_uri(),
        "~/with blank ü",
        "with blank ü",
        "./with blank ü",
    ):
        assert open_store(name).get("a") == b"1"


def open_dir(path):
    path.mkdir(parents=True)
    return path


def test_symbolic_links_that_lead_out_are_not_followed(root, tmp_path):
    """Not for reading, writing, deleting, or listing: what lies there is not the vault's."""
    outside = open_dir(tmp_path / "outside")
    (outside / "b").write_bytes(b"not ours")
    store = open_store(str(root))
    (root / "a").symlink_to(outside)

    for method in METHODS.values():
        with pytest.raises(Refused, match="symbolic link") as caught:
            method(store)
        assert "leads out of" in caught.value.message
    with pytest.raises(Refused):
        keys(store)
    assert [path.name for path in outside.iterdir()] == ["b"]
    assert (outside / "b").read_bytes() == b"not ours"


def test_symbolic_links_within_the_folder_are_a_persons_own_affair(root, tmp_path):
    """And the folder itself may be one: on a bigger disk, say."""
    big = open_dir(tmp_path / "big")
    root.symlink_to(big)
    store = open_store(str(root))
    store.put("real/b", b"1")
    (big / "a").symlink_to(big / "real")

    assert store.get("a/b") == store.get("real/b") == b"1"


@pytest.mark.parametrize("kind", ["file", "unwritable"])
def test_a_folder_that_cannot_be_used_is_said_to_be_unusable(tmp_path, kind):
    """With its name, as something that a person must change."""
    place = tmp_path / "vault"
    if kind == "file":
        place.write_text("a file")
    else:
        place = tmp_path / "proc" / "vault"
        place.parent.symlink_to("/proc")

    with pytest.raises(Permanent, match="vault") as caught:
        open_store(str(place)).put("a", b"1")
    assert caught.value.way_out


ON_A_SMALL_DISK = """
import sys
from pathlib import Path
from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.vault.store import open_store

store = open_store(sys.argv[1])
store.put("older", b"older")
for write in (
    lambda: store.put("a/big", bytes(9 << 20)),
    lambda: store.create("a/big", bytes(9 << 20)),
):
    try:
        write()
    except Refused as error:
        print(error)
with store.upload("a/part") as file:
    file.write(bytes(1 << 20))
try:
    with store.upload("a/big") as file:
        file.write(bytes(20 << 20))
except Refused as error:
    print(error)
print(sorted(each.key for each in store.list()), store.get("older"))
store.put("after", bytes(1 << 20))
print(sorted(each.name for each in Path(sys.argv[1]).rglob("*")))
"""


def test_a_full_disk_is_said_to_be_full_and_leaves_no_half_object(root):
    """Whatever was there before stays, and there is room again afterwards."""
    open_dir(root)
    shell = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=8m none '{root}'"
    if subprocess.run([*shell, mount], capture_output=True, check=False).returncode:
        pytest.skip("there is no way to mount a file system here")
    program = [sys.executable, "-c", ON_A_SMALL_DISK, str(root)]
    done = subprocess.run(
        [*shell, f'{mount} && exec "$0" "$@"', *program],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    *problems, listed, names = done.stdout.splitlines()
    assert len(problems) == 3
    assert all(f"There is no room left for {root}" in each for each in problems)
    assert listed == "['a/part', 'older'] b'older'"
    assert names == "['a', 'after', 'older', 'part']"


# --- URLs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is empty"),
        ("ftp://host/x", "no storage of the kind ftp://"),
        ("https://key:secret@host/x", "must not hold credentials"),
        ("s3://", "s3://"),
        ("s3://key:secret@bucket/x", "must not hold credentials"),
        ("az://container/x", "az://container/x"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(monkeypatch, url, said):
    """Before anything is asked of anybody, and without what may be a secret in it."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "AZURE_", "GOOGLE_"))]:
        monkeypatch.delenv(name)

    with pytest.raises(Permanent, match=said) as caught:
        open_store(url)
    assert caught.value.way_out
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("s3", "AWS_ENDPOINT_URL"),
        ("s3", "AWS_ENDPOINT_URL_S3"),
        ("s3", "AWS_ENDPOINT"),
        ("azure", "AZURE_STORAGE_ENDPOINT"),
    ],
)
def test_a_server_of_ones_own_is_named_by_a_variable(request, monkeypatch, name, variable):
    """Also without TLS, because it was named; docs/reference/vault.md lists them."""
    place = place_of(name, request)
    (usual,) = place.at_port(0)
    monkeypatch.setenv(variable, place.environment[usual])
    for other, value in place.environment.items():
        if other != usual:
            monkeypatch.setenv(other, value)

    assert open_store(f"{place.url}/{secrets.token_hex(8)}").create("a", b"1")


def test_options_go_before_the_environment(seaweedfs, monkeypatch):
    """A second store with other keys in one process."""
    place = seaweedfs.place
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    options = {
        "endpoint": place.environment["AWS_ENDPOINT_URL"],
        "access_key_id": place.environment["AWS_ACCESS_KEY_ID"],
        "secret_access_key": place.secret,
        "region": "us-east-1",
    }
    store = open_store(f"{place.url}/{secrets.token_hex(8)}", options=options)

    assert store.create("a", b"1")
    assert place.secret not in repr(store)
