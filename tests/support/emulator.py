"""The Aura emulator for tests: as a process of its own, and its control API.

with running_emulator(operation_seconds=0.1) as emulator:
    emulator.control.advance_clock(days=2)
    httpx.get(f"{emulator.url}/v1/instances", headers=emulator.authorization())
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CLIENT_ID = "emulator-client"
CLIENT_SECRET = "emulator-secret"
ORGANIZATION_ID = "a0000000-0000-4000-8000-000000000100"
PRODUCTION_PROJECT_ID = "a0000000-0000-4000-8000-000000000001"
DEVELOPMENT_PROJECT_ID = "a0000000-0000-4000-8000-000000000002"

_PROVIDER = Path(__file__).parents[2] / "provider"
_READY = re.compile(r"Aura emulator ready at (http://\S+)")
_START_SECONDS = 20.0
_STOP_SECONDS = 30.0  # databases write what they hold; seconds on a loaded machine


class EmulatorError(RuntimeError):
    """The emulator did not start, or the control API refused something."""


class EmulatorControl:
    """A thin client of the control API. Every method raises `EmulatorError` when it is refused."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=f"{url}/emulator", timeout=10, trust_env=False, transport=transport
        )

    def close(self) -> None:
        self._client.close()

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        return cast("dict[str, Any]", self._answer(method, path, **options))

    def _list(self, path: str, **options: Any) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self._answer("GET", path, **options))

    def _answer(self, method: str, path: str, **options: Any) -> object:
        answer = self._client.request(method, path, **options)
        if answer.is_error:
            raise EmulatorError(f"{method} /emulator{path}: {answer.status_code} {answer.text}")
        return answer.json()

    # the clock

    def clock(self) -> dict[str, Any]:
        """`now` (text), `seconds`, `offset_seconds`, `frozen`."""
        return self._ask("GET", "/clock")

    def now(self) -> float:
        """Seconds since the epoch on the emulator's clock."""
        return float(self.clock()["seconds"])

    def advance_clock(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> dict[str, Any]:
        """Move the clock forward; operations that end in between have ended."""
        total = seconds + 60 * minutes + 3600 * hours + 86400 * days
        return self._ask("POST", "/clock", json={"advance_seconds": total})

    def set_clock(self, moment: str) -> dict[str, Any]:
        """Set the clock to an ISO 8601 moment; back only while there is no instance."""
        return self._ask("POST", "/clock", json={"set": moment})

    def freeze_clock(self) -> dict[str, Any]:
        """From here on time passes only by `advance_clock`."""
        return self._ask("POST", "/clock", json={"frozen": True})

    def thaw_clock(self) -> dict[str, Any]:
        return self._ask("POST", "/clock", json={"frozen": False})

    # switches, faults, outcomes

    def switches(self) -> dict[str, Any]:
        return self._ask("GET", "/switches")

    def change_switches(self, **switches: Any) -> dict[str, Any]:
        """For example `change_switches(expired_token_status=401, rate_limit=25)`."""
        return self._ask("PATCH", "/switches", json=switches)

    def add_fault(
        self, kind: str, method: str | None = None, path: str | None = None, **options: Any
    ) -> int:
        """Inject a fault (see docs/reference/emulator.md); its id."""
        body = {"kind": kind, "method": method, "path": path, **options}
        return int(self._ask("POST", "/faults", json=body)["id"])

    def faults(self) -> list[dict[str, Any]]:
        """Every fault with `matched`, `applied` and `spent`."""
        return self._list("/faults")

    def remove_fault(self, number: int) -> None:
        self._ask("DELETE", f"/faults/{number}")

    def clear_faults(self) -> None:
        self._ask("DELETE", "/faults")

    def plan_operation(self, operation: str, **options: Any) -> dict[str, Any]:
        """How the next operation ends: `ending` failed or stuck, `seconds`, `status`, `times`."""
        return self._ask("POST", "/operations", json={"operation": operation, **options})

    def clear_operations(self) -> None:
        self._ask("DELETE", "/operations")

    # the record

    def requests(
        self, method: str | None = None, path: str | None = None, *, mutating: bool | None = None
    ) -> list[dict[str, Any]]:
        """The recorded requests, oldest first; `path` selects by its beginning."""
        wanted = {"method": method, "path": path, "mutating": "true" if mutating else None}
        params = {key: value for key, value in wanted.items() if value is not None}
        found = self._ask("GET", "/requests", params=params)
        return cast("list[dict[str, Any]]", found["requests"])

    def reset_requests(self) -> None:
        self._ask("DELETE", "/requests")

    def reset(self) -> None:
        """Everything as after the first start; tokens stay valid."""
        self._ask("POST", "/reset")

    # the world

    def projects(self) -> list[dict[str, Any]]:
        return self._list("/projects")

    def add_project(self, name: str, **rights: Any) -> str:
        """A project with its own `types`, `quotas`, `max_instances`, `billing` …; its id."""
        return str(self._ask("POST", "/projects", json={"name": name, **rights})["id"])

    def change_project(self, project_id: str, **rights: Any) -> dict[str, Any]:
        return self._ask("PATCH", f"/projects/{project_id}", json=rights)

    def instances(self) -> list[dict[str, Any]]:
        """Every instance as GET /v1/instances/{id} shows it, without a request being recorded."""
        return self._list("/instances")

    def change_instance(self, instance_id: str, **fields: Any) -> dict[str, Any]:
        """Set name, status, memory, storage, locked_seconds or graph counts, past every rule."""
        return self._ask("PATCH", f"/instances/{instance_id}", json=fields)

    def set_status(self, instance_id: str, status: str) -> dict[str, Any]:
        return self.change_instance(instance_id, status=status)

    def vanish(self, instance_id: str) -> None:
        """The instance is gone at once, as if destroyed elsewhere."""
        self._ask("POST", f"/instances/{instance_id}/vanish")

    def set_key_status(self, key_id: str, status: str) -> dict[str, Any]:
        """A customer-managed key is `ready` at once, or stays in any other status."""
        return self._ask("PATCH", f"/keys/{key_id}", json={"status": status})

    def snapshots(self, instance_id: str) -> list[dict[str, Any]]:
        """Every snapshot of an instance, of all days."""
        return self._list("/snapshots", params={"instance_id": instance_id})

    def plant_snapshot(self, instance_id: str, **fields: Any) -> dict[str, Any]:
        """A snapshot that was never taken: `timestamp`, `profile`, `status`, `exportable` …."""
        return self._ask("POST", "/snapshots", json={"instance_id": instance_id, **fields})

    def change_snapshot(self, snapshot_id: str, **fields: Any) -> dict[str, Any]:
        return self._ask("PATCH", f"/snapshots/{snapshot_id}", json=fields)

    def drop_snapshot(self, snapshot_id: str) -> None:
        self._ask("DELETE", f"/snapshots/{snapshot_id}")

    def dump_snapshot(self, snapshot_id: str, to: Path) -> None:
        """Write a snapshot's data as a Neo4j dump; needs databases, and takes seconds."""
        self._ask("POST", f"/snapshots/{snapshot_id}/dump", json={"to": str(to)}, timeout=120)

    # access

    def expire_tokens(self) -> None:
        """Every token issued so far has expired."""
        self._ask("POST", "/tokens/expire")

    def add_credential(
        self,
        client_id: str,
        secret: str,
        *,
        role: str = "project-admin",
        projects: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """A second credential; role project-admin, project-member or project-viewer."""
        wanted = {"client_id": client_id, "secret": secret, "role": role, "projects": projects}
        return self._ask("POST", "/credentials", json=wanted)

    def drop_credential(self, client_id: str) -> None:
        self._ask("DELETE", f"/credentials/{client_id}")


class EmulatorProcess:
    """One emulator in a process of its own. A restart keeps the state folder and the port."""

    def __init__(
        self,
        state: Path,
        *,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        self.state = state
        self._prefix = list(prefix)
        self.client_id = CLIENT_ID
        self.client_secret = CLIENT_SECRET
        self.start_seconds = 0.0
        self.errors = ""  # what the last process wrote to standard error
        self._arguments = list(arguments)
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[str] | None = None
        self._control: EmulatorControl | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """Where it answers, for example http://127.0.0.1:43121."""
        if not self._url:
            raise EmulatorError("the emulator was never started")
        return self._url

    @property
    def control(self) -> EmulatorControl:
        if self._control is None:
            self._control = EmulatorControl(self.url)
        return self._control

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start and wait for the line that says it is ready."""
        begun = time.perf_counter()
        port = self._url.rpartition(":")[2] or "0"
        command = [
            sys.executable,
            "-m",
            "aura_emulator",
            "--port",
            port,
            "--state",
            str(self.state),
        ]
        self._process = subprocess.Popen(
            [*self._prefix, *command, *self._arguments],
            env=self._full_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._url = self._ready_url()
        self.start_seconds = time.perf_counter() - begun

    def _full_environment(self) -> dict[str, str]:
        paths = [str(_PROVIDER), os.environ.get("PYTHONPATH", "")]
        path = os.pathsep.join(filter(None, paths))
        return {**os.environ, "PYTHONPATH": path, **self._environment}

    def _ready_url(self) -> str:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], _START_SECONDS)
        line = process.stdout.readline() if readable else ""
        match = _READY.match(line)
        if match is None:
            process.kill()
            _, errors = process.communicate()
            self._process = None
            raise EmulatorError(f"the emulator did not start: {line}{errors}")
        return match[1]

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """SIGKILL: what is not on disk is lost."""
        return self._end(signal.SIGKILL)

    def interrupt(self) -> int:
        """SIGINT, like Ctrl-C; the exit code."""
        return self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            _, self.errors = process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return process.returncode

    def restart(self, *, kill: bool = False) -> None:
        """Stop (or kill) and start again on the same state folder and port."""
        (self.kill if kill else self.stop)()
        self.start()

    def close(self) -> None:
        """Stop and let go of every connection."""
        if self._control is not None:
            self._control.close()
            self._control = None
        self.stop()

    # access

    def token(self) -> str:
        """A fresh token of the default credential."""
        answer = httpx.post(
            f"{self.url}/oauth/token",
            auth=(self.client_id, self.client_secret),
            data={"grant_type": "client_credentials"},
            trust_env=False,
        )
        return str(answer.raise_for_status().json()["access_token"])

    def authorization(self) -> dict[str, str]:
        """Headers for a request to the emulated API."""
        return {"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json"}

    def api(self) -> httpx.Client:
        """A client of the emulated v1 API with a token; the caller closes it."""
        return httpx.Client(
            base_url=f"{self.url}/v1", headers=self.authorization(), timeout=10, trust_env=False
        )


def emulator_arguments(**options: Any) -> list[str]:
    """`operation_seconds=1` as `--operation-seconds 1`; what is no option is a switch."""
    own = {"operation_seconds", "rate_limit", "token_seconds", "client_id", "client_secret", "host"}
    arguments: list[str] = []
    for name, value in options.items():
        if name in own:
            arguments += [f"--{name.replace('_', '-')}", str(value)]
        else:
            arguments += ["--switch", f"{name}={value}"]
    return arguments


@contextlib.contextmanager
def running_emulator(
    *,
    state: Path | None = None,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
    **options: Any,
) -> Iterator[EmulatorProcess]:
    """An emulator for the length of a block, in a folder of its own unless `state` names one.

    Options are command line options (`operation_seconds`, `rate_limit`, `token_seconds` …) or
    switches (`retention_table="classic"` …). Unless told otherwise an operation takes 0.2 seconds
    and there is no rate limit, which is what most tests want. `prefix` is a command that becomes
    the emulator.
    """
    wanted = {"operation_seconds": 0.2, "rate_limit": 0, **options}
    with contextlib.ExitStack() as stack:
        if state is None:
            state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aura-emulator-")))
        process = EmulatorProcess(
            state,
            arguments=[*emulator_arguments(**wanted), *arguments],
            environment=environment,
            prefix=prefix,
        )
        stack.callback(process.close)
        process.start()
        yield process
