"""Copies of one's own as code: an encrypted export, and environments that are filled from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # it has no types
import pytest

from support.databases import Databases, running_databases
from support.emulator import PRODUCTION_PROJECT_ID
from support.engine import PulumiProject
from support.object_stores import S3Server, seaweedfs
from support.programs import instance, program
from support.resources import environment
from support.samples import NAMES, NEEDS_SAMPLES, SAMPLES

__all__ = ["seaweedfs"]

pytestmark = [pytest.mark.engine, pytest.mark.neo4j]

#: Small enough to be quick, large enough for every kind of node, relationship and index.
NODES, RELATIONSHIPS = 600, 900

_COPY = """
before = aura.Snapshot("before", instance_id=orders.instance_id)
target = aura.ExportTarget("target", url={url!r}, recipients=[{recipient!r}])
copy = aura.Export(
    "copy",
    target=target,
    instance_id=orders.instance_id,
    snapshot_id=before.snapshot_id,
)
for name in ("export_id", "counts", "consistent", "made_by", "manifest"):
    pulumi.export(name, getattr(copy, name))
pulumi.export("vault_id", target.vault_id)
"""


def _outputs(resource: str) -> str:
    """Everything that a person needs to look into an instance."""
    fields = ("instance_id", "password", "provenance")
    return "".join(f'pulumi.export("{each}", {resource}.{each})\n' for each in fields)


def _filled(name: str, source: str) -> str:
    """A program with one instance that is filled from an export."""
    declared = instance("filled", name=f'"{name}"', memory='"1GB"', source=source)
    return program(declared, _outputs("filled"))


@dataclass
class Shop:
    """A production with every type of value in it, and an encrypted export of it."""

    databases: Databases
    root: Path
    project: PulumiProject
    vault: Path
    key: Path
    production: str

    def start(self, name: str, text: str, **variables: str) -> PulumiProject:
        """Another project of the same user on the same machine."""
        root = self.root / name
        root.mkdir()
        project = PulumiProject(root, text, env={**self.project.env, **variables})
        project.init()
        return project

    def snapshot(self) -> str:
        """The snapshot that the export is of."""
        return str(self.project.outputs()["export_id"]).partition("-")[2]

    def remember(self, project: PulumiProject) -> str:
        """The id of a project's instance, whose password is known from now on."""
        found = project.outputs(show_secrets=True)
        self.databases.passwords[found["instance_id"]] = found["password"]
        return str(found["instance_id"])

    def schema(self, instance_id: str) -> list[str]:
        """Every constraint and index by its statement."""
        with self.databases.driver(instance_id) as driver:
            indexes = driver.execute_query("SHOW INDEXES YIELD createStatement, state").records
            rules = driver.execute_query("SHOW CONSTRAINTS YIELD createStatement").records
        return sorted(map(str, [*indexes, *rules]))

    def require_faithful(self, project: PulumiProject) -> str:
        """The project's instance is production as it was exported, and says that it is proven."""
        made = self.remember(project)
        assert self.databases.counts(made) == (NODES, RELATIONSHIPS)
        assert self.schema(made) == self.schema(self.production)
        assert project.outputs()["provenance"]["proven"] is True
        return made

    def files(self) -> list[str]:
        """What lies in the vault."""
        found = (each for each in self.vault.rglob("*") if each.is_file())
        return sorted(str(each.relative_to(self.vault)) for each in found)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Made by two runs of `pulumi up`: production, then a snapshot, the target and the export."""
    root = tmp_path_factory.mktemp("shop")
    identity = pyrage.x25519.Identity.generate()
    key = root / "age.key"
    key.write_text(f"{identity}\n")
    with running_databases() as databases:
        env = environment(
            databases.emulator.url,
            root / "journal",
            AURA_PROJECT_ID=PRODUCTION_PROJECT_ID,
            AURA_BACKUP_AGE_IDENTITY_FILE=str(key),
        )
        project = PulumiProject(root / "main", program(instance(), _outputs("orders")), env=env)
        project.init()
        project.up(skip_preview=True)
        made = Shop(databases, root, project, root / "vault", key, "")
        made.production = made.remember(project)
        graph = {"nodes": NODES, "relationships": RELATIONSHIPS}
        answer = databases.put(made.production, graph=graph)
        assert answer.status_code == 200, answer.text
        copy = _COPY.format(url=str(made.vault), recipient=str(identity.to_public()))
        project.write("__main__.py", program(instance(), _outputs("orders"), copy))
        project.up()
        yield made


def test_an_export_is_made_once_and_costs_no_instance(shop: Shop) -> None:
    """Encrypted, one moment, its clone gone; a second `up` and a refresh see nothing to do."""
    found = shop.project.outputs()
    assert found["counts"] == {"nodes": NODES, "relationships": RELATIONSHIPS}
    assert (found["made_by"], found["consistent"]) == ("clone", True)
    assert found["manifest"] in shop.files()
    parts = [name for name in shop.files() if ".pack" in name]
    assert parts
    assert all(name.endswith(".age") for name in parts)

    shop.databases.control.reset_requests()
    before = shop.files()
    shop.project.up("--expect-no-changes", skip_preview=True)
    shop.project.refresh("--preview-only", "--expect-no-changes")
    changing = shop.databases.control.requests(mutating=True)
    assert [row["path"] for row in changing if not row["path"].endswith("/token")] == []
    assert shop.files() == before


def test_an_environment_is_filled_from_the_export_and_proven(shop: Shop) -> None:
    """The same graph, constraints and indexes; nothing of the keys is in the state; then no drift.

    What is written into it afterwards is its own, also when it is changed in place.
    """
    found = shop.project.outputs()
    source = f"aura.from_export({str(shop.vault)!r}, {found['export_id']!r})"
    project = shop.start("staging", _filled("orders-staging", source))
    shown = project.up().output
    made = shop.require_faithful(project)
    assert shop.databases.shown(made)["name"] == "orders-staging"
    assert "filling orders-staging~" in shown

    project.preview("--expect-no-changes")
    project.refresh("--preview-only", "--expect-no-changes")
    _require_no_secret(shop, project, made, shown)

    shop.databases.write(made, "its own")
    project.write("__main__.py", _filled("orders-renamed", source))
    project.up(skip_preview=True)
    assert shop.databases.shown(made)["name"] == "orders-renamed"
    assert shop.databases.counts(made) == (NODES + 1, RELATIONSHIPS)
    project.up("--expect-no-changes", skip_preview=True)

    before = shop.files()
    project.destroy("--skip-preview")
    assert shop.files() == before


def _require_no_secret(shop: Shop, project: PulumiProject, made: str, shown: str) -> None:
    texts = [shown, json.dumps(project.export())]
    texts += [
        path.read_text(errors="replace")
        for path in project.root.rglob("*")
        if path.is_file() and "home" not in path.parts
    ]
    for secret in (shop.databases.passwords[made], shop.key.read_text().strip()):
        assert all(secret not in text for text in texts)


@pytest.mark.parametrize("stage", ["nodes:", "relationships:"])
def test_a_kill_in_mid_import_is_gone_on_with(shop: Shop, stage: str) -> None:
    """After kill -9 of engine and plugin the next `up` ends with one instance, each row once."""
    name = f"dev-{stage[:5]}"
    source = f"aura.from_export({str(shop.vault)!r}, instance_id={shop.production!r})"
    project = shop.start(name, _filled(name, source))
    with project.start("up", "--yes", "--skip-preview") as running:
        running.wait_until(lambda: f"{stage} " in running.output, timeout=120)
        running.kill()
    begun = [row for row in shop.databases.control.instances() if row["name"].startswith(name)]
    assert [row["name"].startswith(f"{name}~") for row in begun] == [True]

    project.cancel()
    project.up(skip_preview=True)

    made = shop.require_faithful(project)
    live = [row for row in shop.databases.control.instances() if row["name"].startswith(name)]
    assert [(row["id"], row["name"]) for row in live] == [(begun[0]["id"], name)]
    assert made == begun[0]["id"]
    project.up("--expect-no-changes", skip_preview=True)
    project.destroy("--skip-preview")


def test_a_copy_in_a_bucket_fills_an_environment(shop: Shop, seaweedfs: S3Server) -> None:
    """A real S3 server, reached as users reach it: the URL in the program, the keys outside."""
    url, snapshot = f"{seaweedfs.place.url}/graphs/aura", shop.snapshot()
    recipient = str(pyrage.x25519.Identity.from_str(shop.key.read_text().strip()).to_public())
    copy = (
        f"target = aura.ExportTarget('bucket', url={url!r}, recipients=[{recipient!r}])\n"
        f"copy = aura.Export('copy', target=target, instance_id={shop.production!r},\n"
        f"    snapshot_id={snapshot!r})\n"
    )
    project = shop.start("bucket", program(copy), **seaweedfs.place.environment)
    project.up(skip_preview=True)

    filled = instance(
        "filled",
        name='"from-a-bucket"',
        memory='"1GB"',
        source=f"aura.from_export({url!r}, {f'{shop.production}-{snapshot}'!r})",
    )
    project.write("__main__.py", program(copy, filled, _outputs("filled")))
    project.up(skip_preview=True)
    shop.require_faithful(project)

    state = json.dumps(project.export())
    assert seaweedfs.place.secret not in state
    project.destroy("--skip-preview")


@NEEDS_SAMPLES
def test_graphs_that_are_not_ours_come_back_the_same(shop: Shop) -> None:
    """Dumps of other people: into the vault and out of it, by `pulumi up` alone."""
    theirs = [(name, name.replace("-", "_")) for name in NAMES]
    sources = [instance(each, name=repr(name)) for name, each in theirs]
    project = shop.start("theirs", program(*sources, *(_told(each) for _, each in theirs)))
    project.up(skip_preview=True)
    found = project.outputs()
    for name, each in theirs:
        answer = shop.databases.put(found[f"{each}_id"], dump=str(SAMPLES / f"{name}.dump"))
        assert answer.status_code == 202, answer.text
        shop.databases.wait(found[f"{each}_id"])

    recipient = str(pyrage.x25519.Identity.from_str(shop.key.read_text().strip()).to_public())
    url = str(shop.root / "theirs-vault")
    target = f"target = aura.ExportTarget('target', url={url!r}, recipients=[{recipient!r}])\n"
    copies = [_copied_and_filled(name, each, url) for name, each in theirs]
    told = [_told(each) + _told(f"{each}_filled") for _, each in theirs]
    project.write("__main__.py", program(*sources, target, *copies, *told))
    project.up(skip_preview=True)

    found = project.outputs(show_secrets=True)
    for _, each in theirs:
        assert found[f"{each}_filled_provenance"]["proven"] is True
        ids = [found[f"{each}_id"], found[f"{each}_filled_id"]]
        for made, resource in zip(ids, (each, f"{each}_filled"), strict=True):
            shop.databases.passwords[made] = found[f"{resource}_password"]
        before, after = (shop.databases.counts(made) for made in ids)
        assert before == after > (100, 100)
        assert _own(shop.schema(ids[0])) == _own(shop.schema(ids[1]))
    project.up("--expect-no-changes", skip_preview=True)
    project.destroy("--skip-preview")


def _own(schema: list[str]) -> list[str]:
    """Without the indexes that every database of today has, and one of 4.3 has otherwise."""
    return [each for each in schema if "CREATE LOOKUP INDEX" not in each]


def _told(resource: str) -> str:
    fields = {"id": "instance_id", "password": "password", "provenance": "provenance"}
    return "".join(
        f'pulumi.export("{resource}_{short}", {resource}.{field})\n'
        for short, field in fields.items()
    )


def _copied_and_filled(name: str, resource: str, url: str) -> str:
    """A snapshot of an instance, an export of that, and another instance filled from it."""
    return (
        f"before = aura.Snapshot('{resource}-before', instance_id={resource}.instance_id)\n"
        f"copy = aura.Export('{resource}-copy', target=target, snapshot_id=before.snapshot_id,\n"
        f"    instance_id={resource}.instance_id)\n"
    ) + instance(
        f"{resource}_filled",
        name=repr(f"{name}-filled"),
        source=f"aura.from_export({url!r}, copy.export_id)",
    )


def test_destroying_the_export_keeps_the_copy(shop: Shop) -> None:
    """It outlives the program, the instance and the target that made it."""
    before = shop.files()
    found = shop.project.outputs()
    copied = shop.start("copied", (shop.project.folder / "__main__.py").read_text())
    text = program(
        f"target = aura.ExportTarget('target', url={str(shop.vault)!r})\n"
        f"copy = aura.Export('copy', target=target, instance_id={shop.production!r},\n"
        f"    snapshot_id={shop.snapshot()!r})\n"
        "pulumi.export('export_id', copy.export_id)\n"
        "pulumi.export('vault_id', target.vault_id)\n"
    )
    copied.write("__main__.py", text)
    shop.databases.control.reset_requests()
    copied.up(skip_preview=True)
    again = copied.outputs()
    assert (again["export_id"], again["vault_id"]) == (found["export_id"], found["vault_id"])
    assert shop.databases.control.requests("POST", "/v1/instances") == []

    told = copied.destroy("--skip-preview").output

    assert "is forgotten by Pulumi and kept" in told
    assert shop.files() == before
