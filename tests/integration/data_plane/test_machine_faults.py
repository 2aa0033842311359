"""What machines do to the emulator: no Java, no room, no port, dead processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from support.databases import (
    Databases,
    alive,
    neo4j_home,
    running_databases,
    servers_below,
    wait_until,
)
from support.emulator import EmulatorError, EmulatorProcess, running_emulator

pytestmark = pytest.mark.neo4j


# --- it cannot start ------------------------------------------------------------------------------


def _refused(tmp_path: Path, **environment: str) -> str:
    """What the emulator says when it will not start."""
    arguments = ["--data-plane", "neo4j"]
    emulator = EmulatorProcess(tmp_path / "state", arguments=arguments, environment=environment)
    with pytest.raises(EmulatorError) as refused:
        emulator.start()
    text = str(refused.value).removeprefix("the emulator did not start: ")
    assert text.count("\n") == 1, text
    return text


def test_without_neo4j_it_says_what_is_missing(tmp_path, monkeypatch):
    """And how to go on without databases."""
    monkeypatch.delenv("NEO4J_HOME", raising=False)
    said = _refused(tmp_path)
    assert "No Neo4j: set NEO4J_HOME" in said
    assert "--data-plane none" in said


def test_without_java_it_says_what_is_missing(tmp_path, monkeypatch):
    """A PATH without Java, and none where systems keep theirs."""
    said = _refused(tmp_path, NEO4J_HOME=str(neo4j_home()), JAVA_HOME=str(tmp_path))
    assert f"JAVA_HOME={tmp_path} has no bin/java that answers" in said


def test_a_java_that_is_too_old_is_named(tmp_path):
    """With the version that is needed."""
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    said = _refused(tmp_path, NEO4J_HOME=str(neo4j_home()), JAVA_HOME=str(tmp_path))
    assert "is Java 11" in said
    assert "needs Java 17 or newer" in said


def test_a_java_that_does_not_run_neo4j_ends_in_loading_failed(tmp_path):
    """The documented state, with the program's last words; it can be deleted."""
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(
        '#!/bin/sh\ncase "$1" in -version) echo \'openjdk version "17.0.1"\' >&2;; *)'
        " echo 'Error: could not create the virtual machine'; exit 1;; esac\n"
    )
    java.chmod(0o755)
    with running_databases(environment={"JAVA_HOME": str(tmp_path)}) as databases:
        broken = databases.create(wait=False)
        databases.wait(broken, "loading failed")
        assert "could not create the virtual machine" in databases.condition(broken)["error"]
        databases.ask("DELETE", f"/instances/{broken}")
        wait_until(databases.control.instances, lambda left: left == [])


def test_a_second_emulator_in_the_folder_is_refused(databases, orders):
    """It touches nothing: the first one's server goes on."""
    process = databases.condition(orders)["pid"]
    second = EmulatorProcess(
        databases.emulator.state,
        arguments=["--data-plane", "neo4j"],
        environment={"NEO4J_HOME": str(neo4j_home())},
    )
    with pytest.raises(EmulatorError, match=r"Another emulator .* uses the state folder"):
        second.start()
    assert alive(process)
    assert databases.names(orders) == ["first"]


def test_a_folder_of_instances_without_data_is_refused(tmp_path):
    """And the other way round: a state folder belongs to one kind of emulator."""
    with running_emulator(state=tmp_path) as emulator:
        Databases(emulator).create()
    assert "made with --data-plane none, not neo4j" in _refused_in(tmp_path)


def _refused_in(state: Path) -> str:
    emulator = EmulatorProcess(
        state,
        arguments=["--data-plane", "neo4j"],
        environment={"NEO4J_HOME": str(neo4j_home())},
    )
    with pytest.raises(EmulatorError) as refused:
        emulator.start()
    return str(refused.value)


# --- ports ----------------------------------------------------------------------------------------


def test_a_port_that_was_taken_leaves_the_instance_paused(databases, orders):
    """Its address must not change, so it waits; resumed when the port is free, it has its data."""
    databases.ask("POST", f"/instances/{orders}/pause")
    databases.wait(orders, "paused")
    port = databases.condition(orders)["port"]
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        databases.ask("POST", f"/instances/{orders}/resume")
        databases.wait(orders, "paused")
        assert "Neo4j ended while it started" in databases.condition(orders)["error"]
        assert servers_below(databases.emulator.state / "neo4j" / "instances" / orders) == []
    databases.ask("POST", f"/instances/{orders}/resume")
    databases.wait(orders)
    assert databases.names(orders) == ["first"]


def test_the_port_of_a_paused_instance_stays_its_own(databases, orders):
    """Nobody else gets it, neither a program nor another emulator."""
    databases.ask("POST", f"/instances/{orders}/pause")
    databases.wait(orders, "paused")
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", databases.condition(orders)["port"]))


# --- processes that die ---------------------------------------------------------------------------


def test_a_server_that_is_killed_comes_back(databases, orders):
    """Resuming until it answers; everything that was acknowledged is there."""
    databases.write(orders, "acknowledged")
    process = databases.condition(orders)["pid"]
    os.kill(process, signal.SIGKILL)
    # Its last threads may take a moment to end.
    seen = wait_until(lambda: databases.status(orders), lambda status: status != "running")
    assert seen == "resuming"
    databases.wait(orders)
    assert databases.condition(orders)["pid"] != process
    assert databases.names(orders) == ["acknowledged", "first"]


def test_a_server_that_is_killed_while_it_starts_ends_in_loading_failed(databases):
    """The state that the documents have for it; deleting it leaves nothing."""
    doomed = databases.create(wait=False)
    process = wait_until(lambda: databases.condition(doomed)["pid"], bool)
    os.kill(process, signal.SIGKILL)
    databases.wait(doomed, "loading failed")
    assert "Neo4j ended while it started" in databases.condition(doomed)["error"]
    databases.ask("DELETE", f"/instances/{doomed}")
    folder = databases.emulator.state / "neo4j" / "instances" / doomed
    wait_until(folder.exists, lambda exists: not exists)


def test_a_server_that_is_killed_around_a_snapshot_leaves_a_whole_one(databases, orders):
    """Its files are what a power cut leaves, and so is the copy: recovery opens both."""
    databases.settle_snapshots(orders)
    process = databases.condition(orders)["pid"]
    taken = databases.take(orders, wait=False)
    os.kill(process, signal.SIGKILL)
    rows = databases.settle_snapshots(orders)
    assert {row["status"] for row in rows if row["snapshot_id"] == taken} == {"Completed"}
    databases.wait(orders)
    databases.write(orders, "second")
    databases.restore(orders, taken)
    assert databases.names(orders) == ["first"]


def test_a_load_that_is_killed_ends_in_loading_failed(databases, orders, tmp_path):
    """`neo4j-admin` dies in the middle; no process and no half-loaded data stays."""
    taken = databases.take(orders)
    databases.control.dump_snapshot(taken, tmp_path / "orders.dump")
    answer = databases.put(orders, dump=str(tmp_path / "orders.dump"))
    assert answer.status_code == 202
    stage = databases.emulator.state / "neo4j" / "instances" / orders / "stage"
    [process] = wait_until(lambda: _programs_of(stage), bool)
    os.kill(process, signal.SIGKILL)
    databases.wait(orders, "loading failed")
    assert not stage.exists()


def _programs_of(stage: Path) -> list[int]:
    """Programs whose home is `stage` itself."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(word.endswith(f"={stage}") for word in process.info["cmdline"] or ())
    ]


def test_a_strangers_process_is_never_ended(tmp_path):
    """One that has a recorded number, and one that is as old but names another folder."""
    with running_databases(state=tmp_path / "state") as databases:
        instance = databases.create()
        run = tmp_path / "state" / "neo4j" / "instances" / instance / "home" / "run"
        databases.emulator.kill()
        server = int((run / "pid").read_text())
        os.kill(server, signal.SIGKILL)
        stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        try:
            started = psutil.Process(stranger.pid).create_time()
            (run / "pid").write_text(str(stranger.pid))
            (run / "pid.started").write_text(f'{{"pid": {stranger.pid}, "started": {started}}}')
            databases.emulator.start()
            databases.wait(instance)
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()


# --- no room --------------------------------------------------------------------------------------


def test_a_full_disk_fails_the_snapshot_and_harms_nothing(tmp_path):
    """Failed in the list, the reason at hand, no part of a copy left; the server goes on."""
    state = tmp_path / "state"
    state.mkdir()
    with running_databases(state=state, prefix=_on_a_small_disk(state)) as databases:
        disk = Path(f"/proc/{databases.emulator.pid}/root{state}")
        instance = databases.create()
        databases.settle_snapshots(instance)
        databases.write(instance, "first")
        _fill(disk / "filler")
        taken = databases.take(instance, wait=False)
        rows = databases.settle_snapshots(instance)
        assert {row["status"] for row in rows if row["snapshot_id"] == taken} == {"Failed"}
        assert "No space left" in databases.condition(instance)["error"]
        assert list((disk / "neo4j" / "copies" / instance).glob("*.part")) == []
        assert databases.names(instance) == ["first"]
        (disk / "filler").unlink()
        assert databases.take(instance)


def test_a_full_disk_fails_a_clone_and_leaves_nothing(tmp_path):
    """Its state is the documented one; there is room again when it is deleted."""
    state = tmp_path / "state"
    state.mkdir()
    with running_databases(state=state, prefix=_on_a_small_disk(state)) as databases:
        disk = Path(f"/proc/{databases.emulator.pid}/root{state}")
        instance = databases.create()
        taken = databases.take(instance)
        _fill(disk / "filler")
        source = {"source_instance_id": instance, "source_snapshot_id": taken}
        clone = databases.create("clone", wait=False, **source)
        databases.wait(clone, "loading failed")
        assert "No space left" in databases.condition(clone)["error"]
        databases.ask("DELETE", f"/instances/{clone}")
        wait_until((disk / "neo4j" / "instances" / clone).exists, lambda exists: not exists)
        assert databases.status(instance) == "running"


def _on_a_small_disk(state: Path) -> list[str]:
    """A command that mounts 24 MB that nobody else sees, and becomes the emulator."""
    prefix = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=24m none '{state}'"
    if subprocess.run([*prefix, mount], capture_output=True, check=False).returncode:
        pytest.skip("there is no way to mount a file system here")
    return [*prefix, f'{mount} && exec "$0" "$@"']


def _fill(file: Path) -> None:
    """Leave 300 kB, less than a store needs."""
    free = shutil.disk_usage(file.parent).free
    file.write_bytes(bytes(max(0, free - 300_000)))
