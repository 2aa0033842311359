"""Python language host: lets the Pulumi engine run Python programs.

Not Pulumi's own host, which is written in Go and comes with every Pulumi installation. This one is
used only with an engine that was built from source (see docs/reference/engine.md). It serves the
same gRPC interface, as far as `pulumi up`, `preview`, `refresh`, `destroy` and `about` need it, and
runs the program in the interpreter that runs the host, which the launcher has chosen.

What the program may rely on: it runs on the main thread, `__name__` is `__main__`, the working
directory and `sys.path[0]` are its folder, an uncaught exception is reported with the user's own
frames and makes the command fail.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import runpy
import sys
import threading
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    import grpc
    import pulumi
    from pulumi import runtime
    from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2
except ModuleNotFoundError as missing:
    sys.exit(
        f"{sys.executable} has no module {missing.name!r}: install the project's dependencies into "
        "that environment, or set PULUMI_PYTHON_CMD to the interpreter that has them."
    )

if TYPE_CHECKING:
    from collections.abc import Iterator

# What Pulumi's own plugins allow for one message; gRPC's 4 MB are too small for large resources.
MAX_MESSAGE_BYTES = 400 * 1024 * 1024
PARENT_CHECK_SECONDS = 1.0


@dataclass(frozen=True)
class Program:
    """One program as the engine describes it in a Run request."""

    path: Path
    working_directory: Path
    args: tuple[str, ...]

    @classmethod
    def from_request(cls, request: Any) -> Program:
        """The program of a `RunRequest`; a missing entry point means the folder itself."""
        folder = Path(request.info.program_directory or request.pwd)
        path = folder / (request.info.entry_point or ".")
        return cls(path, Path(request.pwd or folder), tuple(request.args))

    def run(self) -> None:
        """Run the program as `python <path>` would; its exceptions pass through."""
        os.chdir(self.working_directory)
        sys.argv = [str(self.path), *self.args]
        # runpy adds a folder to sys.path by itself, but not the folder of a single file.
        sys.path.insert(0, str(self.path if self.path.is_dir() else self.path.parent))
        if self.path.is_dir() and not (self.path / "__main__.py").exists():
            raise pulumi.RunError(
                f"unable to find main python program `__main__.py` in `{self.path}`"
            )
        runpy.run_path(str(self.path), run_name="__main__")


def users_traceback(error: BaseException, program: Path) -> str:
    """The traceback from the first frame that lies in the program; all of it if none does."""
    frames = traceback.extract_tb(error.__traceback__)
    starts = {str(program), str(program / "__main__.py")}
    for index, frame in enumerate(frames):
        if os.path.normpath(frame.filename) in {os.path.normpath(start) for start in starts}:
            limit = index - len(frames)
            return "".join(traceback.format_exception(error, limit=limit)).rstrip()
    return "".join(traceback.format_exception(error)).rstrip()


def failure_text(error: BaseException, program: Path) -> str | None:
    """What to tell the user about an exception that ended a program; None if it is no failure."""
    match error:
        case SystemExit(code=None | 0):
            return None
        case SystemExit(code=code):
            return f"Program exited with non-zero exit code: {code}"
        case pulumi.RunError():
            return str(error)
        case grpc.RpcError() if error.code() == grpc.StatusCode.UNAVAILABLE:
            # The engine is shutting down and has said why.
            return None
        case grpc.RpcError():
            return f"RPC error: {error.details()}"
        case _:
            return f"Program failed with an unhandled exception:\n{users_traceback(error, program)}"


def run_program(request: Any, engine_address: str) -> Any:
    """Run the program of `request` to its end and answer as the engine expects it.

    A failure is logged to the engine and answered with `bail`, which means "already told": an
    `error` text would be printed a second time.
    """
    program = Program.from_request(request)
    runtime.reset_options(
        project=request.project,
        stack=request.stack,
        root_directory=request.info.root_directory,
        parallel=request.parallel,
        engine_address=engine_address,
        monitor_address=request.monitor_address,
        preview=request.dryRun,
        organization=request.organization or "organization",
    )
    runtime.set_all_config(dict(request.config), list(request.configSecretKeys))
    try:
        _run_in_event_loop(program, request.parallel)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever else ends a program must be reported
        message = failure_text(error, program.path)
        if message is not None:
            pulumi.log.error(message)
            return language_pb2.RunResponse(bail=True)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return language_pb2.RunResponse()


def _run_in_event_loop(program: Program, parallel: int) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=max(parallel, 1) * 4)
    loop.set_default_executor(executor)
    try:
        loop.run_until_complete(runtime.run_in_stack(program.run))
    finally:
        _cancel_pending(loop)
        executor.shutdown(wait=True)
        loop.close()


def _cancel_pending(loop: asyncio.AbstractEventLoop) -> None:
    """End what a failed program left behind, else asyncio complains about destroyed tasks."""
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))


def wrong_environment(request: Any) -> str | None:
    """Why this interpreter is not the one that Pulumi.yaml asks for; None if it is, or may be.

    The launcher reads Pulumi.yaml with a regular expression, so it can be wrong; a program that
    runs silently in another environment would be worse than a refusal.
    """
    wanted = request.info.options.fields["virtualenv"].string_value
    if not wanted or os.environ.get("PULUMI_PYTHON_CMD"):
        return None
    venv = Path(request.info.root_directory, wanted)
    if not venv.exists() or venv.resolve() == Path(sys.prefix).resolve():
        return None
    return (
        f"Pulumi.yaml names the virtual environment {venv}, but the program would run in "
        f"{sys.prefix}: set PULUMI_PYTHON_CMD={venv}/bin/python."
    )


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """The engine's calls; the program is handed to the main thread, where user code expects to be.

    A host serves one Run, as the engine asks of it: preview and update get a host each. A second
    one is refused, because modules that are imported already would not register their resources.
    """

    def __init__(self, engine_address: str) -> None:
        self._engine_address = engine_address
        self._answer: Future[Any] = Future()
        self._requests: queue.Queue[Any] = queue.Queue()
        self._first = threading.Lock()

    def serve_program(self) -> None:
        """Run the program as soon as it is asked for; call this on the main thread."""
        request = self._requests.get()
        try:
            self._answer.set_result(run_program(request, self._engine_address))
        except BaseException as error:
            # The thread that waits in Run would keep this process from ending.
            self._answer.set_exception(error)
            raise

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002 - names are the protocol's
        """Run the program; returns when it and all its resources are done."""
        problem = wrong_environment(request)
        if problem is None and not self._first.acquire(blocking=False):
            problem = "this language host has run a program already"
        if problem is not None:
            return language_pb2.RunResponse(error=problem)
        self._requests.put(request)
        return self._answer.result()

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Nothing to agree on."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """The host has the version of the SDK that it runs with."""
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """No plugins: everything is in Python, and nothing is to be downloaded."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """No packages, for the same reason."""
        return language_pb2.GetRequiredPackagesResponse()

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Nothing to ask in `pulumi new`."""
        return language_pb2.RuntimeOptionsResponse()

    def About(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """The interpreter, for `pulumi about`."""
        version = ".".join(str(part) for part in sys.version_info[:3])
        return language_pb2.AboutResponse(executable=sys.executable, version=version)

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """All distributions installed in this environment, for `pulumi about`."""
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=item.name, version=item.version)
                for item in metadata.distributions()
            ]
        )

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802, ARG002
        """Installs nothing, and says so."""
        text = "This language host installs nothing: use pip in the project's environment.\n"
        yield language_pb2.InstallDependenciesResponse(stderr=text.encode())


def exit_with_parent() -> None:
    """End this process when the engine that started it is gone: it would stay for ever."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_SECONDS)
    os._exit(1)


def main(argv: list[str]) -> None:
    """Serve until the engine ends this process; the engine's address is the last argument."""
    # asyncio logs every future that a failed program leaves behind; the failure itself is reported.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    host = LanguageHost(argv[-1])
    sizes = [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ]
    server = grpc.server(ThreadPoolExecutor(max_workers=8), options=sizes)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    threading.Thread(target=exit_with_parent, daemon=True).start()
    try:
        host.serve_program()
        server.wait_for_termination()
    except KeyboardInterrupt:
        server.stop(grace=0)


if __name__ == "__main__":
    main(sys.argv)
