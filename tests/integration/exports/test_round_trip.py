"""A real graph goes into a vault and comes back the same, whatever it holds."""

import json
import threading

import pyrage  # type: ignore[import-untyped] # it has no types
import pytest

from pulumi_neo4j_aura.errors import BadCredentials, Refused, Transient
from pulumi_neo4j_aura.execution.exports import filling, verifying
from pulumi_neo4j_aura.execution.exports.verifying import Depth
from pulumi_neo4j_aura.execution.progress import Silent
from pulumi_neo4j_aura.graph.fingerprint import beside
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES, read_identities
from support.emulator import PRODUCTION_PROJECT_ID
from support.shop import NODES, RELATIONSHIPS, export

pytestmark = pytest.mark.neo4j


def alive(services):
    """The ids of all instances: what is billed."""
    return {row.id for row in services.client.instances.list(PRODUCTION_PROJECT_ID)}


def verified(vault, manifest, identities=NO_IDENTITIES, depth=Depth.DEEP):
    return verifying.verify(vault.store, manifest, depth, identities, Silent())


def test_an_export_is_the_snapshot_and_costs_one_clone(services, vault, shop):
    """What was written after the snapshot is not in it; twice is one export; no clone is left."""
    before = alive(services)
    made = export(services, vault, shop)

    assert made.made
    assert made.manifest.counts == {"nodes": NODES, "relationships": RELATIONSHIPS}
    assert made.manifest.snapshot is not None
    assert made.manifest.snapshot.id == shop.snapshot
    assert len(made.manifest.of_kind("nodes")) > 2
    assert alive(services) == before
    assert verified(vault, made.manifest).sound

    shop.databases.control.reset_requests()
    again = export(services, vault, shop)
    assert (again.made, again.manifest) == (False, made.manifest)
    assert shop.databases.control.requests("POST", "/v1/instances") == []
    assert [row.manifest for row in vault.exports()] == [made.manifest]


@pytest.fixture
def key(tmp_path):
    """An age key: where it lies, and its recipient."""
    made = pyrage.x25519.Identity.generate()
    path = tmp_path / "age.key"
    path.write_text(f"{made}\n")
    return path, str(made.to_public())


@pytest.fixture(params=[1, 10**9], ids=["other-process", "this-process"])
def fingerprinting(request, monkeypatch):
    """Where fingerprints are computed."""
    monkeypatch.setattr(beside, "WORTH_A_PROCESS", request.param)


@pytest.mark.usefixtures("fingerprinting")
def test_an_encrypted_export_comes_back_the_same_graph(services, vault, shop, key):
    """Every type of value, every kind of index: the fingerprints are equal, and the schema is."""
    path, recipient = key
    made = export(services, vault, shop, recipients=(recipient,))
    assert all(part.key.endswith(".age") for part in made.manifest.parts)
    with pytest.raises(BadCredentials):
        list(verifying_rows(vault, made.manifest))

    target = shop.databases.create("copy")
    request = filling.Request(target, made.manifest.export_id, (shop.databases.passwords[target],))
    done = filling.fill(services, request, vault, read_identities(path), Silent())

    assert done.proven
    assert shop.databases.counts(target) == (NODES, RELATIONSHIPS)
    assert schema(shop, target) == schema(shop, shop.production)
    other = filling.Request(shop.production, made.manifest.export_id, passwords(shop))
    with pytest.raises(Refused, match=r"not empty|holds"):
        filling.fill(services, other, vault, read_identities(path), Silent())
    shop.databases.control.vanish(target)


def verifying_rows(vault, manifest):
    from pulumi_neo4j_aura.execution.exports import contents  # noqa: PLC0415 - one use

    return contents.rows_of(vault.store, manifest, manifest.parts[0], NO_IDENTITIES)


def passwords(shop):
    return (shop.databases.passwords[shop.production],)


def schema(shop, instance):
    """Every constraint and index by its statement."""
    with shop.databases.driver(instance) as driver:
        indexes = driver.execute_query("SHOW INDEXES YIELD createStatement, state").records
        constraints = driver.execute_query("SHOW CONSTRAINTS YIELD createStatement").records
    return sorted(map(str, [*indexes, *constraints]))


def test_a_running_instance_is_read_live(services, vault, shop):
    """At no cost, and the manifest says that it is not one moment."""
    before = alive(services)
    wishes = {"snapshot_id": "newest", "method": "live", "occasion": "monday"}
    made = export(services, vault, shop, passwords=passwords(shop), **wishes)

    assert not made.manifest.consistent
    assert made.manifest.counts["nodes"] == NODES + 1
    assert alive(services) == before
    again = export(services, vault, shop, passwords=passwords(shop), **wishes)
    assert (again.made, again.manifest.key) == (False, made.manifest.key)


def test_a_fingerprint_whose_process_dies_is_taken_again(services, vault, shop, monkeypatch):
    """The export fails and says why; the next run archives nothing twice and ends it."""
    monkeypatch.setattr(beside, "WORTH_A_PROCESS", 1)
    before = alive(services)
    send = beside.Beside.add_relationships

    def killed_before(one, records):
        one._process.kill()
        send(one, records)

    with monkeypatch.context() as patched:
        patched.setattr(beside.Beside, "add_relationships", killed_before)
        with pytest.raises(Transient, match="computes the fingerprint ended with -9"):
            export(services, vault, shop)
    stored = {each.key for each in vault.store.list("exports")}
    assert stored
    assert [*vault.exports()] == []

    made = export(services, vault, shop)
    assert stored <= {part.key for part in made.manifest.parts}
    assert verified(vault, made.manifest).sound
    assert alive(services) == before


def test_what_is_written_during_a_live_read_does_no_harm(services, vault, shop):
    """It may be in the copy or not; the copy is whole, and says that it is not one moment."""
    ended = threading.Event()

    def go_on_writing():
        with shop.databases.driver(shop.production) as driver:
            while not ended.is_set():
                driver.execute_query("CREATE (:Noise)-[:OF]->(:Noise)")

    writer = threading.Thread(target=go_on_writing)
    writer.start()
    try:
        wishes = {"snapshot_id": "newest", "method": "live", "occasion": "noisy"}
        made = export(services, vault, shop, passwords=passwords(shop), **wishes)
    finally:
        ended.set()
        writer.join()
        with shop.databases.driver(shop.production) as driver:
            driver.execute_query("MATCH (n:Noise) DETACH DELETE n")
    assert not made.manifest.consistent
    assert made.manifest.counts["nodes"] >= NODES + 1
    assert verified(vault, made.manifest).sound


def test_a_wrong_password_is_told_without_it(services, vault, shop):
    """And nothing is left in the vault."""
    wishes = {"snapshot_id": "newest", "method": "live", "passwords": ("canary-secret",)}
    with pytest.raises(BadCredentials) as caught:
        export(services, vault, shop, **wishes)
    assert "canary-secret" not in str(caught.value)
    assert [each.key for each in vault.store.list("exports")] == []


def test_the_password_of_the_source_is_tried_too(services, vault, shop):
    """After a clone nobody knows for sure whose password holds."""
    shop.databases.control.change_switches(overwritten_password="source")
    try:
        made = export(services, vault, shop, passwords=passwords(shop))
    finally:
        shop.databases.control.change_switches(overwritten_password="target")
    assert made.made


def test_no_secret_is_in_the_vault_the_journal_or_the_lines(services, vault, shop, lines, tmp_path):
    """Passwords of clones and instances, and the API's secret."""
    export(services, vault, shop)
    written = "".join(
        path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()
    )
    everything = written + json.dumps(lines)
    for secret in (*passwords(shop), "emulator-secret"):
        assert secret not in everything
    assert "password" not in written.replace("users and their passwords", "")
