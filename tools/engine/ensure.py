"""Find or build the Pulumi engine, and say which folder has to be on PATH.

    python3 tools/engine/ensure.py              print the folder
    python3 tools/engine/ensure.py --env        print shell exports for a local, offline Pulumi
    python3 tools/engine/ensure.py --run CMD …  run a command with that environment

A full Pulumi installation on PATH is preferred; else the engine is built once, with Go, into the
user's cache folder. AURA_ENGINE chooses: `auto` (the default), `path` (never build) or `build`
(ignore PATH). Exit code 3 and one sentence on stderr mean that neither is possible here.

Standard library only: this runs before any environment exists.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

import building
import installed
from cache import cache_root
from resolution import NoEngineError

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
EXIT_NO_ENGINE = 3


def engine_folder(mode: str) -> Path:
    """The folder that holds `pulumi` and both Python plugins (or finds them on PATH).

    Builds the engine if that is needed and allowed, which takes minutes.

    Raises:
        NoEngineError: there is no engine and it cannot be built; the text is for the user.
    """
    cache = cache_root("engine")
    refused = "AURA_ENGINE=build ignores PATH"
    if mode != "build":
        found = installed.find(os.environ.get("PATH", ""), ignore=cache)
        if isinstance(found, Path):
            return found
        refused = found.reason
    if mode == "path":
        raise NoEngineError(refused, "AURA_ENGINE=path forbids to build one")
    return building.ensure(cache, refused)


def local_environment(engine: Path) -> dict[str, str]:
    """Settings for a Pulumi that lives in `.pulumi-local`, asks nobody and downloads nothing.

    Creates the folders. A passphrase that the user has set is kept; else it is empty, which
    encrypts nothing and is for the demo only.
    """
    local = REPOSITORY / ".pulumi-local"
    for folder in (local / "home", local / "state"):
        folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "PATH": f"{engine}{os.pathsep}{os.environ.get('PATH', '')}",
        "PULUMI_HOME": str(local / "home"),
        "PULUMI_BACKEND_URL": f"file://{local / 'state'}",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    if "PULUMI_CONFIG_PASSPHRASE_FILE" not in os.environ:
        settings["PULUMI_CONFIG_PASSPHRASE"] = os.environ.get("PULUMI_CONFIG_PASSPHRASE", "")
    python = REPOSITORY / ".venv" / "bin" / "python"
    if python.exists():
        settings["PULUMI_PYTHON_CMD"] = str(python)
    return settings


def parse(argv: list[str]) -> argparse.Namespace:
    """The command line; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", action="store_true", help="print shell exports")
    parser.add_argument("--run", nargs=argparse.REMAINDER, metavar="CMD", help="run a command")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Do what the command line says; the exit code is 0, 2 (wrong use) or 3 (no engine)."""
    options = parse(argv)
    mode = os.environ.get("AURA_ENGINE") or "auto"
    if mode not in {"auto", "path", "build"}:
        print(f"AURA_ENGINE={mode}: use auto, path or build", file=sys.stderr)
        return 2
    try:
        engine = engine_folder(mode)
    except NoEngineError as error:
        print(error, file=sys.stderr)
        return EXIT_NO_ENGINE
    if options.run:
        os.environ.update(local_environment(engine))
        os.execvp(options.run[0], options.run)  # noqa: S606 - becoming that command is the point
    if options.env:
        for name, value in local_environment(engine).items():
            print(f"export {name}={shlex.quote(value)}")
        return 0
    print(engine)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
