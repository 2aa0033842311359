"""The others: APOC's jars from Maven, and `neo4j-backup` in an environment of its own.

Both are kept in the user's cache, outside the tree, and are brought by this benchmark alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from support.databases import REPOSITORY

sys.path[1:1] = [str(REPOSITORY / "tools" / "engine")]

from cache import (  # type: ignore[import-not-found]  # noqa: E402 - found by the line above
    cache_root,
    complete_or_absent,
    digest,
    locked,
)

POM = Path(__file__).with_name("apoc-pom.xml")
BACKUP = "neo4j-backup==1.0.0"


def apoc_version() -> str:
    """The version that the pom asks for."""
    found = re.search(r"<apoc\.version>([\d.]+)<", POM.read_text())
    assert found is not None
    return found[1]


def apoc_jars() -> list[Path]:
    """APOC core and what it needs beside a server's own jars."""
    target = _cache() / f"apoc-{apoc_version()}-{digest(POM)}"
    with locked(target.parent, "waiting for another benchmark", speaker="bench"):
        if not target.exists():
            with complete_or_absent(target) as folder:
                _copy_dependencies(folder)
    return sorted(target.glob("*.jar"))


def _copy_dependencies(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        shutil.copy(POM, Path(work) / "pom.xml")
        subprocess.run(
            ["mvn", "-B", "-q", "dependency:copy-dependencies", "-DincludeScope=runtime",
             f"-DoutputDirectory={folder}"],
            cwd=work, check=True, stdout=sys.stderr,
        )  # fmt: skip


def backup_python() -> Path:
    """An interpreter that has `neo4j-backup`, with the driver that pip chooses for it."""
    target = _cache() / BACKUP.replace("==", "-")
    python = target / "bin" / "python"
    with locked(target.parent, "waiting for another benchmark", speaker="bench"):
        if not (target / "complete").exists():
            venv.create(target, with_pip=True, clear=True)
            subprocess.run(
                [python, "-m", "pip", "install", "--quiet", BACKUP], check=True, stdout=sys.stderr
            )
            (target / "complete").touch()
    return python


def backup_versions() -> str:
    """Of `neo4j-backup` and of its driver."""
    text = "from importlib.metadata import version as v; print(v('neo4j-backup'), v('neo4j'))"
    told = subprocess.run(
        [backup_python(), "-c", text], check=True, capture_output=True, text=True
    ).stdout.split()
    return f"neo4j-backup {told[0]} with driver {told[1]}"


def _cache() -> Path:
    os.environ.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    folder: Path = cache_root("bench")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
