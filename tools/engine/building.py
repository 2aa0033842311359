"""Build the engine with Go, once, into the user's cache folder.

What is kept there, below `pulumi-neo4j-aura/engine`:

    cli-<version>-<hash of go.mod and go.sum>/pulumi     the compiled command, the slow part
    <version>-<hash of all sources>/bin/ host/           what goes on PATH: the command, launchers
    lock                                                 one build at a time

A folder appears under its final name only when it is complete, so that its presence is the proof.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import progress
from cache import complete_or_absent, digest, locked, remove_leftovers
from resolution import BuildFailedError, NoEngineError

VERSION = "3.259.0"
HERE = Path(__file__).resolve().parent
MODULE_FILES = (HERE / "go.mod", HERE / "go.sum")
HOST_FILES = (HERE / "host" / "language_host.py", HERE / "host" / "launcher.sh")
LAUNCHERS = ("pulumi-language-python", "pulumi-resource-pulumi-python")
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
# From this version on, Go fetches a newer toolchain by itself when a module asks for one.
FIRST_SELF_UPDATING_GO = (1, 21)


def ensure(cache: Path, refused: str) -> Path:
    """The `bin` folder of the engine that these sources make; builds it when it is not there.

    Args:
        cache: where engines are kept.
        refused: why no installed Pulumi is used; becomes part of the error.

    Raises:
        NoEngineError: Go is missing or too old, or the build failed.
    """
    target = cache / f"{VERSION}-{digest(*MODULE_FILES, *HOST_FILES)}"
    if not target.exists():
        with locked(cache, "waiting for another process that builds the engine"):
            remove_leftovers(cache)
            if not target.exists():
                assemble(target, ensure_command(cache, refused))
    return target / "bin"


def ensure_command(cache: Path, refused: str) -> Path:
    """The compiled `pulumi`; the caller holds the lock."""
    command = cache / f"cli-{VERSION}-{digest(*MODULE_FILES)}" / "pulumi"
    if not command.exists():
        problem = problem_with_go()
        if problem is not None:
            raise NoEngineError(refused, problem)
        with complete_or_absent(command.parent) as folder:
            compile_command(folder / "pulumi")
    return command


def assemble(target: Path, command: Path) -> None:
    """Put the compiled command and the launchers into one folder.

    The engine looks for plugins beside its real file, symbolic links resolved: so the command is
    a hard link or a copy.
    """
    with complete_or_absent(target) as folder:
        (folder / "bin").mkdir()
        (folder / "host").mkdir()
        for file in HOST_FILES:
            shutil.copy(file, folder / "host" / file.name)
        for name in LAUNCHERS:
            shutil.copy(HERE / "host" / "launcher.sh", folder / "bin" / name)
            (folder / "bin" / name).chmod(0o755)
        try:
            os.link(command, folder / "bin" / "pulumi")
        except OSError:
            shutil.copy2(command, folder / "bin" / "pulumi")


def problem_with_go() -> str | None:
    """Why Go cannot build the engine; None if it can."""
    wanted = _numbers(re.search(r"^go (\S+)$", MODULE_FILES[0].read_text(), re.MULTILINE))
    if shutil.which("go") is None:
        return f"no Go {_dotted(wanted)} to build one"
    # Outside of any module: inside ours, an old Go would start to download a newer one now.
    found = subprocess.run(
        ["go", "env", "GOVERSION", "GOTOOLCHAIN"],
        cwd=tempfile.gettempdir(),
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    version = _numbers(re.match(r"go(\S+)", found[0])) if found else ()
    fetches_newer = len(found) > 1 and not found[1].startswith(("local", "go", "path"))
    if version >= wanted or (fetches_newer and version >= FIRST_SELF_UPDATING_GO):
        return None
    return f"Go {_dotted(version) or 'of unknown version'} cannot build one, {_dotted(wanted)} can"


def _numbers(match: re.Match[str] | None) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", match[1])[:2]) if match else ()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


@dataclass
class Counter:
    """What a Go command has done so far, read from the lines it prints."""

    modules: int = 0
    packages: int = 0
    total: int = 0
    other: list[str] = field(default_factory=list)

    def see(self, line: str) -> None:
        """Count a line of Go's stderr; keep what is neither download nor package."""
        if line.startswith("go: downloading "):
            self.modules += 1
        elif re.fullmatch(r"[\w./~-]+", line):
            self.packages += 1
        else:
            self.other.append(line)

    def describe_download(self) -> str:
        """The step and its count, for people."""
        return f"downloading Go modules ({self.modules} so far)"

    def describe_compilation(self) -> str:
        """The step, its count and its size; packages that Go has in its cache are not counted."""
        return f"compiling ({self.packages} of at most {self.total} packages)"


def compile_command(output: Path) -> None:
    """Compile `pulumi`; module checksums are verified by Go against go.sum.

    Raises:
        BuildFailedError: with the last lines that Go printed.
    """
    start = time.monotonic()
    progress.say(
        f"building Pulumi {VERSION} with Go: needs the network and 3 to 12 minutes, once; "
        "later runs use the result"
    )
    counter = Counter()
    with progress.ticking(counter.describe_download):
        packages = go(counter, "list", "-mod=readonly", "-deps", PACKAGE)
    counter.total = packages.count("\n")
    flags = ["-mod=readonly", "-trimpath", "-ldflags", f"-s -w -X {VERSION_VARIABLE}=v{VERSION}"]
    with progress.ticking(counter.describe_compilation):
        go(counter, "build", "-v", *flags, "-o", str(output), PACKAGE)
    progress.say(f"built in {progress.clock(time.monotonic() - start)}")


def go(counter: Counter, *args: str) -> str:
    """Run one Go command in our module and answer its stdout."""
    # The engine needs no C, and must not depend on the compiler and libc of this machine.
    environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
    code, output = progress.run_counting(
        ["go", *args], cwd=HERE, env=environment, on_line=counter.see
    )
    if code != 0:
        for line in counter.other[-20:]:
            progress.say(line)
        raise BuildFailedError(f"`go {args[0]}` failed with exit code {code}")
    return output
