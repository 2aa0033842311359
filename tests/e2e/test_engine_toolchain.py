"""The engine that `tools/engine` finds or builds runs programs with dynamic resources."""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest

from support.engine import PulumiProject, engine_bin, inline_stack
from support.sessions import session_members

pytestmark = pytest.mark.engine

# A dynamic resource over one JSON file: the "cloud" can be changed behind Pulumi's back.
NOTES = """
import json, os, pathlib
from pulumi import dynamic

CLOUD = pathlib.Path(os.environ["NOTES_CLOUD"])

class NoteProvider(dynamic.ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        CLOUD.write_text(json.dumps({"text": props["text"]}))
        return dynamic.CreateResult("note-1", {**props, "length": len(props["text"])})

    def diff(self, _id, olds, news):
        return dynamic.DiffResult(changes=None)

    def update(self, _id, olds, news):
        CLOUD.write_text(json.dumps({"text": news["text"]}))
        return dynamic.UpdateResult({**news, "length": len(news["text"])})

    def read(self, id_, props):
        text = json.loads(CLOUD.read_text())["text"]
        outs = {**props, "text": text, "length": len(text)}
        return dynamic.ReadResult(id_, outs, inputs={"text": text})

    def delete(self, _id, props):
        CLOUD.unlink()

class Note(dynamic.Resource, module="notes", name="Note"):
    def __init__(self, name, text):
        super().__init__(NoteProvider(), name, {"text": text, "length": None})
"""

PROGRAM = """
import pulumi
from notes import Note
note = Note("note", pulumi.Config().get("text") or "hello")
pulumi.export("length", note.length)
"""


@pytest.fixture
def cloud(tmp_path):
    return tmp_path / "cloud.json"


@pytest.fixture
def project(tmp_path, cloud):
    return PulumiProject(
        tmp_path, PROGRAM, files={"notes.py": NOTES}, env={"NOTES_CLOUD": str(cloud)}
    )


def test_a_dynamic_resource_lives_through_the_command_line(project, cloud):
    """Create, nothing to do, update, drift, repair, destroy: with the exit codes and plans."""
    project.init()
    assert project.preview_json().operations == {"note": "create"}
    project.up()
    assert project.outputs() == {"length": 5}
    assert project.preview("--expect-no-changes").exit_code == 0

    project.config_set("text", "changed")
    assert project.preview_json().changes == {"note": {"text"}}
    project.up(skip_preview=True)
    assert json.loads(cloud.read_text()) == {"text": "changed"}

    cloud.write_text('{"text": "drifted"}')
    assert project.drift().changes == {"note": {"text"}}
    found = project.refresh("--preview-only", "--expect-no-changes", check=False)
    assert found.exit_code == 7
    project.up("--refresh")
    assert json.loads(cloud.read_text()) == {"text": "changed"}

    project.destroy()
    assert not cloud.exists()
    assert project.resources() == {}


def test_a_dynamic_resource_lives_through_an_inline_program(tmp_path, cloud, monkeypatch):
    """The Automation API needs no language host; the plugin finds the class by PYTHONPATH."""
    (tmp_path / "notes.py").write_text(NOTES)
    monkeypatch.setenv("NOTES_CLOUD", str(cloud))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "notes", raising=False)
    environment = {"NOTES_CLOUD": str(cloud), "PYTHONPATH": str(tmp_path)}

    def program():
        notes = importlib.import_module("notes")
        pulumi.export("length", notes.Note("note", "hello").length)

    stack = inline_stack(program, "inline", "test", tmp_path, environment)
    assert stack.preview().change_summary == {"create": 2}
    assert stack.up().outputs["length"].value == 5
    assert stack.up().summary.resource_changes == {"same": 2}
    cloud.write_text('{"text": "drifted"}')
    assert stack.refresh().summary.resource_changes == {"update": 1, "same": 1}
    stack.destroy()
    assert not cloud.exists()


def test_an_exception_in_the_program_is_shown_with_the_users_own_frames(tmp_path):
    """The user reads the traceback of the program, not the host's, and once."""
    program = "import broken\nbroken.explode()\n"
    module = 'def explode():\n    raise ValueError("no such colour")\n'
    project = PulumiProject(tmp_path, program, files={"broken.py": module})
    project.init()
    failed = project.preview(check=False)
    assert failed.exit_code == 1
    assert "Program failed with an unhandled exception:" in failed.output
    assert "in explode" in failed.output
    assert failed.output.count("ValueError: no such colour") == 1
    assert "language_host.py" not in failed.output


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("import sys\nsys.exit(3)\n", "Program exited with non-zero exit code: 3"),
        ("import pulumi\nraise pulumi.RunError('only this line')\n", "error: only this line"),
    ],
)
def test_a_program_that_gives_up_fails_the_command_without_a_traceback(tmp_path, program, text):
    """`sys.exit(n)` and Pulumi's own RunError are messages, not crashes."""
    project = PulumiProject(tmp_path, program)
    project.init()
    failed = project.preview(check=False)
    assert failed.exit_code == 1
    assert text in failed.output
    assert "Traceback" not in failed.output


def test_a_program_runs_as_python_would_run_it(tmp_path):
    """Main thread, folder, arguments, configuration; prints are shown; `sys.exit(0)` is fine."""
    program = """
import os, signal, sys
import pulumi
signal.signal(signal.SIGUSR1, signal.SIG_DFL)  # raises outside the main thread
print("printed by the program")
pulumi.export("folder", os.getcwd())
pulumi.export("root", pulumi.runtime.get_root_directory())
pulumi.export("python", sys.executable)
pulumi.export("argv", sys.argv)
pulumi.export("known as secret", pulumi.runtime.is_config_secret("sample:word"))
pulumi.export("secret", pulumi.Config().require_secret("word"))
sys.exit(0)
"""
    project = PulumiProject(tmp_path, program)
    project.init()
    project.config_set("word", "-dashed", secret=True)
    assert "printed by the program" in project.up().output
    assert project.outputs() == {
        "folder": str(project.folder),
        "root": str(project.folder),
        "python": sys.executable,
        "argv": [str(project.folder)],
        "known as secret": True,
        "secret": "[secret]",
    }
    assert project.outputs(show_secrets=True)["secret"] == "-dashed"


LAYOUTS = {
    "as ours": {
        "Pulumi.yaml": """
name: sample
runtime: {name: python, options: {toolchain: pip, virtualenv: .venv}}
stackConfigDir: stacks
"""
    },
    "environment elsewhere": {
        "Pulumi.yaml": """
name: sample
stackConfigDir: stacks
runtime:
  name: python
  options:
    virtualenv: "../environments/one" # shared
"""
    },
    "program in a folder": {
        "Pulumi.yaml": """
name: sample
stackConfigDir: stacks
runtime: {name: python, options: {virtualenv: ROOT/environments/one}}
main: source
""",
        "source/__main__.py": PROGRAM,
        "source/notes.py": NOTES,
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_program_and_plugin_run_in_the_environment_that_the_project_names(tmp_path, cloud, layout):
    """With no variable that helps and no `python3` that could do instead."""
    files = {name: text.replace("ROOT", str(tmp_path)) for name, text in LAYOUTS[layout].items()}
    project = PulumiProject(tmp_path, PROGRAM, files={"notes.py": NOTES, **files})
    useless = tmp_path / "useless" / "python3"
    useless.parent.mkdir()
    useless.write_text("#!/bin/sh\necho wrong python >&2\nexit 1\n")
    useless.chmod(0o755)
    place = ".venv" if layout == "as ours" else "../environments/one"
    (project.folder / place).parent.mkdir(exist_ok=True)
    (project.folder / place).symlink_to(sys.prefix)
    project.env = {
        "NOTES_CLOUD": str(cloud),
        "PULUMI_PYTHON_CMD": "",
        "PATH": f"{engine_bin()}:{useless.parent}:{os.environ['PATH']}",
    }
    project.init()
    project.config_set("text", "four")
    project.up(skip_preview=True)
    assert project.outputs() == {"length": 4}
    assert (project.folder / "stacks" / "Pulumi.test.yaml").exists()


def test_a_killed_command_leaves_a_state_that_the_next_one_takes_up(project, tmp_path, cloud):
    """Kill -9 in a create: a pending operation, no host left behind, and `up` goes on."""
    gate = tmp_path / "gate"
    slow = NOTES.replace("def create(self, props):", "def create(self, props):\n        wait()")
    wait = f"""
def wait():
    import time
    pathlib.Path({str(gate)!r}).touch()
    time.sleep(60)
"""
    project.write("notes.py", wait + slow)
    project.init()
    with project.start("up", "--yes", "--skip-preview") as running:
        running.wait_until(gate.exists)
        session = running.process.pid
        assert len(session_members(session)) >= 2
        running.kill_engine_only()
        wait_until(lambda: not any("language_host" in line for line in commands_of(session)))
    assert session_members(session) == []
    pending = project.export()["pending_operations"]
    assert [operation["type"] for operation in pending] == ["creating"]

    project.write("notes.py", NOTES)
    project.cancel()
    project.up(skip_preview=True)
    assert cloud.exists()


def wait_until(condition: Callable[[], bool], timeout: float = 10.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def commands_of(session: int) -> list[str]:
    """The command lines in a session, as far as this system shows them."""
    files = [Path(f"/proc/{pid}/cmdline") for pid in session_members(session)]
    return [file.read_text() for file in files if file.exists()]
