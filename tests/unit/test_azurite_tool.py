"""`tools/azurite/ensure.py` brings Azurite: here with a fake npm."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
AZURITE = REPOSITORY / "tools" / "azurite"
NPM = """#!/bin/sh
echo "$*" >> "$0.log"
[ -z "$FAKE_FAILURE" ] || { echo "npm error $FAKE_FAILURE"; exit 1; }
sleep "${FAKE_SECONDS:-0}"
[ -f package-lock.json ] && mkdir -p node_modules/.bin && echo > node_modules/.bin/azurite-blob
"""


class Tool:
    """The tool with a cache and a PATH of its own."""

    def __init__(self, root: Path) -> None:
        self.cache = root / "cache" / "pulumi-neo4j-aura" / "azurite"
        self.environment = {"XDG_CACHE_HOME": str(root / "cache"), "PATH": str(root / "bin")}
        self.bin = root / "bin"
        self.bin.mkdir()
        for name in ("sh", "sleep", "mkdir"):
            (self.bin / name).symlink_to(str(shutil.which(name)))
        for name, text in (("npm", NPM), ("node", "#!/bin/sh\n")):
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)

    def start(self, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(AZURITE / "ensure.py")],
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, **environment: str) -> tuple[int, str, str]:
        with self.start(**environment) as process:
            stdout, stderr = process.communicate()
        return process.returncode, stdout.strip(), stderr.strip()

    def npm_calls(self) -> list[str]:
        log = self.bin / "npm.log"
        return log.read_text().splitlines() if log.exists() else []

    def kept(self) -> list[str]:
        return sorted(each.name for each in self.cache.iterdir() if each.name != "lock")


@pytest.fixture
def tool(tmp_path):
    return Tool(tmp_path)


def test_the_lock_file_names_hashes_and_no_place():
    """Where packages come from is the user's setting; what they contain is ours."""
    text = (AZURITE / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]

    assert '"resolved"' not in text
    assert all(facts["integrity"] for name, facts in packages.items() if name)
    asked = json.loads((AZURITE / "package.json").read_text())["dependencies"]
    assert packages[""]["dependencies"] == asked
    assert packages["node_modules/azurite"]["version"] == asked["azurite"]


def test_azurite_is_brought_once(tool):
    """By the lock file, without running anybody's scripts; the answer is the program's path."""
    first = tool.run()
    second = tool.run()

    assert first[0] == second[0] == 0
    assert first[1] == second[1]
    assert Path(first[1]).is_file()
    assert Path(first[1]).is_relative_to(tool.cache)
    assert tool.npm_calls() == ["ci --ignore-scripts --no-audit --no-fund --loglevel=error"]


def test_of_two_at_once_one_brings_it(tool):
    """The other one waits, and finds it there."""
    with tool.start(FAKE_SECONDS="1") as one, tool.start(FAKE_SECONDS="1") as two:
        said = {each.communicate()[0] for each in (one, two)}

    assert len(said) == 1
    assert len(tool.npm_calls()) == 1


@pytest.mark.parametrize("missing", ["npm", "node"])
def test_without_npm_one_sentence_says_what_to_install(tool, missing):
    """No traceback, and an exit code of its own."""
    (tool.bin / missing).unlink()
    code, said, problem = tool.run()

    assert (code, said) == (3, "")
    assert problem == (
        f"There is no Azurite for the tests (no {missing} on PATH): "
        "install Node.js 18 or newer with npm and run this again."
    )


def test_when_npm_fails_nothing_is_kept(tool):
    """Half a folder must not be taken for Azurite the next time."""
    code, said, problem = tool.run(FAKE_FAILURE="code EINTEGRITY")

    assert (code, said) == (3, "")
    assert "npm ci ended with exit code 1: npm error code EINTEGRITY" in problem
    assert "look at your npm settings" in problem
    assert tool.kept() == []
    assert tool.run()[0] == 0
