"""What counts as a Neo4j and as a Java for it, and the sentence where there is none."""

import stat
import zipfile
from pathlib import Path

import pytest

from aura_emulator.data_plane.neo4j import installation
from aura_emulator.data_plane.neo4j.installation import InstallationError, find

JAVA_17 = b"\xca\xfe\xba\xbe\x00\x00\x00\x3d"


def jar(path: Path, content: bytes = JAVA_17) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "")
        archive.writestr("org/neo4j/Kernel.class", content)
    return path


def java(folder: Path, script: str) -> Path:
    """A `java` that runs this shell script, in the folder's `bin`; answers the folder."""
    executable = folder / "bin" / "java"
    executable.parent.mkdir(parents=True)
    executable.write_bytes(b"#!/bin/sh\n" + script.encode("latin-1"))
    executable.chmod(stat.S_IRWXU)
    return folder


def says(version: str) -> str:
    return f"echo 'openjdk version \"{version}\" 2025-01-01' >&2"


@pytest.fixture(autouse=True)
def systems_folder(tmp_path, monkeypatch):
    """Where the system keeps its Javas: empty, whatever this machine has."""
    folder = tmp_path / "jvm"
    folder.mkdir()
    monkeypatch.setattr(installation, "JAVA_FOLDERS", (folder,))
    return folder


@pytest.fixture
def home(tmp_path):
    jar(tmp_path / "neo4j" / "lib" / "neo4j-kernel-5.26.31.jar")
    return tmp_path / "neo4j"


def refusal(home: Path | None, **environment: str) -> str:
    with pytest.raises(InstallationError) as raised:
        find(home, {"PATH": "", **environment})
    return str(raised.value)


def test_neo4j_and_java_are_found(home, tmp_path):
    """The named folder wins over NEO4J_HOME; version, jars and Java are known."""
    path = java(tmp_path / "jdk", says("17.0.13")) / "bin"
    found = find(home, {"PATH": str(path), "NEO4J_HOME": "/nowhere"})
    assert (found.version, found.lib, found.java.feature) == ("5.26.31", home / "lib", 17)
    assert (found.java.executable, found.java.version) == (path / "java", "17.0.13")
    assert found == find(None, {"PATH": str(path), "NEO4J_HOME": str(home)})
    assert (found.calendar, found.class_data) == (False, None)


@pytest.mark.parametrize("environment", [{}, {"NEO4J_HOME": ""}])
def test_without_any_neo4j_the_way_out_is_named(environment):
    """Neither a folder nor NEO4J_HOME."""
    assert "`make neo4j` brings one" in refusal(None, **environment)


def test_a_folder_without_lib_is_no_neo4j(tmp_path):
    """The message names the folder and what it lacks."""
    assert f"{tmp_path} is no Neo4j: it should have exactly one" in refusal(tmp_path)


def test_two_kernels_are_no_neo4j(home):
    """Nobody can say which of them Java would load."""
    jar(home / "lib" / "neo4j-kernel-5.26.30.jar")
    assert "exactly one lib/neo4j-kernel" in refusal(home)


def test_enterprise_is_refused(home):
    """It has another licence and another main class."""
    jar(home / "lib" / "neo4j-enterprise-kernel-5.26.31.jar")
    assert "Neo4j Enterprise 5.26.31; the emulator runs Neo4j Community only" in refusal(home)


@pytest.mark.parametrize("version", ["4.4.40", "5.25.1"])
def test_an_older_version_is_refused(tmp_path, version):
    """5.26 is the oldest that is tried."""
    jar(tmp_path / "old" / "lib" / f"neo4j-kernel-{version}.jar")
    assert f"is Neo4j {version}; 5.26 or newer is needed" in refusal(tmp_path / "old")


def no_zip(path: Path) -> None:
    path.write_bytes(b"not a zip")


def no_class(path: Path) -> None:
    jar(path, b"hello")


def only_text(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme", "")


def flipped_bits(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Kernel.class", JAVA_17 * 1000)
    content = bytearray(path.read_bytes())
    content[42:60] = b"\xff" * 18
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [no_zip, no_class, only_text, flipped_bits])
def test_a_corrupt_jar_is_named(home, damage):
    """A sentence, whatever is wrong with it; no traceback of zipfile's."""
    kernel = home / "lib" / "neo4j-kernel-5.26.31.jar"
    damage(kernel)
    assert f"{kernel} cannot be read: " in refusal(home)


def test_without_any_java_a_sentence_says_so(home):
    """PATH is empty and the system's folder too."""
    expected = "Neo4j 5.26.31 needs Java 17 or newer, and here is no Java at all: install one"
    assert refusal(home).startswith(expected)


@pytest.mark.parametrize("version", ["11.0.2", "1.8.0_402", "16-ea"])
def test_an_old_java_is_named_and_refused(home, tmp_path, version):
    """The user sees which Java was looked at."""
    path = java(tmp_path / "jdk", says(version)) / "bin"
    feature = {"11.0.2": 11, "1.8.0_402": 8, "16-ea": 16}[version]
    assert f"here is Java {feature} at {path / 'java'}" in refusal(home, PATH=str(path))


@pytest.mark.parametrize(
    "script", ["echo hello", "exit 1", "printf '\xff\xfe'", f"{says('17')}; exit 1"]
)
def test_what_only_looks_like_java_is_passed_over(home, tmp_path, script):
    """Garbage, bytes that are no text, and a failure although it names a version."""
    folder = java(tmp_path / "jdk", script)
    assert "here is no Java at all" in refusal(home, PATH=str(folder / "bin"))
    assert "has no bin/java that answers" in refusal(home, JAVA_HOME=str(folder))


def test_a_java_home_that_does_not_fit_is_an_error_although_another_would(home, tmp_path):
    """It was set on purpose; running something else would surprise."""
    path = java(tmp_path / "new", says("21")) / "bin"
    old = java(tmp_path / "old", says("11.0.2"))
    said = refusal(home, PATH=str(path), JAVA_HOME=str(old))
    assert said == f"JAVA_HOME={old} is Java 11; Neo4j 5.26.31 needs Java 17 or newer"


def test_java_home_wins_when_it_fits(home, tmp_path):
    """Also over a Java that would be nearer to what Neo4j was made for."""
    path = java(tmp_path / "near", says("17.0.1")) / "bin"
    chosen = java(tmp_path / "far", says("25"))
    found = find(home, {"PATH": str(path), "JAVA_HOME": str(chosen)})
    assert found.java.feature == 25


def test_the_lowest_java_that_fits_is_taken(home, tmp_path, systems_folder):
    """Wherever it lies: on PATH, in the system's folder, or in one as macOS makes them."""
    path = java(tmp_path / "newest", says("25.0.1")) / "bin"
    java(systems_folder / "java-11", says("11.0.2"))
    java(systems_folder / "java-21", says("21.0.2"))
    lowest = java(systems_folder / "temurin-17.jdk" / "Contents" / "Home", says("17.0.2"))
    assert find(home, {"PATH": str(path)}).java.executable == lowest / "bin" / "java"


def test_a_newer_neo4j_asks_for_the_java_it_was_compiled_for(tmp_path):
    """Its class files say so, not a table of ours."""
    home = tmp_path / "calendar"
    jar(home / "lib" / "neo4j-kernel-2026.09.0.jar", JAVA_17[:7] + b"\x41")
    path = java(tmp_path / "jdk", says("17.0.2")) / "bin"
    assert "Neo4j 2026.09.0 needs Java 21 or newer" in refusal(home, PATH=str(path))
    path = java(tmp_path / "jdk21", says("21")) / "bin"
    found = find(home, {"PATH": str(path)})
    assert found.calendar
    assert found.entry_point == "org.neo4j.server.Neo4jCommunity"


def test_relative_names_are_made_absolute(home, tmp_path, monkeypatch):
    """The server is started from another folder than the one the user is in."""
    java(tmp_path / "jdk", says("17"))
    monkeypatch.chdir(tmp_path)
    for environment in ({"PATH": "jdk/bin"}, {"PATH": "", "JAVA_HOME": "jdk"}):
        found = find(Path("neo4j"), environment)
        assert found.lib == home / "lib"
        assert found.java.executable == tmp_path / "jdk" / "bin" / "java"


def test_class_data_is_only_taken_for_the_java_that_made_it(home, tmp_path):
    """Another Java, or the same after an update, would refuse the archive."""
    folder = java(tmp_path / "jdk", says("17.0.1"))
    environment = {"PATH": str(folder / "bin")}
    before = find(home, environment)
    archive = installation.class_data_path(before.lib, before.java)
    archive.touch()
    assert archive.parent == home
    assert find(home, environment).class_data == archive
    other = java(tmp_path / "other", says("17.0.1"))
    assert find(home, {"JAVA_HOME": str(other)}).class_data is None
    (folder / "bin" / "java").write_text(f"#!/bin/sh\n{says('17.0.2')}\n")
    assert find(home, environment).class_data is None
