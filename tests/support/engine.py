"""The real Pulumi engine for tests: projects run by the command line, and inline programs.

Everything is local and offline: a project has a folder of its own with program, state and
PULUMI_HOME. Tests that use this module carry `@pytest.mark.engine`; they are never skipped. Without
an engine on PATH the first use builds one, which takes minutes once (`make engine` does it
beforehand).
"""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pulumi import automation

from support.sessions import kill_session

REPOSITORY = Path(__file__).resolve().parents[2]
ENSURE = REPOSITORY / "tools" / "engine" / "ensure.py"
SECONDS_FOR_ONE_COMMAND = 240.0


@functools.cache
def engine_bin() -> Path:
    """The folder with `pulumi` and its Python plugins; fails the test if there is none."""
    answer = subprocess.run(
        [sys.executable, str(ENSURE)], stdout=subprocess.PIPE, text=True, check=True
    )
    return Path(answer.stdout.strip())


def engine_environment(root: Path, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that tie Pulumi to `root` and to this interpreter; `env` is added last."""
    for folder in (root / "home", root / "state"):
        folder.mkdir(parents=True, exist_ok=True)
    # Absolute, because plugins run in the program's folder.
    python_path = [str(REPOSITORY / "provider"), *os.environ.get("PYTHONPATH", "").split(":")]
    return {
        "PATH": f"{engine_bin()}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_HOME": str(root / "home"),
        "PULUMI_BACKEND_URL": f"file://{root / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
        "PYTHONPATH": os.pathsep.join(
            str(Path(entry).absolute()) for entry in python_path if entry
        ),
        **(env or {}),
    }


#: From its heading to the line of the exception, which is indented no deeper.
_TRACEBACK = re.compile(r"^( *)Traceback \(most.*\n(?:\1 +.*\n|\s*\n)*.*", re.MULTILINE)


class PulumiCommandError(AssertionError):
    """A Pulumi command ended with another exit code than the test can use; shows its output."""


@dataclass(frozen=True)
class CompletedRun:
    """A Pulumi command that has ended."""

    args: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str = ""

    @property
    def output(self) -> str:
        """Both streams, stdout first."""
        return self.stdout + self.stderr

    @property
    def json(self) -> Any:
        """What the command printed with `--json`."""
        return json.loads(self.stdout)

    @property
    def tracebacks(self) -> list[str]:
        """Python's, but for those of an interrupt.

        The engine interrupts a program that still runs when a provider has failed, and Python tells
        that where it happens to be.
        """
        found = (each[0] for each in _TRACEBACK.finditer(self.output))
        return [each for each in found if "KeyboardInterrupt" not in each]

    def expect_success(self) -> Self:
        """This run; raises with the whole output unless the exit code is 0."""
        if self.exit_code != 0:
            command = " ".join(self.args)
            raise PulumiCommandError(f"pulumi {command}: exit {self.exit_code}\n{self.output}")
        return self


def name_of(urn: str) -> str:
    """The logical name of a resource."""
    return urn.rsplit("::", 1)[-1]


def is_pulumis_own(urn: str) -> bool:
    """Whether a resource is the stack or a provider, which the engine adds by itself."""
    kind = urn.split("::")[-2].rsplit("$", 1)[-1]
    return kind.startswith(("pulumi:pulumi:", "pulumi:providers:"))


@dataclass(frozen=True)
class Preview:
    """The JSON of `pulumi preview --json`, or of `refresh --preview-only --json`."""

    document: dict[str, Any]

    @property
    def steps(self) -> dict[str, dict[str, Any]]:
        """The engine's step for each resource, by logical name; stack and providers left out."""
        steps = {step["urn"]: step for step in self.document.get("steps", [])}
        return {name_of(urn): step for urn, step in steps.items() if not is_pulumis_own(urn)}

    @property
    def operations(self) -> dict[str, str]:
        """Logical name to the engine's word: `create`, `same`, `update`, `replace`, `delete`."""
        return {name: step["op"] for name, step in self.steps.items()}

    @property
    def changes(self) -> dict[str, set[str]]:
        """Logical name to the property paths that differ, for resources that change."""
        return {
            name: set(step["detailedDiff"])
            for name, step in self.steps.items()
            if step.get("detailedDiff")
        }


@dataclass
class RunningPulumi:
    """A Pulumi command that has not ended; a context manager that leaves no process behind."""

    args: tuple[str, ...]
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def output(self) -> str:
        """What was printed so far, both streams."""
        return self.log.read_text()

    def interrupt(self) -> None:
        """What one Ctrl-C does: the engine waits for running steps, saves and ends."""
        self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """`kill -9` to the command and all its plugins at once, as a lost machine would."""
        kill_session(self.process.pid)
        self.process.wait()

    def kill_engine_only(self) -> None:
        """`kill -9` to the command; its plugins notice by themselves, or stay until `kill`."""
        self.process.kill()
        self.process.wait()

    def wait(self, timeout: float = SECONDS_FOR_ONE_COMMAND) -> CompletedRun:
        """The end of the command; past `timeout` seconds it is killed and the test fails."""
        try:
            exit_code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise PulumiCommandError(f"not done after {timeout} s:\n{self.output}") from None
        return CompletedRun(self.args, exit_code, self.output)

    def wait_until(
        self, condition: Callable[[], bool], timeout: float = 60.0, interval: float = 0.05
    ) -> None:
        """Wait for something that the command causes; fails when it ends before or in time-out."""
        deadline = time.monotonic() + timeout
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise PulumiCommandError(f"it did not come to that:\n{self.output}")
            time.sleep(interval)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


@dataclass
class PulumiProject:
    """A Pulumi project in a folder of its own, driven by the command line, offline.

    Args:
        root: an empty folder of the test (`tmp_path`).
        program: the text of `__main__.py`.
        name: the project's name.
        files: more files by relative path, such as a module with resources (importable by program
            and plugin) or another `Pulumi.yaml`.
        env: variables for every command, such as credentials and the emulator's address.

    Commands answer a `CompletedRun`, and raise with the whole output when they fail, unless
    `check=False`.
    """

    root: Path
    program: str
    name: str = "sample"
    files: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = f"name: {self.name}\nruntime: python\n"
        self.write("Pulumi.yaml", settings)
        self.write("__main__.py", self.program)
        for path, text in self.files.items():
            self.write(path, text)

    @property
    def folder(self) -> Path:
        """The project's folder, with Pulumi.yaml and program."""
        return self.root / "project"

    def write(self, path: str, text: str) -> None:
        """Write or replace a file of the project, for instance a changed `__main__.py`."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """All variables of a command: the machine's without any of Pulumi's, then ours."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        return {**kept, **engine_environment(self.root, {**self.env, **(env or {})})}

    def start(self, *args: str, env: Mapping[str, str] | None = None) -> RunningPulumi:
        """Start a command in a session of its own; the caller kills it or waits for it."""
        log = self.root / f"run-{time.monotonic_ns()}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                self._command(args),
                cwd=self.folder,
                env=self.environment(env),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return RunningPulumi(args, process, log)

    def run(
        self,
        *args: str,
        check: bool = False,
        env: Mapping[str, str] | None = None,
        timeout: float = SECONDS_FOR_ONE_COMMAND,
    ) -> CompletedRun:
        """Run any command to its end, `--non-interactive` and without colours."""
        with subprocess.Popen(
            self._command(args),
            cwd=self.folder,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                stdout, stderr = process.communicate(timeout=timeout)
            except BaseException:
                kill_session(process.pid)
                raise
        done = CompletedRun(args, process.returncode, stdout, stderr)
        return done.expect_success() if check else done

    @staticmethod
    def _command(args: tuple[str, ...]) -> list[str]:
        return [str(engine_bin() / "pulumi"), "--non-interactive", "--color", "never", *args]

    def init(self, stack: str = "test") -> CompletedRun:
        """Create a stack and select it."""
        return self.run("stack", "init", stack, check=True)

    def config_set(self, key: str, value: str, *, secret: bool = False) -> CompletedRun:
        """Set a value of the stack's configuration."""
        kind = "--secret" if secret else "--plaintext"
        return self.run("config", "set", key, kind, "--", value, check=True)

    def up(
        self,
        *args: str,
        check: bool = True,
        skip_preview: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> CompletedRun:
        """`pulumi up`; `skip_preview` halves the time where the preview is not of interest."""
        skip = ("--skip-preview",) if skip_preview else ()
        return self.run("up", "--yes", *skip, *args, check=check, env=env)

    def preview(
        self, *args: str, check: bool = True, env: Mapping[str, str] | None = None
    ) -> CompletedRun:
        """`pulumi preview`, for people; see `preview_json` for what to compare with."""
        return self.run("preview", *args, check=check, env=env)

    def preview_json(self, *args: str, env: Mapping[str, str] | None = None) -> Preview:
        """`pulumi preview --json`, parsed."""
        return Preview(self.preview("--json", *args, env=env).json)

    def refresh(
        self, *args: str, check: bool = True, env: Mapping[str, str] | None = None
    ) -> CompletedRun:
        """`pulumi refresh`: takes over what is found, unless `--preview-only` is among `args`."""
        confirm = () if "--preview-only" in args else ("--yes",)
        return self.run("refresh", *confirm, *args, check=check, env=env)

    def drift(self, *args: str, env: Mapping[str, str] | None = None) -> Preview:
        """What a refresh would change, nothing written."""
        return Preview(self.refresh("--preview-only", "--json", *args, env=env).json)

    def destroy(
        self, *args: str, check: bool = True, env: Mapping[str, str] | None = None
    ) -> CompletedRun:
        """`pulumi destroy`."""
        return self.run("destroy", "--yes", *args, check=check, env=env)

    def cancel(self) -> CompletedRun:
        """`pulumi cancel`: take away the lock that a killed command left."""
        return self.run("cancel", "--yes", check=True)

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs; secrets are `[secret]` unless asked for."""
        secrets = ("--show-secrets",) if show_secrets else ()
        answer: dict[str, Any] = self.run("stack", "output", "--json", *secrets, check=True).json
        return answer

    def export(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The deployment in the stack's state: `resources`, `pending_operations` and so on."""
        secrets = ("--show-secrets",) if show_secrets else ()
        answer: dict[str, Any] = self.run("stack", "export", *secrets, check=True).json
        deployment: dict[str, Any] = answer["deployment"]
        return deployment

    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources in the state by logical name; stack and providers left out."""
        found = {item["urn"]: item for item in self.export().get("resources", [])}
        return {name_of(urn): item for urn, item in found.items() if not is_pulumis_own(urn)}


def inline_stack(
    program: Callable[[], None],
    project: str,
    stack: str,
    root: Path,
    env: Mapping[str, str] | None = None,
) -> automation.Stack:
    """A stack whose program is a function of the test; needs no language host.

    Classes of dynamic resources must be importable by the plugin: put their folder into
    PYTHONPATH with `env`, or take them from an installed package.
    """
    # PulumiCommand wants a folder that holds bin/pulumi, whatever the engine's folder is called.
    installation = root / "installation"
    installation.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        (installation / "bin").symlink_to(engine_bin())
    work = root / "inline"
    work.mkdir(exist_ok=True)
    variables = engine_environment(root, env)
    return automation.create_or_select_stack(
        stack,
        project_name=project,
        program=program,
        opts=automation.LocalWorkspaceOptions(
            work_dir=str(work),
            pulumi_home=variables["PULUMI_HOME"],
            pulumi_command=automation.PulumiCommand(str(installation)),
            env_vars=variables,
            project_settings=automation.ProjectSettings(
                project,
                "python",
                backend=automation.ProjectBackend(variables["PULUMI_BACKEND_URL"]),
            ),
        ),
    )
