"""Change the code that decides, one place after the other, and see that a test fails each time.

    python tools/mutation.py                        all of domain/ and planning/: half an hour
    python tools/mutation.py planning.guards domain.slot
    MUTATION_WORKERS=4 python tools/mutation.py

mutmut works in a copy, build/mutation, which is made anew: it knows no other folder for code than
`src`. Ends with 1 when fewer than nine of ten changes were noticed. Explained survivors:
docs/reference/mutation.md.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "mutation"
PACKAGE = "pulumi_neo4j_aura"
LEAST = 0.9

#: mutmut's exit codes of a mutant's tests: 0 nobody noticed, 33 no test runs it at all.
UNNOTICED = {0: "survived", 33: "untested"}

CONFIGURATION = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/pulumi_neo4j_aura/domain/*", "src/pulumi_neo4j_aura/planning/*"]
also_copy = ["stacks", "docs", "README.md"]
# A property test must try the same with and without the change.
pytest_add_cli_args = ["-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0",
  "-o", "pythonpath=src tests"]
pytest_add_cli_args_test_selection = ["tests/unit/domain", "tests/unit/planning",
  "tests/unit/reporting/test_plans.py"] # golden plans
track_dependencies = false
"""


def prepare() -> None:
    """The copy that mutmut works in."""
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(ROOT / "provider", WORK / "src")
    for name in ("tests", "stacks", "docs"):
        shutil.copytree(ROOT / name, WORK / name)
    shutil.copy(ROOT / "README.md", WORK)
    text = (ROOT / "pyproject.toml").read_text()
    (WORK / "pyproject.toml").write_text(text + CONFIGURATION)


def run(modules: list[str]) -> int:
    """Let mutmut work; its exit code says whether it could."""
    wanted = [f"{PACKAGE}.{module}.*" for module in modules]
    workers = os.environ.get("MUTATION_WORKERS") or "2"
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", workers, *wanted]
    return subprocess.run(command, cwd=WORK, check=False).returncode


def results() -> dict[str, dict[str, int]]:
    """Exit codes of the tests, by module and mutant; only of mutants that were tried."""
    found: dict[str, dict[str, int]] = {}
    folder = WORK / "mutants" / "src" / PACKAGE
    for file in sorted(folder.rglob("*.meta")):
        codes = json.loads(file.read_text())["exit_code_by_key"]
        tried = {name: code for name, code in codes.items() if code is not None}
        if tried:
            module = str(file.relative_to(folder)).removesuffix(".py.meta").replace("/", ".")
            found[module] = tried
    return found


def report(found: dict[str, dict[str, int]]) -> float:
    """Print the table and the survivors; the share that was noticed."""
    noticed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for module, codes in found.items():
        total[module] = len(codes)
        noticed[module] = sum(code not in UNNOTICED for code in codes.values())
    for module, codes in found.items():
        for name, code in sorted(codes.items()):
            if code in UNNOTICED:
                print(f"{UNNOTICED[code]:9} {name.removeprefix(f'{PACKAGE}.')}")
        print(f"{module:28} {noticed[module]:5} of {total[module]:5}")
    share = noticed.total() / max(total.total(), 1)
    print(f"{'noticed':28} {noticed.total():5} of {total.total():5}: {share:.1%}")
    return share


def main() -> int:
    """The exit code."""
    prepare()
    code = run(sys.argv[1:])
    found = results()
    if code or not found:
        print("mutation: mutmut could not work; what it said is above", file=sys.stderr)
        return code or 1
    return 0 if report(found) >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
