"""Check constraints/: complete for pyproject.toml, and free of addresses. Standard library only.

`make setup` installs constraints/all.txt without resolving anything, so a dependency that is
declared but not pinned would be missing without a word.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = re.compile(
    r"://|^\s*--(extra-)?index-url|^\s*--find-links|^\s*--trusted-host", re.MULTILINE
)


def canonical(requirement: str) -> str:
    """The distribution's name in a requirement, spelled as in constraints."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""


def declared(pyproject: Path) -> set[str]:
    """The distributions that the package, its extras and its build ask for."""
    settings = tomllib.loads(pyproject.read_text())
    project = settings["project"]
    requirements = [*settings["build-system"]["requires"], *project.get("dependencies", [])]
    for extra in project.get("optional-dependencies", {}).values():
        requirements += extra
    return {canonical(item) for item in requirements} - {canonical(project["name"])}


def pinned(constraints: Path) -> set[str]:
    """The distributions that have a version in a constraints file."""
    return set(re.findall(r"^([a-z0-9-]+)==", constraints.read_text(), re.MULTILINE))


def problems() -> list[str]:
    """What is wrong, one line each."""
    missing = declared(ROOT / "pyproject.toml") - pinned(ROOT / "constraints" / "all.txt")
    found = [f"constraints/all.txt has no {name}: run `make lock`" for name in sorted(missing)]
    return found + [
        f"{file.relative_to(ROOT)} names an address: pins must hold for any index"
        for file in sorted((ROOT / "constraints").glob("*.txt"))
        if ADDRESS.search(file.read_text())
    ]


if __name__ == "__main__":
    sys.exit("\n".join(problems()) or None)
