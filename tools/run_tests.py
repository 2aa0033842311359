"""Run the tests with coverage, and make sure that they really ran (`make test`).

    python tools/run_tests.py                everything; coverage is judged
    python tools/run_tests.py tests/unit     a part; coverage is shown only

Fails when a test fails, when none ran, when a test that needs the engine, Neo4j or an object store
was skipped, and when coverage is too low. Prints pytest's closing line last. Plugins and emulator
run as processes of their own; coverage follows them (`patch` in pyproject.toml).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "test-results.xml"
CLOSING_LINE = ROOT / "build" / "test-summary.txt"
COVERAGE = (sys.executable, "-m", "coverage")
# Code that decides what is deleted has no untested branch.
COMPLETE = "*/pulumi_neo4j_aura/domain/*,*/pulumi_neo4j_aura/planning/*"
# What needs the engine, a real Neo4j or real object stores.
NEVER_SKIPPED = (
    "tests.e2e",
    "tests.integration.data_plane",
    "tests.integration.graph",
    "tests.integration.exports",
    "tests.contract.vault",
)
# Enough to see which module to look at when the run gets slow.
SLOWEST_SHOWN = 15


def pytest_command(selection: list[str]) -> list[str]:
    """The command line; one worker per module at a time, so that module fixtures start once."""
    workers = os.environ.get("TEST_WORKERS") or "2"
    options = [
        f"--numprocesses={workers}",
        "--dist=loadscope",
        f"--durations={SLOWEST_SHOWN}",
        f"--junit-xml={RESULTS}",
        f"--color={'yes' if sys.stdout.isatty() else 'no'}",
    ]
    return [*COVERAGE, "run", "-m", "pytest", *options, *selection]


def run_pytest(selection: list[str]) -> tuple[int, str]:
    """Run pytest, showing its output as it comes; answers the exit code and the closing line."""
    last = ""
    with subprocess.Popen(
        pytest_command(selection), cwd=ROOT, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdout is not None  # noqa: S101 - for the type checker
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
    return process.returncode, last


def problems_with_run() -> list[str]:
    """Why the results cannot be believed although pytest was content."""
    if not RESULTS.exists():
        return ["pytest wrote no results"]
    cases = list(ET.parse(RESULTS).getroot().iter("testcase"))  # noqa: S314 - our own file
    skipped = [case for case in cases if case.find("skipped") is not None]
    if len(cases) == len(skipped):
        return ["no test ran"]
    return [
        f"{case.get('classname')}.{case.get('name')} was skipped: such tests never are"
        for case in skipped
        if (case.get("classname") or "").startswith(NEVER_SKIPPED) and not lacks_something(case)
    ]


def lacks_something(case: ET.Element) -> bool:
    """Whether a test wants what this machine lacks: others' dumps, or the right to mount a disk."""
    reason = case.find("skipped")
    return reason is not None and (reason.get("message") or "").startswith("there is no ")


def coverage(*args: str) -> int:
    """Run one coverage command; its exit code."""
    return subprocess.run([*COVERAGE, *args], cwd=ROOT, check=False).returncode


def judge_coverage(*, everything: bool) -> list[str]:
    """Print the report; what is below its limit, if all tests ran."""
    coverage("combine", "--quiet")
    if not everything:
        coverage("report")
        return []
    found = []
    if coverage("report", "--fail-under=90") != 0:
        found.append("less than 90 % of the branches are covered")
    if coverage("report", f"--include={COMPLETE}", "--fail-under=100") != 0:
        found.append("less than 100 % of domain and planning is covered")
    return found


def main(selection: list[str]) -> int:
    """Run, judge, sum up; 0 if everything is as it should be."""
    start = time.monotonic()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.unlink(missing_ok=True)
    coverage("erase")
    code, closing_line = run_pytest(selection)
    problems = [] if code == 0 else [f"pytest ended with exit code {code}"]
    problems += problems_with_run()
    problems += judge_coverage(everything=not selection)
    for problem in problems:
        print(f"FAILED: {problem}")
    print(f"tests and coverage took {time.monotonic() - start:.0f} s")
    print(closing_line)
    CLOSING_LINE.write_text(f"{closing_line}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
