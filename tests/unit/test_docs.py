"""The documentation knows every setting and input, and its links lead somewhere."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from pulumi_neo4j_aura import policy_document
from pulumi_neo4j_aura.planning import conflicts, findings
from pulumi_neo4j_aura.resources.backup_environment import BackupEnvironment
from pulumi_neo4j_aura.resources.backup_policy import BackupPolicy
from pulumi_neo4j_aura.resources.instance import Instance
from pulumi_neo4j_aura.resources.snapshot import Snapshot
from pulumi_neo4j_aura.settings import NAMES

ROOT = Path(__file__).parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    ROOT / "constraints" / "README.md",
]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def test_the_readme_names_every_setting():
    """Environment variable and configuration key of each setting are in the table."""
    readme = (ROOT / "README.md").read_text()
    for variable, key in NAMES.values():
        assert f"`{variable}`" in readme
        assert f"neo4jaura:{key}`" in readme


@pytest.mark.parametrize("resource", [Instance, Snapshot, BackupPolicy, BackupEnvironment])
def test_the_reference_names_every_input(resource):
    """Each keyword of a resource has a row in its table."""
    page = (ROOT / "docs" / "reference" / "resources.md").read_text()
    given = inspect.signature(resource.__init__).parameters
    for name in set(given) - {"self", "resource_name", "opts"}:
        assert f"| `{name}` |" in page


@pytest.mark.parametrize("page", ["README.md", "docs/guides/policies.md"])
def test_policies_in_the_documentation_make_sense_as_they_stand(page):
    """Each is one that a program or a file may use; what a program gives is not in all of them."""
    shown = (ROOT / page).read_text().split("```yaml\n")[1:]
    found = [text.split("```", 1)[0] for text in shown]
    policies = [yaml.safe_load(text) for text in found if text.lstrip("# ").find("apiVersion") >= 0]
    assert policies
    for document in policies:
        whole = {"target": "/vault", "instances": {"ids": ["ab12cd34"]}, **document}
        policy = policy_document.parse(whole, page)
        assert conflicts.find(policy, (), datetime(2026, 1, 1, tzinfo=UTC)) == ()


@pytest.mark.parametrize("code", findings.ALL)
def test_every_finding_is_explained(code):
    """With its severity and meaning."""
    assert f"| `{code}` |" in (ROOT / "docs" / "reference" / "findings.md").read_text()


def test_every_field_of_a_policy_is_explained():
    """At the top level, and in its limits."""
    page = (ROOT / "docs" / "reference" / "policy.md").read_text()
    schema = policy_document.schema()
    for name in (*schema["properties"], *schema["$defs"]["LimitsModel"]["properties"]):
        assert f"`{name}`" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path):
    """A relative link names a file or folder that exists."""
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_readme_shows_the_example_that_is_tested():
    """Every line of code in the README's program stands in the tested example, comments aside."""
    readme = (ROOT / "README.md").read_text()
    shown = readme.split("```python\n", 1)[1].split("```", 1)[0]
    example = (ROOT / "stacks" / "examples" / "environment.py").read_text()

    def code(text: str) -> list[str]:
        return [line.split("#")[0].strip() for line in text.splitlines()]

    assert set(filter(None, code(shown))) <= set(code(example))
