"""Finds Neo4j and a Java that can run it; says in one sentence what is missing.

Standard library only: ``tools/neo4j`` uses this before anything is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Folders in which systems keep their Java installations, one folder each.
JAVA_FOLDERS: Final = (
    Path("/usr/lib/jvm"),
    Path("/Library/Java/JavaVirtualMachines"),
    Path("/opt/java"),
)
#: How every server runs: small and quick to start. Java refuses an archive of classes that was
#: made with another garbage collector.
SERVER_FLAGS: Final = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k")
_KERNEL: Final = re.compile(r"neo4j-kernel-(\d+(?:\.\d+)+)\.jar")
_JAVA_VERSION: Final = re.compile(r'version "((\d+)(?:\.(\d+))?[^"]*)"')
_OLDEST: Final = (5, 26)
_CLASS_FILE: Final = b"\xca\xfe\xba\xbe"
_CLASS_FILE_OFFSET: Final = 44  # class file 61 is Java 17 (Java virtual machine specification 4.1)
_ANSWER_SECONDS: Final = 20


class InstallationError(Exception):
    """There is no Neo4j or no fitting Java; the message is a sentence for the user."""


@dataclass(frozen=True)
class Java:
    """One Java runtime."""

    executable: Path
    feature: int  # 17, 21 …
    version: str = ""  # 17.0.13, as it says itself


@dataclass(frozen=True)
class Installation:
    """A Neo4j Community that can be started.

    ``class_data`` is an archive of loaded classes that halves the time to start; None where nobody
    made one for this Java (``tools/neo4j`` does).
    """

    lib: Path
    version: str
    java: Java
    class_data: Path | None = None

    @property
    def calendar(self) -> bool:
        """Whether this is a release by year and month, which came after 5.26."""
        return not self.version.startswith("5.")

    @property
    def entry_point(self) -> str:
        """The server's main class."""
        name = "Neo4jCommunity" if self.calendar else "CommunityEntryPoint"
        return f"org.neo4j.server.{name}"

    @property
    def java_options(self) -> list[str]:
        """What Java must open to Neo4j, whatever is run."""
        opened = ("java.nio", "java.io", "sun.nio.ch")
        options = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in opened]
        if self.calendar:
            options += [
                "--add-modules=jdk.incubator.vector",
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
            ]
        return options

    @property
    def class_data_options(self) -> list[str]:
        """Use the archive of loaded classes; Java's warnings about it help nobody."""
        if self.class_data is None:
            return []
        quiet = ["-Xlog:disable", "-Xlog:all=error:stderr"]
        return [f"-XX:SharedArchiveFile={self.class_data}", *quiet]

    @property
    def class_path(self) -> str:
        """Every jar, as Java's own wildcard."""
        return f"{self.lib}/*"


def find(neo4j_home: Path | None, environment: Mapping[str, str]) -> Installation:
    """The Neo4j in `neo4j_home` (its folder with `lib` in it) and the best Java for it.

    `environment` gives NEO4J_HOME where no folder is named, JAVA_HOME and PATH.

    Raises:
        InstallationError: one of the two is missing or does not fit; nothing was started.
    """
    named = environment.get("NEO4J_HOME")
    home = neo4j_home or (Path(named) if named else None)
    if home is None:
        raise InstallationError(
            "No Neo4j: set NEO4J_HOME to the folder of a Neo4j Community 5.26 or newer "
            "(in a checkout, `make neo4j` brings one)"
        )
    lib, version, needed = _inspect(home.absolute())
    java = find_java(needed, f"Neo4j {version}", environment)
    return Installation(lib, version, java, class_data(lib, java))


def class_data(lib: Path, java: Java) -> Path | None:
    """The archive of loaded classes for exactly this Java, if there is one."""
    archive = class_data_path(lib, java)
    return archive if archive.exists() else None


def class_data_path(lib: Path, java: Java) -> Path:
    """Where that archive lies: beside `lib`, named by the Java that made it.

    By its version too: Java refuses the archive of the one that an update has replaced.
    """
    name = re.sub(r"[^\w.-]+", "-", f"{java.version}{java.executable.resolve()}")
    return lib.parent / f"classes-{name}.jsa"


def _inspect(home: Path) -> tuple[Path, str, int]:
    """Neo4j's jars, its version, and the Java it was compiled for."""
    lib = home / "lib"
    kernels = [jar for jar in lib.glob("neo4j-kernel-*.jar") if _KERNEL.fullmatch(jar.name)]
    if len(kernels) != 1:
        raise InstallationError(
            f"{home} is no Neo4j: it should have exactly one lib/neo4j-kernel-<version>.jar"
        )
    version = _KERNEL.fullmatch(kernels[0].name)[1]  # type: ignore[index]
    if any(lib.glob("neo4j-enterprise-kernel-*.jar")):
        raise InstallationError(
            f"{home} is a Neo4j Enterprise {version}; the emulator runs Neo4j Community only"
        )
    if tuple(map(int, version.split("."))) < _OLDEST:
        raise InstallationError(f"{home} is Neo4j {version}; 5.26 or newer is needed")
    return lib, version, _compiled_for(kernels[0])


def _compiled_for(jar: Path) -> int:
    try:
        with zipfile.ZipFile(jar) as archive:
            names = [name for name in archive.namelist() if name.endswith(".class")]
            head = archive.read(names[0])[:8] if names else b""
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InstallationError(f"{jar} cannot be read: {error}") from error
    if not head.startswith(_CLASS_FILE):
        raise InstallationError(f"{jar} cannot be read: no class in it")
    return int.from_bytes(head[6:], "big") - _CLASS_FILE_OFFSET


def find_java(needed: int, by: str, environment: Mapping[str, str]) -> Java:
    """The lowest Java that is new enough: closest to what Neo4j was made for.

    JAVA_HOME wins when it is set, and is an error when it does not fit: it was set on purpose.
    """
    chosen = environment.get("JAVA_HOME")
    if chosen:
        java = _ask(Path(chosen).absolute() / "bin" / "java")
        if java is None:
            raise InstallationError(f"JAVA_HOME={chosen} has no bin/java that answers")
        if java.feature < needed:
            raise InstallationError(
                f"JAVA_HOME={chosen} is Java {java.feature}; {by} needs Java {needed} or newer"
            )
        return java
    found = [java for java in map(_ask, _candidates(environment)) if java is not None]
    fitting = [java for java in found if java.feature >= needed]
    if not fitting:
        seen = ", ".join(f"Java {java.feature} at {java.executable}" for java in found)
        raise InstallationError(
            f"{by} needs Java {needed} or newer, and here is {seen or 'no Java at all'}: "
            "install one, or set JAVA_HOME"
        )
    return min(fitting, key=lambda java: java.feature)


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    on_path = shutil.which("java", path=environment.get("PATH", os.defpath))
    found = [Path(on_path)] if on_path else []
    for folder in JAVA_FOLDERS:
        found += sorted(folder.glob("*/bin/java"))
        found += sorted(folder.glob("*/Contents/Home/bin/java"))
    seen: set[Path] = set()
    for executable in found:
        if executable.resolve() not in seen:
            seen.add(executable.resolve())
            yield executable


def _ask(executable: Path) -> Java | None:
    """The version that a `java` says it is; None if it does not say."""
    try:
        answer = subprocess.run(  # noqa: S603 - the user's own Java
            [executable, "-version"],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_ANSWER_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _JAVA_VERSION.search(answer.stderr + answer.stdout)
    if answer.returncode or match is None:
        return None
    major = int(match[2])
    feature = int(match[3] or 0) if major == 1 else major  # 1.8 is Java 8
    return Java(executable.absolute(), feature, match[1])
