"""Copies in a bucket, and copies of other people's graphs."""

from datetime import UTC, datetime

import pyrage  # type: ignore[import-untyped] # it has no types
import pytest

from pulumi_neo4j_aura.errors import AuraError
from pulumi_neo4j_aura.execution.exports import filling, verifying
from pulumi_neo4j_aura.execution.exports.verifying import Depth
from pulumi_neo4j_aura.execution.progress import Silent
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES, read_identities
from pulumi_neo4j_aura.vault.vault import Vault
from support.gates import EXPIRED, NO_BUCKET, gate_before
from support.object_stores import seaweedfs
from support.samples import NAMES, NEEDS_SAMPLES, SAMPLES
from support.shop import export

__all__ = ["seaweedfs"]

pytestmark = pytest.mark.neo4j


def test_an_encrypted_copy_in_a_bucket_comes_back(shop, services, seaweedfs, tmp_path, monkeypatch):
    """A real S3 server, reached as users reach it: a URL, and the environment."""
    key = pyrage.x25519.Identity.generate()
    path = tmp_path / "age.key"
    path.write_text(f"{key}\n")
    vault = Vault(seaweedfs.place.open("graphs/aura", monkeypatch))
    vault.claim(services.clock.now())
    made = export(services, vault, shop, recipients=(str(key.to_public()),))
    keys = read_identities(path)
    verdict = verifying.verify(vault.store, made.manifest, Depth.DEEP, keys, Silent())
    assert verdict.sound, verdict

    target = shop.databases.create("copy")
    request = filling.Request(target, made.manifest.export_id, (shop.databases.passwords[target],))
    assert filling.fill(services, request, vault, keys, Silent()).proven
    shop.databases.control.vanish(target)


REFUSALS = {"credentials expire": EXPIRED, "the bucket goes": NO_BUCKET}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_store_that_refuses_within_an_upload_leaves_no_export(
    shop, services, seaweedfs, monkeypatch, name
):
    """The error names the target; when it lets us in again, the same export is made, once."""
    with gate_before(seaweedfs.place.port) as gate:
        around = seaweedfs.place.at_port(gate.port)
        prefix = f"refusals-{name.replace(' ', '-')}"
        vault = Vault(seaweedfs.place.open(prefix, monkeypatch, **around))
        vault.claim(services.clock.now())
        gate.refuse_after(3, REFUSALS[name])
        with pytest.raises(AuraError) as caught:
            export(services, vault, shop)
        assert f"s3://bucket/{prefix}" in str(caught.value)
        assert seaweedfs.place.secret not in str(caught.value)

        gate.let_through()
        assert vault.exports() == ()
        assert export(services, vault, shop).made
        assert len(vault.exports()) == 1
        assert vault.orphans(datetime(2100, 1, 1, tzinfo=UTC)) == ()
    names = [each["name"] for each in shop.databases.control.instances()]
    assert [each for each in names if each.startswith("aura-export")] == []


@NEEDS_SAMPLES
@pytest.mark.parametrize("name", NAMES)
def test_graphs_that_are_not_ours_come_back_the_same(shop, services, vault, name):
    """Their counts, their schema, and every value: the fingerprints are equal."""
    databases = shop.databases
    source = databases.create("theirs")
    answer = databases.put(source, dump=str(SAMPLES / f"{name}.dump"))
    assert answer.status_code == 202, answer.text
    databases.wait(source)
    made = export(services, vault, shop, instance_id=source, snapshot_id=databases.take(source))
    counts = made.manifest.counts
    assert (counts["nodes"], counts["relationships"]) == databases.counts(source)

    target = databases.create("copy")
    request = filling.Request(target, made.manifest.export_id, (databases.passwords[target],))
    assert filling.fill(services, request, vault, NO_IDENTITIES, Silent()).proven
    for each in (source, target):
        databases.control.vanish(each)
