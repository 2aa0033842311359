"""`aura-backup export | import | adopt | clones` against a running Aura, as a user runs them."""

import json
import os
import subprocess
import sys

import pytest

from support.emulator import PRODUCTION_PROJECT_ID
from support.resources import environment
from support.shop import NODES, RELATIONSHIPS

pytestmark = pytest.mark.neo4j


class Ran:
    """What a command printed, and how it ended."""

    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def run(shop, tmp_path):
    """The program itself, in a process of its own."""

    def command(*words, **variables):
        known = environment(shop.databases.emulator.url, tmp_path / "home")
        mine = {key: value for key, value in os.environ.items() if not key.startswith("AURA_")}
        done = subprocess.run(
            [sys.executable, "-m", "pulumi_neo4j_aura.cli", *words],
            env={**mine, **known, "AURA_PROJECT_ID": PRODUCTION_PROJECT_ID, **variables},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return Ran(done)

    return command


def test_a_copy_from_one_instance_into_another(run, shop, tmp_path):
    """Export, look, verify, import: every step with the command line alone."""
    target = str(tmp_path / "vault")
    made = run("export", shop.production, "--target", target, "--snapshot", shop.snapshot)
    assert made.code == 0, made.err
    assert f"{NODES:,} nodes, {RELATIONSHIPS:,} relationships" in made.out
    assert f"{target}/exports/" in made.out
    assert "GB-hours" in made.out
    assert "creating instance aura-export-orders" in made.err
    again = run("export", shop.production, "--target", target, "--json")
    assert (again.code, again.json["made"]) == (0, False)
    export = again.json["export_id"]
    assert run("verify", "--target", target, "--deep").code == 0

    into = shop.databases.create("copy")
    password = shop.databases.passwords[into]
    done = run("import", export, "--target", target, "--into", into, AURA_BACKUP_PASSWORD=password)
    assert done.code == 0, done.err
    assert "its fingerprint is the export's" in done.out
    assert shop.databases.counts(into) == (NODES, RELATIONSHIPS)
    assert password not in done.out + done.err
    other = run("import", export, "--target", target, "--into", shop.production,
                AURA_BACKUP_PASSWORD=shop.databases.passwords[shop.production])  # fmt: skip
    assert other.code == 4
    assert "refused" in other.err
    shop.databases.control.vanish(into)


def test_mistakes_are_one_paragraph_and_a_code(run, shop, tmp_path):
    """No traceback, and nothing is made."""
    target = str(tmp_path / "vault")
    for words, code, told in (
        (("export", "0badcafe", "--target", target), 1, "0badcafe cannot be exported"),
        (("export", shop.production, "--target", target, "--method", "copy"), 1, "no method"),
        (("export", shop.production, "--target", target, "--recipient", "age1x"), 1, "recipient"),
        (("export", shop.production, "--target", "ftp://x"), 1, "ftp"),
        (("import", "x", "--target", target, "--into", shop.production), 1, "no export"),
    ):
        ran = run(*words)
        assert (ran.code, ran.out) == (code, ""), ran.err
        assert told in ran.err
        assert "Traceback" not in ran.err


def test_clones_are_listed_and_young_ones_kept(run, shop):
    """Somebody's export may be reading them; told so, they go."""
    assert "no clone" in run("clones").out
    left = shop.databases.create("aura-export-orders~0123abcd")
    listed = run("clones", "--json").json["clones"]
    assert [each["id"] for each in listed] == [left]
    kept = run("clones", "--remove")
    assert kept.code == 4
    assert "was not deleted" in kept.out
    gone = run("clones", "--remove", "--older-than", "0s")
    assert gone.code == 0, gone.out
    assert f"removed  {left}" in gone.out
    assert "no clone" in run("clones").out


def test_a_dump_of_a_snapshot_is_adopted(run, shop, tmp_path):
    """As if it had been downloaded from the console."""
    path = tmp_path / "orders.dump"
    shop.databases.control.dump_snapshot(shop.snapshot, path)
    target = str(tmp_path / "vault")
    words = ("adopt", str(path), "--target", target, "--instance", shop.production)
    done = run(*words, "--name", "orders", "--json")
    assert done.code == 0, done.err
    assert done.json["export_id"].startswith(f"{shop.production}-file-")
    assert run("verify", "--target", target, "--deep").code == 0
