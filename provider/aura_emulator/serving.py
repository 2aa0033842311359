"""Runs the application on a socket: lock, listen, say so, stop cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from aura_emulator.control_plane import lifecycle
from aura_emulator.control_plane.aura import OtherDataPlaneError
from aura_emulator.faults.injector import ABORT
from aura_emulator.server import create_app

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.data_plane.interface import DataPlane
    from aura_emulator.settings import Settings

_KEEP_ALIVE_SECONDS: Final = (
    75  # longer than clients keep idle connections, so that none is cut under them
)
_STOP_SECONDS: Final = 1
_TICK_SECONDS: Final = 0.2

_log = logging.getLogger("aura_emulator")


class StartError(Exception):
    """The emulator cannot start; the message is a sentence for the user."""


def serve(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; 0 after a clean stop, 1 if it could not start."""
    try:
        with _locked(settings.state), _listening(settings) as listener:
            _run(settings, listener)
    except StartError as error:
        sys.stderr.write(f"aura_emulator: {error}\n")
        return 1
    return 0


def _run(settings: Settings, listener: socket.socket) -> None:
    if settings.verbose:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    data_plane = _data_plane(settings)
    try:
        app = create_app(settings, data_plane)
    except OtherDataPlaneError as error:
        if data_plane is not None:
            data_plane.close()
        raise StartError(f"{error}.") from error
    config = uvicorn.Config(
        _with_abort(app),
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="info" if settings.verbose else "error",
        access_log=settings.verbose,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    host, port = listener.getsockname()[:2]
    where = f"[{host}]" if ":" in host else host
    ready = (
        f"Aura emulator ready at http://{where}:{port} "
        f"(data plane: {settings.data_plane}, state: {settings.state or 'in memory'})"
    )
    try:
        _Server(config, ready, app.state.aura).run(sockets=[listener])
    finally:
        app.state.aura.data_plane.close()
        app.state.aura.store.close()


def _data_plane(settings: Settings) -> DataPlane | None:
    """The databases, if there are to be any; None is the data plane that holds nothing."""
    if settings.data_plane == "none":
        return None
    if settings.state is None:
        raise StartError("Databases need a state folder: name one with --state.")
    from aura_emulator.data_plane.neo4j import installation  # noqa: PLC0415 - only where wanted
    from aura_emulator.data_plane.neo4j.plane import Neo4jData  # noqa: PLC0415 - a heavy driver
    from aura_emulator.data_plane.neo4j.server import Sizes  # noqa: PLC0415 - a heavy driver

    try:
        found = installation.find(settings.neo4j_home, os.environ)
        sizes = Sizes(heap_megabytes=settings.heap_megabytes)
        return Neo4jData((settings.state / "neo4j").absolute(), found, sizes)
    except installation.InstallationError as error:
        raise StartError(f"{error}. (Or use --data-plane none.)") from error
    except OSError as error:
        raise StartError(f"{settings.state} cannot be used: {error}.") from error


class _Server(uvicorn.Server):
    """Says when it is ready, and takes a signal as an order to stop, not as a death."""

    def __init__(self, config: uvicorn.Config, ready: str, aura: Aura) -> None:
        super().__init__(config)
        self._ready = ready
        self._aura = aura
        self._ticking: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._aura.data_plane.holds_data:
            self._ticking = asyncio.create_task(_tick(self._aura))
        sys.stdout.write(self._ready + "\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        # Answers that are cut off by the stop are no errors worth a traceback.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # uvicorn raises the signal again after stopping, which would turn a clean stop into a death
        # by signal; this exits with 0 instead.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            item: signal.signal(item, self.handle_exit) for item in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for item, handler in before.items():
                signal.signal(item, handler)


async def _tick(aura: Aura) -> None:
    """Let happen what is due, between requests."""
    while True:
        try:
            lifecycle.tick(aura)
        except Exception:  # noqa: BLE001 - one bad moment must not stop the clock for good
            _log.exception("The emulator's clock stumbled")
        await asyncio.sleep(_TICK_SECONDS)


def _with_abort(app: ASGIApp) -> ASGIApp:
    """Give the application a way to close its connection without an answer."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn passes a bound method of its request cycle, which knows the transport.
        transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
        if transport is not None:
            scope[ABORT] = transport.abort
        await app(scope, receive, send)

    return wrapped


@contextlib.contextmanager
def _locked(state: Path | None) -> Iterator[None]:
    """Hold the state folder; two emulators in one folder would undo each other's work."""
    if state is None:
        yield
        return
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = (state / "lock").open("a+")
    except OSError as error:
        raise StartError(f"The state folder {state} cannot be used: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StartError(_in_use(state, lock)) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _in_use(state: Path, lock: Any) -> str:
    lock.seek(0)
    holder = lock.read().strip()
    process = f" (process {holder})" if holder else ""
    return (
        f"Another emulator{process} uses the state folder {state}. "
        "Stop it, or choose another folder with --state."
    )


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; else an answer, sent as
    # head and body, waits 40 ms for the client's acknowledgement.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StartError(
                f"Cannot listen on {settings.host}:{settings.port}: {reason}. "
                "Choose another port with --port."
            ) from error
        yield listener
