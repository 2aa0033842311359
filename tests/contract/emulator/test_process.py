"""The emulator as a program: how it starts, stops, dies and comes back."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from contract.emulator.world import wanted
from support.emulator import EmulatorError, EmulatorProcess, running_emulator

PROVIDER = Path(__file__).parents[3] / "provider"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aura_emulator", *arguments],
        env={**os.environ, "PYTHONPATH": str(PROVIDER), **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_it_starts_quickly_says_where_it_is_and_stops_cleanly(tmp_path: Path) -> None:
    """Well under a second on a free machine; SIGTERM ends it with 0."""
    process = EmulatorProcess(tmp_path / "new" / "state")
    process.start()
    print(f"ready after {process.start_seconds:.3f} s")  # noqa: T201
    assert process.start_seconds < 5
    assert httpx.get(f"{process.url}/emulator", trust_env=False).status_code == 200
    assert process.stop() == 0


def test_it_stops_at_an_interrupt_even_in_the_middle_of_an_answer(tmp_path: Path) -> None:
    """Ctrl-C: exit code 0, no traceback; an answer that takes too long is not waited for."""
    process = EmulatorProcess(tmp_path)
    process.start()
    process.control.add_fault("delay", seconds=60)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(httpx.get, f"{process.url}/v1/tenants", timeout=30, trust_env=False)
        while not process.control.faults()[0]["matched"]:
            time.sleep(0.01)
        process.control.close()
        assert process.interrupt() == 0
        assert hanging.exception() or hanging.result().status_code == 500
    assert process.errors == ""


def test_the_state_survives_a_kill(tmp_path: Path) -> None:
    """Instances, busy states, snapshots, projects, tokens and the clock, on the same address."""
    with running_emulator(state=tmp_path, operation_seconds=3600) as process:
        # Far from the hour of the day in which a scheduled snapshot would be under way.
        process.control.set_clock("2030-01-01T12:00:00Z")
        with process.api() as api:
            project = process.control.add_project("Own")
            made = api.post("/instances", json=wanted(tenant_id=project)).json()["data"]["id"]
            process.control.advance_clock(days=2)
            taken = api.post(f"/instances/{made}/snapshots").json()["data"]["snapshot_id"]
            api.post(f"/instances/{made}/pause")
            before = process.control.clock()["offset_seconds"]
        assert process.kill() == -9
        process.start()
        with process.api() as again:
            assert again.get(f"/instances/{made}").json()["data"]["status"] == "pausing"
            snapshot = again.get(f"/instances/{made}/snapshots/{taken}").json()["data"]
            assert snapshot["status"] == "Pending"
        assert process.control.clock()["offset_seconds"] == before
        assert project in [item["id"] for item in process.control.projects()]
        process.control.advance_clock(hours=1)
        [instance] = process.control.instances()
        assert instance["status"] == "paused"


def test_a_token_outlives_a_restart(tmp_path: Path) -> None:
    """A client need not notice."""
    with running_emulator(state=tmp_path) as process:
        headers = process.authorization()
        process.restart()
        answer = httpx.get(f"{process.url}/v1/tenants", headers=headers, trust_env=False)
        assert answer.status_code == 200


def test_a_second_emulator_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    """With a sentence that names the folder and the way out; the first one goes on."""
    with running_emulator(state=tmp_path) as first:
        second = run("--port", "0", "--state", str(tmp_path))
        assert (second.returncode, second.stdout) == (1, "")
        assert f"Another emulator (process {first.pid}) uses the state folder" in second.stderr
        assert "--state" in second.stderr
        assert second.stderr.count("\n") == 1
        assert first.control.instances() == []
    with running_emulator(state=tmp_path):
        pass


def test_an_address_in_use_is_one_sentence(tmp_path: Path) -> None:
    """Exit code 1, no traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = run("--port", port, "--state", str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"aura_emulator: Cannot listen on 127.0.0.1:{port}")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--switch", "colour=blue"),
        ("--switch", "colour"),
        ("--rate-limit", "many"),
        ("--expired-token-status", "404"),
    ],
)
def test_wrong_arguments_are_one_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Exit code 2, no traceback, nothing written."""
    refused = run("--state", str(tmp_path / "state"), *arguments)
    assert refused.returncode == 2
    assert refused.stderr.startswith("aura_emulator: ")
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "state").exists()


def test_a_state_folder_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    """A file in its place, for example."""
    (tmp_path / "file").write_text("")
    refused = run("--port", "0", "--state", str(tmp_path / "file"))
    assert refused.returncode == 1
    assert "cannot be used" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_help_loads_no_web_server() -> None:
    """`--help` answers at once, and names where the state is by default."""
    shown = run("--help", XDG_STATE_HOME="/somewhere", PYTHONPROFILEIMPORTTIME="1")
    assert shown.returncode == 0
    assert "/somewhere/pulumi-neo4j-aura/emulator" in "".join(shown.stdout.split())
    assert "uvicorn" not in shown.stderr
    assert "starlette" not in shown.stderr


def test_credentials_and_switches_come_from_the_command_line(tmp_path: Path) -> None:
    """The default secret is then no longer valid."""
    with running_emulator(
        state=tmp_path, client_secret="mine", token_seconds=60, retention_table="classic"
    ) as process:
        with pytest.raises(httpx.HTTPStatusError):
            process.token()
        process.client_secret = "mine"
        assert process.token()
        assert process.control.switches()["retention_table"] == "classic"


def test_a_start_that_fails_raises(tmp_path: Path) -> None:
    """With what the emulator said."""
    process = EmulatorProcess(tmp_path, arguments=["--switch", "colour=blue"])
    with pytest.raises(EmulatorError, match="there is no switch 'colour'"):
        process.start()


def test_one_answer_does_not_wait_for_the_network(process: EmulatorProcess) -> None:
    """Sent as head and body, an answer must not wait 40 ms for an acknowledgement in between."""
    with process.api() as api:
        instance = api.post("/instances", json=wanted()).json()["data"]["id"]
        answers = [api.get(f"/instances/{instance}") for _ in range(30)]
    fastest = min(answer.elapsed.total_seconds() for answer in answers[1:])
    assert fastest < 0.03
