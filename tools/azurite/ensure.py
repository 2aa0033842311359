"""Bring Azurite, a server of Azure's blob protocol for the tests, and print its program's path.

    python3 tools/azurite/ensure.py

npm brings once what `package-lock.json` names, by its hashes, into the user's cache folder:

    <version>-<hash of package.json and package-lock.json>/node_modules/…
    lock                                                    one process at a time

No address of a registry stands in the lock file: the user's npm settings decide where packages come
from. Their install scripts are not run. To change the version, edit `package.json` and write the
lock file anew in this folder:

    npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts

Exit code 3 and one sentence on stderr mean that there is no Azurite.

Standard library only: this runs before any environment exists.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The engine's tool keeps things in the user's cache in the same manner, and shows its progress so.
sys.path.insert(1, str(HERE.parent / "engine"))

import progress  # noqa: E402 - found by the line above
from cache import cache_root, complete_or_absent, digest, locked, remove_leftovers  # noqa: E402

EXIT_NO_AZURITE = 3
PACKAGE = HERE / "package.json"
LOCK = HERE / "package-lock.json"
PROGRAM = Path("node_modules", ".bin", "azurite-blob")
#: What npm said last is shown when it failed.
LINES_SHOWN = 8

ticking = partial(progress.ticking, speaker="azurite")


class NoAzuriteError(Exception):
    """No Azurite, and none can be had: the text is one sentence that says what to do."""

    def __init__(self, reason: str, way_out: str) -> None:
        super().__init__(f"There is no Azurite for the tests ({reason}): {way_out}")


def version() -> str:
    """The version that `package.json` asks for."""
    return str(json.loads(PACKAGE.read_text())["dependencies"]["azurite"])


def ensure() -> Path:
    """The program; brings it if that has not been done.

    Raises:
        NoAzuriteError: npm or Node.js is missing, or npm failed.
    """
    for needed in ("npm", "node"):
        if shutil.which(needed) is None:
            raise NoAzuriteError(
                f"no {needed} on PATH", "install Node.js 18 or newer with npm and run this again."
            )
    cache = cache_root("azurite")
    target = cache / f"{version()}-{digest(PACKAGE, LOCK)}"
    if not target.exists():
        with locked(cache, "waiting for another process that brings Azurite", speaker="azurite"):
            remove_leftovers(cache)
            if not target.exists():
                with complete_or_absent(target) as folder:
                    install(folder)
    return target / PROGRAM


def install(folder: Path) -> None:
    """Let npm fill the folder.

    Raises:
        NoAzuriteError: it failed, or brought something else than the lock file names.
    """
    for file in (PACKAGE, LOCK):
        shutil.copy(file, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    with ticking(lambda: f"bringing Azurite {version()}"):
        done = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode or not (folder / PROGRAM).exists():
        said = " / ".join(done.stdout.decode(errors="replace").strip().splitlines()[:LINES_SHOWN])
        raise NoAzuriteError(
            f"npm ci ended with exit code {done.returncode}: {said}",
            "look at your npm settings and the network, and run this again.",
        )


def main() -> int:
    """Print the path; the exit code is 0 or 3 (no Azurite)."""
    # So that a half-filled folder is removed when this is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        print(ensure())
    except NoAzuriteError as error:
        print(error, file=sys.stderr)
        return EXIT_NO_AZURITE
    return 0


if __name__ == "__main__":
    sys.exit(main())
