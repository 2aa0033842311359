"""The engine's side of the wire: the real plugin process, spoken to over gRPC.

`Plugin` starts `python -u -m pulumi.dynamic`, as the launcher of Pulumi does, reads the port from
the first line and sends what the engine sends. `Engine` listens where the plugin logs to.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import (  # type: ignore[import-untyped]  # its types are not installed
    empty_pb2,
    json_format,
    struct_pb2,
)
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from pulumi_neo4j_aura.resources.adapter import PROVIDER_KEY, CoreProvider

Properties = dict[str, Any]

#: How the engine writes a value that is not known yet.
UNKNOWN = rpc.UNKNOWN

_PROVIDER = Path(__file__).parents[2] / "provider"
_START_SECONDS = 30.0
_CALL_SECONDS = 60.0


def secret(value: object) -> Properties:
    """How the engine writes a secret."""
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


def to_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Values as they travel: numbers become floats."""
    struct = struct_pb2.Struct()
    json_format.ParseDict(dict(values), struct)
    return struct


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """What arrived, numbers as the floats that they are."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return from_struct(value.struct_value)
        case "list_value":
            return [_from_value(each) for each in value.list_value.values]
        case "null_value":
            return None
        case str(kind):
            return getattr(value, kind)
        case None:
            raise ValueError("a value without a kind")


class CallFailed(Exception):
    """The plugin answered with an error; its text is what `pulumi up` prints."""


@dataclass
class Checked:
    """The answer to Check."""

    inputs: Properties
    failures: dict[str, str]


@dataclass
class Engine:
    """Keeps what the plugin logs: severity, text, ephemeral."""

    address: str = ""
    logged: list[tuple[str, str, bool]] = field(default_factory=list)

    def texts(self, severity: str) -> list[str]:
        """The lines of this severity."""
        return [text for kind, text, _ in self.logged if kind == severity]


class _Logs(engine_pb2_grpc.EngineServicer):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def Log(  # noqa: N802 - the protocol's name
        self, request: engine_pb2.LogRequest, context: object
    ) -> empty_pb2.Empty:
        severity = engine_pb2.LogSeverity.Name(request.severity)
        self._engine.logged.append((severity, request.message, request.ephemeral))
        return empty_pb2.Empty()


@contextmanager
def running_engine() -> Iterator[Engine]:
    """An engine that only listens to logs."""
    engine = Engine()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    engine_pb2_grpc.add_EngineServicer_to_server(_Logs(engine), server)
    engine.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield engine
    finally:
        server.stop(0).wait()


class Resource:
    """One resource class in the plugin, with the calls that the engine makes."""

    def __init__(
        self, stub: provider_pb2_grpc.ResourceProviderStub, provider: type[CoreProvider]
    ) -> None:
        self._stub = stub
        self._name = provider.__name__
        self.pickled = serialize_provider(provider())

    def _struct(self, values: Properties) -> struct_pb2.Struct:
        return to_struct({**values, PROVIDER_KEY: self.pickled})

    def _plain(self, struct: struct_pb2.Struct) -> Properties:
        values = from_struct(struct)
        assert values.pop(PROVIDER_KEY, self.pickled) == self.pickled
        return values

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=_CALL_SECONDS)
        except grpc.RpcError as error:
            raise CallFailed(str(error.details())) from None

    def check(self, news: Properties, olds: Properties | None = None) -> Checked:
        """The normalised inputs and the failures."""
        request = provider_pb2.CheckRequest(
            olds=self._struct(olds) if olds else struct_pb2.Struct(), news=self._struct(news)
        )
        answer = self._call("Check", request)
        return Checked(
            self._plain(answer.inputs), {each.property: each.reason for each in answer.failures}
        )

    def diff(self, id_: str, olds: Properties, news: Properties) -> provider_pb2.DiffResponse:
        """The answer as it is: `changes`, `replaces`."""
        request = provider_pb2.DiffRequest(id=id_, olds=self._struct(olds), news=self._struct(news))
        answer: provider_pb2.DiffResponse = self._call("Diff", request)
        return answer

    def create(self, inputs: Properties) -> tuple[str, Properties]:
        """Id and outputs."""
        request = provider_pb2.CreateRequest(properties=self._struct(inputs))
        answer = self._call("Create", request)
        return answer.id, self._plain(answer.properties)

    def read(self, id_: str, outputs: Properties) -> tuple[str, Properties, Properties]:
        """Id (empty when gone), outputs and inputs."""
        request = provider_pb2.ReadRequest(id=id_, properties=self._struct(outputs))
        answer = self._call("Read", request)
        return answer.id, self._plain(answer.properties), self._plain(answer.inputs)

    def get(self, id_: str) -> tuple[str, Properties, Properties]:
        """What `Resource.get` of a program sends: inputs and no outputs."""
        request = provider_pb2.ReadRequest(id=id_, inputs=self._struct({}))
        answer = self._call("Read", request)
        return answer.id, self._plain(answer.properties), self._plain(answer.inputs)

    def update(self, id_: str, olds: Properties, news: Properties) -> Properties:
        """The new outputs."""
        request = provider_pb2.UpdateRequest(
            id=id_, olds=self._struct(olds), news=self._struct(news)
        )
        return self._plain(self._call("Update", request).properties)

    def delete(self, id_: str, outputs: Properties) -> None:
        """Delete it."""
        self._call("Delete", provider_pb2.DeleteRequest(id=id_, properties=self._struct(outputs)))


class Plugin:
    """A plugin process and a channel to it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def configure(self, config: Mapping[str, Any] | None = None) -> None:
        """The first call of every plugin: the whole stack configuration, secrets marked."""
        request = provider_pb2.ConfigureRequest(args=to_struct(config or {}))
        self._stub.Configure(request, timeout=_CALL_SECONDS)

    def resource(self, provider: type[CoreProvider]) -> Resource:
        """One resource class."""
        return Resource(self._stub, provider)


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The process's own environment without settings of ours that the caller may have."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AURA_")}
    paths = [str(_PROVIDER), kept.get("PYTHONPATH", "")]
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return {**kept, **variables}


@contextmanager
def running_plugin(
    variables: Mapping[str, str],
    *,
    engine_address: str = "127.0.0.1:0",
    config: Mapping[str, Any] | None = None,
    errors: Path | None = None,
) -> Iterator[Plugin]:
    """A configured plugin process for the length of a block; its stderr goes to `errors`."""
    with errors.open("w") if errors else open(os.devnull, "w") as stderr:  # noqa: PTH123
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic", engine_address],
            env=_environment(variables),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        plugin = None
        try:
            plugin = Plugin(process, _port_of(process))
            plugin.configure(config)
            yield plugin
        finally:
            if plugin:
                plugin.channel.close()
            process.kill()
            process.communicate()


def _port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], _START_SECONDS)
    return int(process.stdout.readline()) if readable else 0
