"""No secret is in anything that a command says or leaves behind, whatever goes wrong.

Each secret is one that nothing else looks like. Every command runs well and badly, with tracebacks
on; then everything that was printed and every file that was written is searched, in each spelling
in which a secret could travel.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyrage  # type: ignore[import-untyped] # it has no types
import pytest
import yaml

from support.emulator import PRODUCTION_PROJECT_ID
from support.resources import environment
from support.shop import Shop

pytestmark = pytest.mark.neo4j

CLIENT = "canary-client"
CLIENT_SECRET = "canary/client+secret=4711"
WRONG_SECRET = "canary-wrong-secret-4712"
STORE_SECRET = "canary/store+secret/4713"
WRONG_PASSWORD = "canary-password-4714"
HOOK = "canary-hook-4715"


def spellings(secret: str, user: str = "") -> set[bytes]:
    """As it is, in a URL, in base64 alone and with a user, in hexadecimal."""
    raw = secret.encode()
    forms = {raw, quote(secret, safe="").encode(), base64.b64encode(raw), raw.hex().encode()}
    return forms | ({base64.b64encode(f"{user}:{secret}".encode())} if user else set())


@dataclass
class Watched:
    """Runs commands on one computer and keeps all that they print."""

    shop: Shop
    folder: Path
    key: Path
    printed: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, *words: str, code: Any = None, **variables: Any) -> None:
        """One command, in a process of its own."""
        mine = {key: value for key, value in os.environ.items() if not key.startswith("AURA_")}
        known = environment(self.shop.databases.emulator.url, self.folder / "home")
        known |= {
            "AURA_CLIENT_ID": CLIENT,
            "AURA_CLIENT_SECRET": CLIENT_SECRET,
            "AURA_PROJECT_ID": PRODUCTION_PROJECT_ID,
            "AURA_BACKUP_AGE_IDENTITY_FILE": str(self.key),
            "AURA_DEBUG": "1",
        }
        done = subprocess.run(
            [sys.executable, "-m", "pulumi_neo4j_aura.cli", *words],
            env={**mine, **known, **variables},
            cwd=self.folder,
            capture_output=True,
            timeout=240,
            check=False,
        )
        said = done.stdout + done.stderr
        self.printed[f"{len(self.printed)} {' '.join(words[:3])}"] = said
        assert code is None or done.returncode == code, said.decode()


@pytest.fixture(scope="module")
def watched(shop, tmp_path_factory):
    folder = tmp_path_factory.mktemp("canaries")
    identity = pyrage.x25519.Identity.generate()
    key = tmp_path_factory.mktemp("keys") / "key.txt"
    key.write_text(f"{identity}\n")
    shop.databases.control.add_credential(CLIENT, CLIENT_SECRET)
    return Watched(shop, folder, key), identity


def _policy(watched: Watched, recipient: str, target: str) -> str:
    file = watched.folder / "production.yaml"
    document = {
        "name": "production",
        "instances": {"ids": [watched.shop.production], "project": PRODUCTION_PROJECT_ID},
        "target": target,
        "recipients": [recipient],
        "exports": [{"cron": "0 2 * * SUN", "first": "now"}],
    }
    file.write_text(yaml.safe_dump(document))
    return str(file)


def _succeed(watched: Watched, recipient: str, target: str, password: str) -> None:
    """Each command as it should go."""
    shop = watched.shop
    policy = _policy(watched, recipient, target)
    watched("doctor", "--policy", policy)
    watched("plan", "--policy", policy, "--json")
    watched("apply", "--policy", policy, "--claim", code=0)
    live = ("--method", "live", "--recipient", recipient, "--json")
    to = ("--target", target)
    watched("export", shop.production, *to, *live, AURA_BACKUP_PASSWORD=password, code=0)
    export = f"{shop.production}-{shop.snapshot}"
    watched("status", "--policy", policy, "--json", code=0)
    watched("prune", "--policy", policy)
    watched("verify", *to, "--deep", "--json", code=0)
    watched("ls", *to, "--json", code=0)
    watched("show", export, *to, code=0)
    watched("cat", export, *to, code=0)
    watched("hold", "add", "legal", export, *to, "--reason", "case 4711", code=0)
    watched("clones", "--json", code=0)
    watched("adopt", "--pulumi", str(watched.folder / "adopted.py"), *to, code=0)
    into = shop.databases.create("canaries")
    mine = shop.databases.passwords[into]
    watched("import", export, *to, "--into", into, AURA_BACKUP_PASSWORD=mine, code=0)
    shop.databases.control.vanish(into)
    hooks = {
        "AURA_BACKUP_WEBHOOK": f"http://127.0.0.1:9/{HOOK}?token={HOOK}",
        "AURA_BACKUP_PING": f"http://user:{HOOK}@127.0.0.1:9/{HOOK}",
    }
    watched("watch", "--policy", policy, "--passes", "1", **hooks)


def _fail(watched: Watched, recipient: str, target: str) -> None:
    """Each kind of failure that has a secret near it."""
    shop, control = watched.shop, watched.shop.databases.control
    to = ("--target", target)
    live = ("export", shop.production, *to, "--method", "live")
    watched(*live, "--recipient", recipient, AURA_BACKUP_PASSWORD=WRONG_PASSWORD, code=1)
    export = f"{shop.production}-{shop.snapshot}"
    words = ("import", export, *to, "--into", shop.production)
    watched(*words, AURA_BACKUP_PASSWORD=WRONG_PASSWORD)
    watched("clones", AURA_CLIENT_SECRET=WRONG_SECRET, code=1)
    watched("doctor", *to, AURA_CLIENT_SECRET=WRONG_SECRET)
    watched("clones", AURA_API_URL="http://127.0.0.1:9")
    for kind, more in (("status", {"status": 500}), ("html", {}), ("truncated", {})):
        control.add_fault(kind, "GET", None, times=8, **more)
        watched("status", *to)
        control.clear_faults()
    watched("verify", *to, "--deep", AURA_BACKUP_AGE_IDENTITY_FILE=str(watched.folder / "no"))
    watched("export", shop.production, *to, "--recipient", watched.key.read_text().strip(), code=1)
    store = {"AWS_ACCESS_KEY_ID": "canary", "AWS_SECRET_ACCESS_KEY": STORE_SECRET}
    closed = {**store, "AWS_ENDPOINT": "http://127.0.0.1:9", "AWS_ALLOW_HTTP": "true"}
    watched("ls", "--target", "s3://bucket/aura", "--json", **closed)
    watched("ls", "--target", f"s3://me:{HOOK}@bucket/aura", code=1)
    watched("apply", "--policy", str(watched.folder / "nothing.yaml"), code=1)


def test_nothing_that_is_printed_or_written_has_a_secret_in_it(watched):
    """Outputs, the vault, the journal, the adopted program."""
    one, identity = watched
    target = str(one.folder / "vault")
    password = one.shop.databases.passwords[one.shop.production]
    _succeed(one, str(identity.to_public()), target, password)
    _fail(one, str(identity.to_public()), target)

    needles = {
        "client secret": spellings(CLIENT_SECRET, CLIENT),
        "wrong client secret": spellings(WRONG_SECRET, CLIENT),
        "age identity": spellings(str(identity)),
        "store secret": spellings(STORE_SECRET, "canary"),
        "password": spellings(password, "neo4j"),
        "wrong password": spellings(WRONG_PASSWORD, "neo4j"),
        "hook": spellings(HOOK, "user"),
    }
    written = {str(each): each.read_bytes() for each in one.folder.rglob("*") if each.is_file()}
    where = ("vault/exports/", "vault/journal/", "vault/policies/", "home/", "adopted.py")
    for part in where:
        assert any(part in name and data for name, data in written.items()), part
    assert all(one.printed.values()), "a command said nothing"
    found = [
        (what, name)
        for name, data in {**one.printed, **written}.items()
        for what, forms in needles.items()
        if any(form in data for form in forms)
    ]
    assert found == []
