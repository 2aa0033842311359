"""A Pulumi installation on PATH: is there one, and is it complete?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from resolution import NotUsable

# `read` may return inputs since then: without that, drift is shown as an update of nothing.
OLDEST = (3, 216, 0)
PLUGINS = ("pulumi-language-python", "pulumi-resource-pulumi-python")


def find(path: str, *, ignore: Path) -> Path | NotUsable:
    """The folder of the first usable `pulumi` on `path`, else why the last one was not usable.

    Folders below `ignore` are passed over: they are engines that we built, perhaps from older
    sources.
    """
    answer: Path | NotUsable = NotUsable("no pulumi on PATH")
    for folder in _folders(path, ignore):
        answer = examine(folder, path)
        if isinstance(answer, Path):
            return answer
    return answer


def _folders(path: str, ignore: Path) -> list[Path]:
    """Folders on `path` with an executable `pulumi` in them, each once, in order."""
    entries = dict.fromkeys(Path(entry).absolute() for entry in path.split(os.pathsep) if entry)
    return [
        entry
        for entry in entries
        if os.access(entry / "pulumi", os.X_OK) and not entry.resolve().is_relative_to(ignore)
    ]


def examine(folder: Path, path: str) -> Path | NotUsable:
    """`folder` if its `pulumi` is recent enough and has both Python plugins at hand."""
    beside = (folder / "pulumi").resolve().parent
    for plugin in PLUGINS:
        if not os.access(beside / plugin, os.X_OK) and not shutil.which(plugin, path=path):
            return NotUsable(f"{folder}/pulumi lacks {plugin}")
    version = version_of(folder / "pulumi")
    if version is None:
        return NotUsable(f"{folder}/pulumi does not tell its version")
    if version < OLDEST:
        return NotUsable(f"{folder}/pulumi is {_dotted(version)}, older than {_dotted(OLDEST)}")
    return folder


def version_of(pulumi: Path) -> tuple[int, ...] | None:
    """The version that a `pulumi` prints; None if it prints none or does not run."""
    # Even `pulumi version` writes a log file to its home.
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "PULUMI_HOME": home, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            output = subprocess.run(
                [str(pulumi), "version"],
                env=environment,
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            ).stdout
        except (OSError, subprocess.SubprocessError):
            return None
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", output.strip())
    return tuple(int(part) for part in match.groups()) if match else None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
