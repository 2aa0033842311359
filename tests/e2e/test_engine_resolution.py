"""`tools/engine/ensure.py` finds or builds the engine: here with a fake Go and fake Pulumis."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from support.engine import ENSURE

FAKE_GO = """
echo "$*" >> "$0.log"
case $1 in
  env) printf 'go%s\n%s\n' "${FAKE_VERSION:-1.26.3}" "${FAKE_TOOLCHAIN:-local}" ;;
  list) echo "go: downloading example.org/module v1.0.0" >&2; printf 'one\ntwo\n' ;;
  build)
    [ -z "${FAKE_FAILURE:-}" ] || { echo "$FAKE_FAILURE" >&2; exit 1; }
    sleep "${FAKE_SECONDS:-0}"
    while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\necho v3.259.0\n' > "$2"
    chmod +x "$2" ;;
esac
"""
# What the fakes call; the real /usr/bin may hold a Pulumi or a Go.
NEEDED = ("chmod", "sleep")


def script(path: Path, text: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


class Toolchain:
    """A copy of tools/engine in a repository, cache and PATH of its own, with a fake Go."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.go = script(root / "go" / "go", FAKE_GO)
        for name in NEEDED:
            (self.go.parent / name).symlink_to(str(shutil.which(name)))
        self.cache = root / "cache" / "pulumi-neo4j-aura" / "engine"
        self.tool = root / "repository" / "tools" / "engine"
        shutil.copytree(ENSURE.parent, self.tool, ignore=shutil.ignore_patterns("__pycache__"))

    def start(self, *args: str, path: Iterable[Path] = (), **env: str) -> subprocess.Popen[str]:
        entries = [*map(str, path), str(self.go.parent)]
        base = {"PATH": ":".join(entries), "XDG_CACHE_HOME": str(self.root / "cache")}
        return subprocess.Popen(
            [sys.executable, str(self.tool / "ensure.py"), *args],
            env={"AURA_ENGINE": "build", **base, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *args: str, path: Iterable[Path] = (), **env: str) -> tuple[int, str, str]:
        with self.start(*args, path=path, **env) as process:
            stdout, stderr = process.communicate()
        return process.returncode, stdout.strip(), stderr.strip()

    def builds(self) -> int:
        log = Path(f"{self.go}.log")
        return log.read_text().count("build ") if log.exists() else 0

    def installation(self, version: str = "3.300.0", without: Iterable[str] = ()) -> Path:
        """A folder with a full Pulumi installation, as far as one can tell from outside."""
        folder = self.root / f"installed-{version}"
        script(folder / "pulumi", f"echo v{version}")
        for plugin in ("pulumi-language-python", "pulumi-resource-pulumi-python"):
            if plugin not in without:
                script(folder / plugin, "exit 1")
        return folder


@pytest.fixture
def toolchain(tmp_path):
    return Toolchain(tmp_path / "toolchain")


def test_the_engine_is_built_once(toolchain):
    """The first call builds, says that it takes minutes, and the second only answers, at once."""
    code, folder, said = toolchain.run()
    assert code == 0
    assert "3 to 12 minutes, once" in said
    names = {"pulumi", "pulumi-language-python", "pulumi-resource-pulumi-python"}
    assert {file.name for file in Path(folder).iterdir()} == names
    assert all(os.access(file, os.X_OK) for file in Path(folder).iterdir())
    assert toolchain.run() == (0, folder, "")
    assert toolchain.builds() == 1


def test_a_changed_host_makes_a_new_folder_but_compiles_nothing(toolchain):
    """The slow part depends on go.mod and go.sum alone."""
    _, before, _ = toolchain.run()
    with (toolchain.tool / "host" / "language_host.py").open("a") as file:
        file.write("# changed\n")
    _, after, _ = toolchain.run()
    assert before != after
    assert (Path(after).parent / "host" / "language_host.py").read_text().endswith("# changed\n")
    assert toolchain.builds() == 1


def test_two_builds_at_once_do_not_collide(toolchain):
    """The second waits for the first and takes its result."""
    with toolchain.start(FAKE_SECONDS="1") as one, toolchain.start(FAKE_SECONDS="1") as two:
        answers = {one.communicate()[0], two.communicate()[0]}
    assert len(answers) == 1
    assert (one.returncode, two.returncode) == (0, 0)
    assert toolchain.builds() == 1


def test_a_failed_build_shows_what_go_said_and_leaves_nothing(toolchain):
    """Half a build must not look like an engine to the next call."""
    code, folder, said = toolchain.run(FAKE_FAILURE="verifying module: checksum mismatch")
    assert (code, folder) == (3, "")
    assert "checksum mismatch" in said
    assert [entry.name for entry in toolchain.cache.iterdir()] == ["lock"]
    assert toolchain.run()[0] == 0


def test_what_a_killed_build_left_is_removed_by_the_next(toolchain):
    """A killed process cannot tidy up, and the compiled command is a hundred megabytes."""
    left = toolchain.cache / ".cli-3.259.0-0123456789ab.abcdefgh"
    left.mkdir(parents=True)
    assert toolchain.run()[0] == 0
    assert not left.exists()


@pytest.mark.parametrize("mode", ["auto", "path"])
def test_without_pulumi_and_go_one_sentence_says_what_to_install(toolchain, mode):
    """Exit code 3, one line, and the way out in it."""
    code, folder, said = toolchain.run(AURA_ENGINE=mode, PATH=str(toolchain.root))
    assert (code, folder) == (3, "")
    assert len(said.splitlines()) == 1
    assert "no pulumi on PATH" in said
    assert "install Pulumi as https://www.pulumi.com/docs/install/ describes" in said


@pytest.mark.parametrize(
    ("version", "toolchain_setting", "code"),
    [("1.25.9", "local", 3), ("1.25.9", "auto", 0), ("1.20.4", "auto", 3), ("1.27", "local", 0)],
)
def test_an_old_go_is_refused_unless_it_fetches_a_newer_one(
    toolchain, version, toolchain_setting, code
):
    """Go 1.21 and later get the toolchain that go.mod asks for, unless told not to."""
    answer = toolchain.run(FAKE_VERSION=version, FAKE_TOOLCHAIN=toolchain_setting)
    assert answer[0] == code
    assert (f"Go {version[:4]} cannot build one, 1.26 can" in answer[2]) == (code == 3)


def test_a_full_installation_on_path_is_preferred(toolchain):
    """Nothing is built, and `build` overrules that."""
    installation = toolchain.installation()
    answer = toolchain.run(AURA_ENGINE="auto", path=[installation])
    assert answer == (0, str(installation), "")
    assert toolchain.run(AURA_ENGINE="path", path=[installation])[1] == str(installation)
    assert toolchain.builds() == 0
    assert str(toolchain.cache) in toolchain.run(AURA_ENGINE="build", path=[installation])[1]


def test_an_installation_is_found_through_a_link_to_its_command(toolchain):
    """Package managers link `pulumi` alone into a folder on PATH; plugins lie beside the file."""
    links = toolchain.root / "links"
    links.mkdir()
    (links / "pulumi").symlink_to(toolchain.installation() / "pulumi")
    assert toolchain.run(AURA_ENGINE="path", path=[links]) == (0, str(links), "")


@pytest.mark.parametrize(
    ("version", "without", "reason"),
    [
        ("3.215.9", (), "is 3.215.9, older than 3.216.0"),
        ("3.300.0", ("pulumi-language-python",), "lacks pulumi-language-python"),
        ("3.300.0", ("pulumi-resource-pulumi-python",), "lacks pulumi-resource-pulumi-python"),
        ("unknown", (), "does not tell its version"),
    ],
)
def test_an_installation_that_will_not_do_is_passed_over(toolchain, version, without, reason):
    """`auto` builds instead; `path` refuses and says why."""
    installation = toolchain.installation(version, without)
    code, _, said = toolchain.run(AURA_ENGINE="path", path=[installation])
    assert code == 3
    assert reason in said
    assert str(toolchain.cache) in toolchain.run(AURA_ENGINE="auto", path=[installation])[1]


def test_an_engine_of_our_own_on_path_does_not_count_as_an_installation(toolchain):
    """A shell that was set up last month must not keep last month's engine in use."""
    _, folder, _ = toolchain.run()
    code, _, said = toolchain.run(AURA_ENGINE="path", path=[Path(folder)])
    assert code == 3
    assert "no pulumi on PATH" in said


def test_the_environment_is_local_and_keeps_the_users_passphrase(toolchain):
    """Exports for a shell, and the same for one command."""
    settings = toolchain.run("--env", PULUMI_CONFIG_PASSPHRASE="it's mine")[1]
    show = f"{settings}\necho $PULUMI_CONFIG_PASSPHRASE $PULUMI_BACKEND_URL; command -v pulumi"
    shown = subprocess.run(["/bin/sh", "-c", show], stdout=subprocess.PIPE, text=True, check=True)
    local = toolchain.root / "repository" / ".pulumi-local"
    folder = toolchain.run()[1]
    assert shown.stdout == f"it's mine file://{local}/state\n{folder}/pulumi\n"
    assert (local / "state").is_dir()
    command = "echo $PULUMI_HOME; exit 5"
    assert toolchain.run("--run", "/bin/sh", "-c", command) == (5, str(local / "home"), "")


def test_an_unknown_mode_is_refused(toolchain):
    """A typing error in AURA_ENGINE must not choose a road silently."""
    code, _, said = toolchain.run(AURA_ENGINE="biuld")
    assert code == 2
    assert said == "AURA_ENGINE=biuld: use auto, path or build"
