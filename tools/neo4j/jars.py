"""Neo4j's jars: which ones, from Maven, and proof that they are the ones that were tested.

`pom.xml` says which, `jars.sha256` what is in each. No address of a repository stands here: the
user's Maven settings decide where jars come from.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections import deque
from functools import partial
from pathlib import Path

import progress

HERE = Path(__file__).resolve().parent
POM = HERE / "pom.xml"
PINS = HERE / "jars.sha256"
#: What Maven said last is shown when it failed: its reason fits in these lines.
LINES_SHOWN = 20
_VERSION = re.compile(r"<neo4j\.version>([\d.]+)</neo4j\.version>")

say = partial(progress.say, speaker="neo4j")
ticking = partial(progress.ticking, speaker="neo4j")


class NoNeo4jError(Exception):
    """No Neo4j here, and none can be had: the text is one sentence that says what to install."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"There is no Neo4j here ({reason}): install Maven and Java 17 or newer and run this "
            "again, or set NEO4J_HOME to the folder of a Neo4j Community 5.26 or newer."
        )


class WrongJarsError(Exception):
    """What Maven brought is not what was tested: one sentence that names the jars."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(
            f"Maven brought other jars than tools/neo4j/jars.sha256 names ({'; '.join(problems)}): "
            "nothing was kept; look at the repositories in your Maven settings."
        )


def version() -> str:
    """The version of Neo4j that `pom.xml` asks for."""
    found = _VERSION.search(POM.read_text())
    assert found is not None  # noqa: S101 - our own file
    return found[1]


def download(lib: Path, java_home: Path) -> None:
    """Fill the folder `lib` with all jars; what Maven has in its own cache is not downloaded.

    Raises:
        NoNeo4jError: there is no Maven, or it failed; its last words were shown.
    """
    maven = shutil.which("mvn")
    if maven is None:
        raise NoNeo4jError("NEO4J_HOME is not set, and there is no `mvn` on PATH to bring one")
    say(f"bringing Neo4j {version()} with Maven: up to 90 MB, once; later runs use the result")
    # In a copy, because Maven may write beside the pom.
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(POM, folder)
        code, words = _run_maven(maven, Path(folder), lib, java_home)
    if code != 0:
        for line in words:
            say(line)
        raise NoNeo4jError(f"`mvn dependency:copy-dependencies` failed with exit code {code}")


def _run_maven(maven: str, folder: Path, lib: Path, java_home: Path) -> tuple[int, deque[str]]:
    """Maven's exit code and the last lines that it printed."""
    arguments = ["-DincludeScope=runtime", f"-DoutputDirectory={lib}"]
    downloaded: list[str] = []
    words: deque[str] = deque(maxlen=LINES_SHOWN)
    with (
        ticking(lambda: f"downloading ({len(downloaded)} files so far)"),
        subprocess.Popen(
            # Not quiet: its lines are what can be counted.
            [maven, "-B", "dependency:copy-dependencies", *arguments],
            cwd=folder,
            env={"JAVA_HOME": str(java_home), **os.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - for the type checker
        try:
            for line in process.stdout:
                known = downloaded if "Downloaded from " in line else words
                known.append(line.rstrip())
        finally:
            process.terminate()  # does nothing once it has ended
    return process.returncode, words


def check(lib: Path) -> None:
    """Compare the folder with `jars.sha256`.

    Raises:
        WrongJarsError: a jar is missing, differs, or is one too many.
    """
    wanted, found = _pinned(), _hashes(lib)
    problems = [f"{name} is missing" for name in sorted(wanted.keys() - found.keys())]
    problems += [f"{name} is not wanted" for name in sorted(found.keys() - wanted.keys())]
    problems += [
        f"{name} has SHA-256 {found[name]} instead of {wanted[name]}"
        for name in sorted(wanted.keys() & found.keys())
        if wanted[name] != found[name]
    ]
    if problems:
        raise WrongJarsError(problems)


def pin(lib: Path) -> None:
    """Write `jars.sha256` from the jars in the folder, in the form that `sha256sum -c` reads."""
    lines = [f"{value}  {name}\n" for name, value in sorted(_hashes(lib).items())]
    PINS.write_text("".join(lines))


def _pinned() -> dict[str, str]:
    pairs = (line.split() for line in PINS.read_text().splitlines())
    return {name: value for value, name in pairs}


def _hashes(lib: Path) -> dict[str, str]:
    """The SHA-256 of every jar by its name."""
    return {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in lib.glob("*.jar")}
