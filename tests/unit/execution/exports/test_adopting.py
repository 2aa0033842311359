"""Files that were downloaded from the console become exports of their own."""

import gzip
import hashlib
import tarfile
from datetime import UTC, datetime

import pyrage  # type: ignore[import-untyped] # it has no types
import pytest

from pulumi_neo4j_aura.errors import NotFound, Permanent, Refused
from pulumi_neo4j_aura.execution.exports import verifying
from pulumi_neo4j_aura.execution.exports.adopting import (
    FORMATS,
    FileRequest,
    adopt_file,
    in_utc,
    recognised,
)
from pulumi_neo4j_aura.execution.exports.verifying import Depth
from pulumi_neo4j_aura.execution.progress import Silent
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.clock import FakeClock

MOMENT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@pytest.fixture
def vault(tmp_path):
    made = Vault(open_store(str(tmp_path / "vault")))
    made.claim(MOMENT)
    return made


@pytest.fixture
def dump(tmp_path):
    path = tmp_path / "neo4j-2026.dump"
    path.write_bytes(b"DZV1" + bytes(range(256)) * 5000)
    return path


def adopt(vault, path, **fields):
    request = FileRequest(path, "ab12cd34", "orders", MOMENT, **fields)
    return adopt_file(request, vault, FakeClock(), Silent())


def test_a_dump_lies_in_the_vault_as_it_came(vault, dump):
    """Under the instance's name and the date, so that a person finds it."""
    made = adopt(vault, dump)

    (part,) = made.parts
    assert part.key.startswith("files/ab12cd34-orders/20261120T030000Z-file-")
    assert part.key.endswith(".dump")
    assert vault.store.get(part.key) == dump.read_bytes()
    assert part.plain_sha256 == hashlib.sha256(dump.read_bytes()).hexdigest()
    assert made.moment == MOMENT
    assert "dump (zstd)" in made.tool
    assert [row.manifest for row in vault.exports()] == [made]


def test_the_same_file_again_is_the_same_export(vault, dump):
    """However it is called by then."""
    made = adopt(vault, dump)
    renamed = dump.rename(dump.with_name("another"))
    assert adopt(vault, renamed) == made
    assert len(list(vault.store.list("files"))) == 2


def test_it_is_verified_like_every_export(vault, dump):
    """Deep has nothing to decode in it; a changed byte shows."""
    made = adopt(vault, dump)
    look = lambda depth: verifying.verify(vault.store, made, depth, NO_IDENTITIES, Silent())  # noqa: E731
    assert all(look(depth).sound for depth in Depth)
    vault.store.put(made.parts[0].key, bytes(made.parts[0].stored_bytes))
    assert look(Depth.QUICK).sound
    assert look(Depth.FULL).damaged


def test_an_encrypted_one_opens_to_the_file_as_it_was(vault, dump):
    """With any of the recipients' keys."""
    keys = [pyrage.x25519.Identity.generate() for _ in range(2)]
    made = adopt(vault, dump, recipients=tuple(str(key.to_public()) for key in keys))
    assert made.parts[0].key.endswith(".dump.age")
    for key in keys:
        assert pyrage.decrypt(vault.store.get(made.parts[0].key), [key]) == dump.read_bytes()


@pytest.mark.parametrize(("magic", "found"), FORMATS.items())
def test_a_format_is_told_by_its_first_bytes(tmp_path, magic, found):
    """Names of files lie."""
    path = tmp_path / "holiday.jpg"
    path.write_bytes(magic + b"rest")
    assert recognised(path) == found


def test_a_tar_is_told_by_its_header(tmp_path):
    """As the console's older backups are."""
    path = tmp_path / "backup"
    with tarfile.open(path, "w") as tar:
        tar.add(__file__, "content")
    assert recognised(path) == ("tar", ".tar")


OTHERS = [b"", b"DZ", b"<html>not found</html>", gzip.compress(b"x", mtime=0)]


@pytest.mark.parametrize("content", OTHERS)
def test_what_is_no_copy_of_a_database_is_refused(vault, tmp_path, content):
    """A web page with an error must not be found on the day of the restore."""
    path = tmp_path / "orders.dump"
    path.write_bytes(content)
    with pytest.raises(Refused, match="no dump"):
        adopt(vault, path)
    assert list(vault.store.list("files")) == []


def test_a_file_that_is_not_there_and_a_place_that_is_no_vault(vault, dump, tmp_path):
    """Both are said before anything is read or written."""
    with pytest.raises(Permanent, match="cannot be read"):
        adopt(vault, tmp_path / "none")
    with pytest.raises(NotFound):
        adopt(Vault(open_store(str(tmp_path / "elsewhere"))), dump)


def test_a_time_without_a_zone_is_utc():
    """The command line's times have none."""
    assert in_utc(MOMENT.replace(tzinfo=None)) == MOMENT
    assert in_utc(MOMENT) is MOMENT
