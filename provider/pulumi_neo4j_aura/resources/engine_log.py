"""Lines that the Pulumi engine shows with their real severity.

The SDK's own log functions have no engine inside a dynamic provider's process and print to stderr,
where a warning is not counted as one. The engine's address is the last argument of the process.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

_ADDRESS = re.compile(r"127\.0\.0\.1:\d+|localhost:\d+|\[::1\]:\d+")

Line = Callable[[str], None]


def _to_stderr(prefix: str) -> Line:
    def write(text: str) -> None:
        sys.stderr.write(f"{prefix}{text}\n")

    return write


@dataclass(frozen=True, slots=True)
class Lines:
    """Where lines go: progress lasts while it is shown, notes and warnings stay."""

    report: Line
    note: Line
    warn: Line


def lines() -> Lines:
    """The engine's log; standard error where there is no engine."""
    address = sys.argv[-1] if sys.argv else ""
    if not _ADDRESS.fullmatch(address):
        return Lines(_to_stderr(""), _to_stderr(""), _to_stderr("warning: "))
    stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def send(text: str, severity: engine_pb2.LogSeverity.ValueType, *, ephemeral: bool) -> None:
        request = engine_pb2.LogRequest(severity=severity, message=text, ephemeral=ephemeral)
        try:
            stub.Log(request)
        except grpc.RpcError:
            _to_stderr("")(text)  # a line about the work must never end the work

    return Lines(
        lambda text: send(text, engine_pb2.INFO, ephemeral=True),
        lambda text: send(text, engine_pb2.INFO, ephemeral=False),
        lambda text: send(text, engine_pb2.WARNING, ephemeral=False),
    )
