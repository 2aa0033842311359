"""Runs a Pulumi program against Pulumi's own mock monitor and keeps what it registers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pulumi
from google.protobuf import json_format  # type: ignore[import-untyped]  # types not installed
from pulumi.runtime import mocks, rpc

COMPONENT = "neo4jaura:index:Instance"
REQUEST = "pulumi-python:dynamic/neo4jaura:InstanceRequest"
READINESS = "pulumi-python:dynamic/neo4jaura:InstanceReadiness"
TARGET = "pulumi-python:dynamic/neo4jaura:ExportTarget"
EXPORT = "pulumi-python:dynamic/neo4jaura:Export"
SNAPSHOT = "pulumi-python:dynamic/neo4jaura:Snapshot"

#: The least that an instance is declared with.
MINIMAL: dict[str, Any] = {
    "name": "orders",
    "cloud_provider": "gcp",
    "region": "europe-west1",
    "type": "professional-db",
    "memory": "2GB",
}

#: What the providers would answer, by type.
ANSWERS: dict[str, dict[str, Any]] = {
    REQUEST: {
        "instance_id": "0badcafe",
        "connection_url": "neo4j+s://0badcafe.example",
        "username": "neo4j",
        "password": "initial",
        "provenance": {"kind": "none"},
        "operation": {"id": "1"},
        "api_url": "https://api.neo4j.io",
    },
    READINESS: {"name": "orders", "status": "running", "connection_url": "neo4j+s://ready"},
    TARGET: {"vault_id": "vault-1"},
    EXPORT: {"export_id": "0badcafe-snap-1"},
    SNAPSHOT: {"snapshot_id": "snap-1", "available": True},
}


class Answers(mocks.Mocks):
    """Answers registrations; readiness takes a moment, as it does."""

    def __init__(self) -> None:
        self.ready = False

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == READINESS:
            time.sleep(0.05)
            self.ready = True
        answer = {**args.inputs, **ANSWERS.get(args.typ, {})}
        if "password" in answer:
            # The engine does this for every additional secret output.
            answer["password"] = pulumi.Output.secret(answer["password"])
        return f"{args.name}-id", answer

    def call(self, args: mocks.MockCallArgs) -> Any:
        return {}


class Registration:
    """One request to register a resource, as the engine gets it."""

    def __init__(self, request: Any) -> None:
        self.request = request
        self.type: str = request.type
        self.name: str = request.name
        self.parent: str = request.parent
        self.raw: dict[str, Any] = json_format.MessageToDict(request.object)

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs, secrets opened."""
        found: dict[str, Any] = {}
        for key, value in self.raw.items():
            secret = isinstance(value, dict) and rpc._special_sig_key in value
            found[key] = value["value"] if secret else value
        return found


class Monitor(mocks.MockMonitor):
    """Pulumi's own, which also remembers."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(answers)
        self.seen: list[Registration] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        if request.type != "pulumi:pulumi:Stack":
            self.seen.append(Registration(request))
        return super().RegisterResource(request)


class Registered:
    """What one run of a program registered."""

    def __init__(self, monitor: Monitor, answers: Answers) -> None:
        self.all = monitor.seen
        self.answers = answers

    def of(self, kind: str) -> Registration:
        """The one registration of this type."""
        (found,) = [each for each in self.all if each.type == kind]
        return found

    def named(self, name: str) -> Registration:
        """The one registration of this name."""
        (found,) = [each for each in self.all if each.name == name]
        return found


def run(
    program: Callable[[Registered], Any],
    *,
    project: str = "demo",
    stack: str = "dev",
    organization: str = "acme",
    preview: bool = False,
) -> Registered:
    """Run a program to its end, every Output included; it may return some to be waited for."""
    answers = Answers()
    monitor = Monitor(answers)
    registered = Registered(monitor, answers)
    mocks.set_mocks(answers, project, stack, preview, monitor=monitor, organization=organization)
    mocks.test(lambda: program(registered))()
    return registered


def values(outputs: Callable[[], dict[str, Any]], **options: Any) -> dict[str, Any]:
    """What the Outputs of a program resolve to."""
    found: dict[str, Any] = {}

    def program(_registered: Registered) -> Any:
        return pulumi.Output.all(**outputs()).apply(found.update)

    run(program, **options)
    return found
