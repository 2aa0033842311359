"""The documentation knows every setting and input, and its links lead somewhere."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("resource", [Instance, Snapshot])
def test_the_reference_names_every_input(resource):
    """Each keyword of a resource has a row in its table."""
    page = (ROOT / "docs" / "reference" / "resources.md").read_text()
    given = inspect.signature(resource.__init__).parameters
    for name in set(given) - {"self", "resource_name", "opts"}:
        assert f"| `{name}` |" in page


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
