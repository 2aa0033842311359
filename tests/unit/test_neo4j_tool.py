"""`tools/neo4j/ensure.py` finds Neo4j or brings it: here with a fake Maven and a fake Java."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
KERNEL = "neo4j-kernel-5.26.31.jar"
MAVEN = """#!/bin/sh
echo "$*" >> "$0.log"
[ -z "$FAKE_FAILURE" ] || { echo "[ERROR] $FAKE_FAILURE"; exit 1; }
sleep "${FAKE_SECONDS:-0}"
for argument; do case $argument in -DoutputDirectory=*) lib=${argument#*=} ;; esac; done
mkdir -p "$lib" && cp "${0%/*}"/../jars/*.jar "$lib"
"""
# A Java whose server answers one handshake, and writes its archive when it is told to end.
JAVA = """#!{python}
import os, re, signal, socket, sys, time
if sys.argv[1:] == ["-version"]:
    sys.exit(print('openjdk version "17.0.1"', file=sys.stderr))
log = open(sys.argv[0] + ".log", "a")
print(os.getpid(), *sys.argv[1:], file=log, flush=True)
options = dict(argument.split("=", 1) for argument in sys.argv if "=" in argument)
if os.environ.get("FAKE_JAVA") == "dies":
    sys.exit("no class data in this Java")
def end(*_):
    open(options["-XX:ArchiveClassesAtExit"], "w").close()
    os._exit(143)
signal.signal(signal.SIGTERM, end)
if os.environ.get("FAKE_JAVA") == "hangs":
    time.sleep(60)
conf = open(options["--config-dir"] + "/neo4j.conf").read()
server = socket.create_server(("127.0.0.1", int(re.search(r"127.0.0.1:(\\d+)", conf)[1])))
client, _ = server.accept()
client.recv(100)
client.sendall(bytes([0, 0, 2, 5]))
client.recv(1000)
client.sendall(b"t_last")
time.sleep(60)
"""


class Tool:
    """A copy of the tool with pins for two small jars, and a cache and a PATH of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.repository = root / "repository"
        for folder in ("tools/engine", "tools/neo4j", "provider/aura_emulator"):
            ignored = shutil.ignore_patterns("__pycache__", "host")
            shutil.copytree(REPOSITORY / folder, self.repository / folder, ignore=ignored)
        self.cache = root / "cache" / "pulumi-neo4j-aura" / "neo4j"
        self.bin = root / "bin"
        self.bin.mkdir()
        for name in ("sh", "sleep", "mkdir", "cp"):
            (self.bin / name).symlink_to(str(shutil.which(name)))
        self.maven = self.program("mvn", MAVEN)
        self.java = self.program("jdk/bin/java", JAVA.replace("{python}", sys.executable))
        self.jar(KERNEL)
        self.jar("other.jar")
        self.pin()

    def program(self, name: str, text: str) -> Path:
        path = self.bin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def jar(self, name: str) -> Path:
        path = self.root / "jars" / name
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("Kernel.class", b"\xca\xfe\xba\xbe\x00\x00\x00\x3d")
        return path

    def pin(self) -> None:
        hashes = {jar: hashlib.sha256(jar.read_bytes()) for jar in (self.root / "jars").iterdir()}
        lines = [f"{value.hexdigest()}  {jar.name}\n" for jar, value in hashes.items()]
        (self.repository / "tools" / "neo4j" / "jars.sha256").write_text("".join(lines))

    def start(self, *args: str, **env: str) -> subprocess.Popen[str]:
        base = {"PATH": str(self.bin), "XDG_CACHE_HOME": str(self.root / "cache")}
        return subprocess.Popen(
            [sys.executable, str(self.repository / "tools" / "neo4j" / "ensure.py"), *args],
            env={**base, "JAVA_HOME": str(self.bin / "jdk"), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *args: str, **env: str) -> tuple[int, str, str]:
        with self.start(*args, **env) as process:
            stdout, stderr = process.communicate()
        return process.returncode, stdout.strip(), stderr.strip()

    def log(self, program: Path) -> list[str]:
        log = Path(f"{program}.log")
        return log.read_text().splitlines() if log.exists() else []

    def kept(self) -> list[str]:
        return sorted(entry.name for entry in self.cache.iterdir() if entry.name != "lock")


@pytest.fixture
def tool(tmp_path):
    return Tool(tmp_path)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").exists() and ") Z" in Path(f"/proc/{pid}/stat").read_text()


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_neo4j_is_brought_once(tool):
    """Jars and archive lie in one folder; the second call asks neither Maven nor a server."""
    code, folder, said = tool.run()
    assert (code, said.splitlines()[0][:22]) == (0, "neo4j: bringing Neo4j ")
    assert {jar.name for jar in Path(folder, "lib").iterdir()} == {KERNEL, "other.jar"}
    assert len(list(Path(folder).glob("classes-17.0.1-*.jsa"))) == 1
    tool.maven.write_text("#!/bin/sh\nexit 1\n")
    start = time.monotonic()
    assert tool.run() == (0, folder, "")
    assert time.monotonic() - start < 3  # 0.2 with a real Java; a loaded machine needs more
    assert (len(tool.log(tool.maven)), len(tool.log(tool.java))) == (1, 1)
    assert not list(tool.repository.rglob("target"))


def test_a_neo4j_home_is_taken_as_it_is(tool):
    """Nothing is downloaded, nothing is written into it."""
    home = tool.root / "mine"
    shutil.copytree(tool.root / "jars", home / "lib")
    assert tool.run(NEO4J_HOME=str(home)) == (0, str(home), "")
    assert [entry.name for entry in home.iterdir()] == ["lib"]
    assert not tool.cache.exists()
    code, _, said = tool.run(NEO4J_HOME=str(tool.root))
    assert (code, len(said.splitlines())) == (3, 1)
    assert "is no Neo4j" in said


def test_without_maven_one_sentence_says_what_to_install(tool):
    """Exit code 3, one line, and both ways out in it."""
    tool.maven.unlink()
    code, folder, said = tool.run()
    assert (code, folder, len(said.splitlines())) == (3, "", 1)
    assert "there is no `mvn` on PATH" in said
    assert "install Maven and Java 17 or newer" in said
    assert "set NEO4J_HOME" in said


def test_without_java_nothing_is_downloaded(tool):
    """The jars would be of no use."""
    tool.java.unlink()
    code, _, said = tool.run()
    assert (code, len(said.splitlines())) == (3, 1)
    assert "has no bin/java that answers" in said
    assert tool.log(tool.maven) == []


def test_a_failed_maven_is_shown_and_leaves_nothing(tool):
    """What Maven said last stands before the sentence."""
    code, _, said = tool.run(FAKE_FAILURE="no route to host")
    assert code == 3
    assert "[ERROR] no route to host" in said
    assert "failed with exit code 1" in said.splitlines()[-1]
    assert tool.kept() == []


def test_other_jars_than_pinned_are_refused_by_name(tool):
    """One that differs, one that is missing, one too many: each is named, none is kept."""
    (tool.root / "jars" / "other.jar").write_bytes(b"changed")
    tool.jar("stranger.jar")
    (tool.root / "jars" / KERNEL).unlink()
    code, folder, said = tool.run()
    assert (code, folder) == (3, "")
    assert f"{KERNEL} is missing; stranger.jar is not wanted; other.jar has SHA-256 " in said
    assert tool.kept() == []


def test_pinning_writes_the_hashes_that_are_checked(tool):
    """After `--pin` the same jars are accepted."""
    (tool.root / "jars" / "other.jar").write_bytes(b"changed")
    assert tool.run()[0] == 3
    assert tool.run("--pin")[0] == 0
    assert tool.run()[0] == 0


def test_two_runs_at_once_do_not_collide(tool):
    """The second waits for the first and takes its result."""
    with tool.start(FAKE_SECONDS="1") as one, tool.start(FAKE_SECONDS="1") as two:
        answers = {one.communicate()[0], two.communicate()[0]}
    assert (one.returncode, two.returncode, len(answers)) == (0, 0, 1)
    assert (len(tool.log(tool.maven)), len(tool.log(tool.java))) == (1, 1)


def test_without_an_archive_there_is_a_warning_and_a_neo4j(tool):
    """A Java that cannot make one starts the server all the same."""
    code, folder, said = tool.run(FAKE_JAVA="dies")
    assert code == 0
    assert "warning: later starts take twice as long" in said
    assert "no class data in this Java" in said
    assert [entry.name for entry in Path(folder).iterdir()] == ["lib"]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_throwaway_server_never_outlives_the_tool(tool, end):
    """Whatever ends the tool; and the next run removes what was left, and succeeds."""
    with tool.start(FAKE_JAVA="hangs") as process:
        until(lambda: tool.log(tool.java))
        time.sleep(0.3)
        process.send_signal(end)
        process.communicate()
    server = int(tool.log(tool.java)[0].split()[0])
    until(lambda: gone(server))
    code, folder, _ = tool.run()
    assert (code, tool.kept()) == (0, [Path(folder).name])
    assert len(tool.log(tool.maven)) == 1


def test_a_run_that_is_ended_while_maven_works_leaves_nothing(tool):
    """CI services end jobs with SIGTERM, which Python does not tidy up after by itself."""
    with tool.start(FAKE_SECONDS="5") as process:
        until(lambda: tool.log(tool.maven))
        process.terminate()
        process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert tool.kept() == []


def test_the_shell_is_told_of_a_java_that_is_not_on_path(tool):
    """With the exports, the emulator finds the same two."""
    folder = tool.run()[1]
    jdk = tool.bin / "jdk"
    expected = (0, f"export NEO4J_HOME={folder}\nexport JAVA_HOME={jdk}", "")
    assert tool.run("--env") == expected
    path = f"{jdk / 'bin'}:{tool.bin}"
    assert tool.run("--env", PATH=path) == (0, f"export NEO4J_HOME={folder}", "")
