"""Find Neo4j or bring it, and say in which folder it is.

    python3 tools/neo4j/ensure.py          print the folder
    python3 tools/neo4j/ensure.py --env    print shell exports: NEO4J_HOME, and JAVA_HOME if needed
    python3 tools/neo4j/ensure.py --pin    after a change of pom.xml: write jars.sha256 anew

A Neo4j that NEO4J_HOME names is taken as it is. Else Maven brings the jars once, into the user's
cache folder:

    <version>-<hash of pom.xml and jars.sha256>/lib/*.jar
    <version>-<hash …>/classes-….jsa        loaded classes for one Java: starts are quick with it
    lock                                    one process at a time

Exit code 3 and one sentence on stderr mean that there is no Neo4j, or no Java for it.

Standard library only: this runs before any environment exists.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import sys
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
# The engine's tool keeps things in the user's cache in the same manner, and shows its progress so.
sys.path[1:1] = [str(HERE.parent / "engine"), str(REPOSITORY / "provider")]

import class_data  # noqa: E402 - found by the line above
import jars  # noqa: E402
from cache import cache_root, complete_or_absent, digest, locked, remove_leftovers  # noqa: E402

from aura_emulator.data_plane.neo4j import installation  # noqa: E402
from aura_emulator.data_plane.neo4j.installation import (  # noqa: E402
    Installation,
    InstallationError,
    Java,
)

EXIT_NO_NEO4J = 3
#: What the Neo4j in pom.xml was compiled for; looked at before anything is downloaded.
JAVA_NEEDED = 17


def ensure() -> Installation:
    """A Neo4j that can be started; brings it and prepares its start if that has not been done.

    Raises:
        InstallationError: no fitting Java, or NEO4J_HOME names no Neo4j that fits.
        NoNeo4jError: there is none, and Maven cannot bring it.
        WrongJarsError: Maven brought something else.
    """
    if os.environ.get("NEO4J_HOME"):
        return installation.find(None, os.environ)
    cache = cache_root("neo4j")
    target = cache / f"{jars.version()}-{digest(jars.POM, jars.PINS)}"
    if not target.exists():
        _bring(target)
    found = installation.find(target, os.environ)
    return found if found.class_data else _with_class_data(found, cache)


def _bring(target: Path) -> None:
    java = _java()
    with _locked(target.parent):
        remove_leftovers(target.parent)
        if not target.exists():
            with complete_or_absent(target) as folder:
                jars.download(folder / "lib", _home_of(java))
                jars.check(folder / "lib")


def _with_class_data(found: Installation, cache: Path) -> Installation:
    """The same Neo4j with its archive; without one, and a warning, where it cannot be made."""
    with _locked(cache):
        remove_leftovers(cache)
        if installation.class_data(found.lib, found.java) is None:
            try:
                class_data.make(found, cache)
            except (class_data.NoArchiveError, OSError) as error:
                jars.say(f"warning: later starts take twice as long ({error})")
    return installation.find(found.lib.parent, os.environ)


def _locked(cache: Path) -> AbstractContextManager[None]:
    return locked(cache, "waiting for another process that brings Neo4j", speaker="neo4j")


def _java() -> Java:
    return installation.find_java(JAVA_NEEDED, f"Neo4j {jars.version()}", os.environ)


def _home_of(java: Java) -> Path:
    return java.executable.parent.parent


def pin() -> None:
    """Write `jars.sha256` from what Maven brings now.

    Raises:
        InstallationError, NoNeo4jError: as `ensure`.
    """
    with tempfile.TemporaryDirectory() as folder:
        jars.download(Path(folder), _home_of(_java()))
        jars.pin(Path(folder))


def settings(found: Installation) -> dict[str, str]:
    """The environment in which everything else finds this Neo4j and the Java chosen for it."""
    variables = {"NEO4J_HOME": str(found.lib.parent)}
    on_path = shutil.which("java")
    if on_path is None or Path(on_path).resolve() != found.java.executable.resolve():
        variables["JAVA_HOME"] = str(_home_of(found.java))
    return variables


def parse(argv: list[str]) -> argparse.Namespace:
    """The command line; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--env", action="store_true", help="print shell exports")
    choice.add_argument("--pin", action="store_true", help="write jars.sha256 anew")
    return parser.parse_args(argv)


def run(options: argparse.Namespace) -> None:
    """Do what the command line says."""
    if options.pin:
        pin()
        return
    found = ensure()
    if options.env:
        for name, value in settings(found).items():
            print(f"export {name}={shlex.quote(value)}")
    else:
        print(found.lib.parent)


def main(argv: list[str]) -> int:
    """Do what the command line says; the exit code is 0, 2 (wrong use) or 3 (no Neo4j)."""
    # So that everything started here is ended when this is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        run(parse(argv))
    except (InstallationError, jars.NoNeo4jError, jars.WrongJarsError) as error:
        print(error, file=sys.stderr)
        return EXIT_NO_NEO4J
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
