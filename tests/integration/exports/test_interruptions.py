"""Whatever dies meanwhile: in the end one complete export, no clone, and nothing left over."""

import itertools
import os
import subprocess
import sys
from typing import Any

import pytest

from pulumi_neo4j_aura.errors import AuraError, OperationFailed, Refused, Transient
from pulumi_neo4j_aura.execution import clones
from pulumi_neo4j_aura.execution.exports import verifying
from pulumi_neo4j_aura.execution.exports.verifying import Depth
from pulumi_neo4j_aura.execution.progress import Silent
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES
from pulumi_neo4j_aura.vault.vault import Vault
from support.databases import REPOSITORY
from support.emulator import PRODUCTION_PROJECT_ID
from support.fakes import Killed
from support.resources import environment
from support.shop import export
from support.stores import Recording

pytestmark = pytest.mark.neo4j


class Killing(Recording):
    """The process dies at its nth call that changes the store (from 1): before it, or behind it."""

    CHANGING = ("upload", "create", "put", "delete")
    at = 0
    behind = False

    def answer(self, method, *args, **options):
        changing = [name for name, _ in self.calls if name in self.CHANGING]
        if not (self.calls[-1][0] in self.CHANGING and len(changing) == self.at):
            return method(*args, **options)
        if not self.behind:
            raise Killed
        return self._died_behind(method, *args, **options)

    def _died_behind(self, method, *args, **options):
        found = method(*args, **options)
        if not hasattr(found, "__enter__"):
            raise Killed
        return _DiesBehind(found)


class _DiesBehind:
    """An upload that is complete when the process dies."""

    def __init__(self, upload):
        self._upload = upload

    def __enter__(self):
        return self._upload.__enter__()

    def __exit__(self, *raised):
        self._upload.__exit__(*raised)
        raise Killed


def over(store: Any) -> Vault:
    """A vault whose store misbehaves."""
    return Vault(store)


def whole(vault, manifest):
    """Complete, with nothing beside it."""
    verdict = verifying.verify(vault.store, manifest, Depth.DEEP, NO_IDENTITIES, Silent())
    assert verdict.sound, verdict
    named = {manifest.key, *(part.key for part in manifest.parts)}
    assert {each.key for each in vault.store.list("exports")} == named


@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
def test_killed_at_every_change_of_the_vault_it_goes_on(shop, vault, tmp_path, behind):
    """One clone for all the tries, and each part once: the run after the last kill finds its way.

    The boundaries are those that the export itself has: the nth run dies at its nth change.
    """
    lines: list[str] = []
    before = {row.id for row in shop.services(tmp_path, lines).client.instances.list()}
    shop.databases.control.reset_requests()
    for number in itertools.count(1):
        killing = Killing(vault.store)
        killing.at, killing.behind = number, behind
        try:
            made = export(shop.services(tmp_path, lines), over(killing), shop)
            break
        except Killed:
            assert number < 40, "it does not come to an end"
    whole(vault, made.manifest)
    assert number > 3
    assert len(shop.databases.control.requests("POST", "/v1/instances")) == 1
    assert {row.id for row in shop.services(tmp_path, lines).client.instances.list()} == before


def killed_before_its(number, command, variables):
    """Run the command; kill -9 it at its nth change of the vault. Whether it came that far."""
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line, _ in enumerate(process.stdout, start=1):
            if line == number:
                process.kill()
                return True
    assert process.returncode == 0
    return False


@pytest.mark.timeout(900)
def test_a_real_process_is_killed_at_each_part_and_the_next_one_goes_on(shop, vault, tmp_path):
    """By kill -9: nothing that Python could catch. One clone, one export, nothing beside it."""
    known = environment(shop.databases.emulator.url, tmp_path / "home")
    mine = {key: value for key, value in os.environ.items() if not key.startswith("AURA_")}
    paths = os.pathsep.join([str(REPOSITORY / "tests"), str(REPOSITORY / "provider")])
    variables = {**mine, **known, "PYTHONPATH": paths}
    words = [vault.store.url, shop.production, shop.snapshot]
    command = [sys.executable, "-m", "support.exporting", *words]
    before = {row["id"] for row in shop.databases.control.instances()}
    shop.databases.control.reset_requests()

    kills = 0
    while killed_before_its(kills + 1, command, variables):
        kills += 1
        assert kills < 40, "it does not come to an end"

    assert kills > 3
    (row,) = vault.exports()
    whole(vault, row.manifest)
    assert len(shop.databases.control.requests("POST", "/v1/instances")) == 1
    assert {row["id"] for row in shop.databases.control.instances()} == before


def test_a_store_that_fails_keeps_the_clone_for_the_next_run(services, shop, vault, tmp_path):
    """Hours of reading are not thrown away; the message says what is kept and how to remove it."""

    class Failing(Recording):
        def answer(self, method, *args, **options):
            uploads = [name for name, _ in self.calls if name == "upload"]
            if self.calls[-1][0] == "upload" and len(uploads) == 2:
                raise Transient("The store is away.")
            return method(*args, **options)

    with pytest.raises(AuraError) as caught:
        export(services, over(Failing(vault.store)), shop)
    (left,) = clones.leftovers(services, PRODUCTION_PROJECT_ID)
    assert left.id in str(caught.value)
    assert "aura-backup clones" in str(caught.value)

    with pytest.raises(Refused, match="may be using it"):
        clones.sweep(services, left)
    made = export(services, vault, shop)
    whole(vault, made.manifest)
    assert clones.leftovers(services, PRODUCTION_PROJECT_ID) == ()


def test_a_store_that_fails_when_all_is_read_back_keeps_the_clone_too(services, shop, vault):
    """Nothing bills on without a word, whatever the moment of the failure."""

    class Unreadable(Recording):
        def answer(self, method, *args, **options):
            if self.calls[-1][0] == "chunks":
                raise Transient("The store is away.")
            return method(*args, **options)

    with pytest.raises(Transient) as caught:
        export(services, over(Unreadable(vault.store)), shop)
    (left,) = clones.leftovers(services, PRODUCTION_PROJECT_ID)
    assert left.id in str(caught.value)
    assert list(vault.exports()) == []

    whole(vault, export(services, vault, shop).manifest)
    assert clones.leftovers(services, PRODUCTION_PROJECT_ID) == ()


def test_a_clone_that_fails_is_deleted_and_told(services, shop, vault):
    """A billed instance in a failed state is of no use to anybody."""
    shop.databases.control.plan_operation("create", ending="failed")
    try:
        with pytest.raises(OperationFailed):
            export(services, vault, shop)
    finally:
        shop.databases.control.clear_operations()
    assert clones.leftovers(services, PRODUCTION_PROJECT_ID) == ()
    assert [each.key for each in vault.store.list("exports")] == []


def test_a_clone_that_aura_will_not_delete_is_told_until_it_is_gone(services, shop, vault):
    """The export exists all the same; the next run deletes the clone."""
    control = shop.databases.control
    fault = control.add_fault("status", "DELETE", None, status=403, reason="forbidden", times=0)
    try:
        with pytest.raises(AuraError):
            export(services, vault, shop)
    finally:
        control.remove_fault(fault)
    assert len(vault.exports()) == 1
    assert len(clones.leftovers(services, PRODUCTION_PROJECT_ID)) == 1

    again = export(services, vault, shop)
    assert not again.made
    assert clones.leftovers(services, PRODUCTION_PROJECT_ID) == ()


def test_two_machines_at_the_same_export_make_one(shop, vault, tmp_path):
    """The second one finds the first one's clone and leaves it alone."""
    first, second = (shop.services(tmp_path / name, []) for name in ("first", "second"))
    seen: list[str] = []

    class Meanwhile(Recording):
        def answer(self, method, *args, **options):
            if self.calls[-1][0] == "upload" and not seen:
                with pytest.raises(Refused) as refused:
                    export(second, vault, shop)
                seen.append(str(refused.value))
            return method(*args, **options)

    made = export(first, over(Meanwhile(vault.store)), shop)
    assert "another machine" in seen[0]
    whole(vault, made.manifest)
