"""What users import: pinned names, and an import that does nothing."""

import json
import subprocess
import sys
from importlib import resources

import pytest

import pulumi_neo4j_aura

NAMES = [
    "AuraError",
    "BackupEnvironment",
    "BackupPolicy",
    "Export",
    "ExportTarget",
    "FoundInstance",
    "FoundSnapshot",
    "Instance",
    "InstanceSource",
    "Newest",
    "Permanent",
    "Provider",
    "Refused",
    "Snapshot",
    "Transient",
    "find_instance",
    "from_export",
    "from_instance",
    "from_snapshot",
    "list_snapshots",
    "load_policy",
    "newest_snapshot",
]

#: What `aura-backup --help` must not wait for.
HEAVY = ("pulumi", "pydantic", "httpx", "grpc", "deepdiff", "neo4j", "tenacity", "rich", "typer")


def test_the_public_names_are_pinned():
    """Removing one breaks programs; adding one is a promise. Both begin here."""
    assert dir(pulumi_neo4j_aura) == NAMES
    assert pulumi_neo4j_aura.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there(name):
    """And has a docstring."""
    assert getattr(pulumi_neo4j_aura, name).__doc__


def test_a_name_that_does_not_exist_is_an_attribute_error():
    """So that `hasattr` and misspelt imports behave as everywhere."""
    assert not hasattr(pulumi_neo4j_aura, "Instanze")
    with pytest.raises(ImportError, match="Instanze"):
        from pulumi_neo4j_aura import Instanze  # noqa: F401, PLC0415


def imported_by(statement):
    """The top modules in `sys.modules` of a fresh process after a statement."""
    program = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_importing_the_package_imports_nothing_heavy():
    """Pulumi takes a third of a second, and the command line does without it."""
    assert imported_by("import pulumi_neo4j_aura").isdisjoint(HEAVY)


def test_asking_for_the_errors_imports_nothing_heavy_either():
    """Whoever only catches them needs no engine."""
    assert imported_by("from pulumi_neo4j_aura import AuraError, Refused").isdisjoint(HEAVY)


def test_using_a_resource_imports_pulumi():
    """The other side: the test above would see it."""
    assert {"pulumi", "pydantic"} <= imported_by("from pulumi_neo4j_aura import Instance")


def test_the_package_says_that_it_needs_no_plugin():
    """Without this file Pulumi looks for a plugin `pulumi-resource-neo4j-aura` at every `up`."""
    text = resources.files(pulumi_neo4j_aura).joinpath("pulumi-plugin.json").read_text()
    assert json.loads(text)["resource"] is False


def test_the_package_is_typed():
    """Its types are for users as well."""
    assert resources.files(pulumi_neo4j_aura).joinpath("py.typed").is_file()
