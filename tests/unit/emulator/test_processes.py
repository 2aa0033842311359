"""No program outlives its emulator unnoticed, and no other program is ever ended."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from aura_emulator.data_plane.neo4j import processes
from support.databases import alive, wait_until

PROVIDER = Path(processes.__file__).parents[3]


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def record(home):
    return home / "pid"


@pytest.fixture
def start(home, record):
    """Starts a program that names the home, as a server does; ends it after the test."""
    started = []

    def begin():
        command = [sys.executable, "-c", "import time; time.sleep(60)", f"--home-dir={home}"]
        with (home / "console").open("wb") as output:
            process = processes.launch(record, command, output, os.environ)
        started.append(process)
        wait_until(record.exists, bool)
        wait_until(lambda: process.poll() or str(home) in _words(process.pid), bool)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def _words(pid: int) -> str:
    return " ".join(psutil.Process(pid).cmdline())


def lives(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None


def test_a_program_that_was_left_is_ended(start, record, home):
    """By its id, its start and its command line."""
    process = start()
    known = json.loads(record.with_suffix(".started").read_text())
    assert known["pid"] == int(record.read_text()) == process.pid
    assert processes.reap(record, home)
    assert not alive(process.pid)
    assert not processes.reap(record, home)


def test_a_program_that_is_held_is_ended_too(start, record, home):
    """Its emulator was killed while it took a snapshot."""
    process = start()
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: psutil.Process(process.pid).status(), lambda seen: seen == "stopped")
    assert processes.reap(record, home)
    assert not alive(process.pid)


def test_a_program_whose_start_was_not_written_down_is_ended(start, record, home):
    """Its emulator died in between; the shell wrote the id itself."""
    process = start()
    record.with_suffix(".started").unlink()
    assert processes.reap(record, home)
    assert not alive(process.pid)


def test_a_program_that_started_at_another_time_is_a_strangers(start, record, home):
    """The number was given out again, to the server of the emulator that runs in this folder."""
    process = start()
    started = psutil.Process(process.pid).create_time()
    record.with_suffix(".started").write_text(
        json.dumps({"pid": process.pid, "started": started - 60})
    )
    assert not processes.reap(record, home)
    assert lives(process)


def test_a_program_that_does_not_name_the_folder_is_a_strangers(start, record, tmp_path):
    """Whatever its id and its start are."""
    process = start()
    assert not processes.reap(record, tmp_path / "another")
    record.with_suffix(".started").unlink()
    assert not processes.reap(record, tmp_path / "another")
    assert lives(process)


def test_another_users_process_is_let_be(start, record, home, monkeypatch):
    """A system need not even show what it is; that must not keep an emulator from starting."""
    process = start()

    def refuse(_):
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "cmdline", refuse)
    assert not processes.reap(record, home)
    assert lives(process)


def test_a_record_of_before_hides_nothing(start, record, home):
    """The emulator dies right after it started a program, before it wrote down when that began.

    An older start time in the folder, of a process that is gone, must not stand for this one.
    """
    record.with_suffix(".started").write_text(json.dumps({"pid": 2**22 + 1, "started": 1.0}))
    dying = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from aura_emulator.data_plane.neo4j import processes\n"
        "processes._write = lambda *_: os._exit(9)\n"
        "record, home = Path(sys.argv[1]), sys.argv[2]\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)', f'--home-dir={home}']\n"
        "processes.launch(record, sleep, open(os.devnull, 'wb'), os.environ)\n"
    )
    subprocess.run(
        [sys.executable, "-c", dying, str(record), str(home)],
        env={**os.environ, "PYTHONPATH": str(PROVIDER)},
        check=False,
    )
    wait_until(record.exists, bool)
    left = psutil.Process(int(record.read_text()))
    wait_until(lambda: str(home) in " ".join(left.cmdline()), bool)
    assert processes.reap(record, home)
    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE


def test_nothing_was_written_down_and_nothing_is_ended(record, home):
    """A new folder, or one whose record is damaged."""
    assert not processes.reap(record, home)
    record.write_text("no number")
    record.with_suffix(".started").write_text("{")
    assert not processes.reap(record, home)


def test_a_program_that_ended_in_sight_is_forgotten(start, record, home):
    start()
    processes.forget(record)
    assert [path.name for path in home.iterdir()] == ["console"]
