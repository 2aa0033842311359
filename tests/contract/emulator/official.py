"""Neo4j's own OpenAPI documents, read from the published wheel that carries them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft7Validator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

V1_SHA_256 = "21b3bc2e6eb7bdee799e59bb7f09e9c545f6174f373a65a935fd73d7c717d5cd"
BETA_SHA_256 = "5fc0270ce68e15502ddc193d43bc5ae8bbae6f3a47b2ab46bea2400226cac87a"
# What the emulator leaves out of v1, and what it has of v2beta1: see docs/reference/emulator.md.
LEFT_OUT = ("/graph-analytics",)
_BETA_INSTANCE = r"/organizations/[^/]+/projects/[^/]+/instances/[^/]+"
EMULATED_BETA = re.compile(
    r"GET /organizations(/[^/]+(/projects)?)?"
    r"|(GET|POST) /organizations/[^/]+/projects/[^/]+/instances"
    rf"|(GET|PATCH|DELETE) {_BETA_INSTANCE}"
    rf"|(GET|POST) {_BETA_INSTANCE}/databases"
    rf"|GET {_BETA_INSTANCE}/databases/[^/]+"
    rf"|(GET|POST) {_BETA_INSTANCE}/databases/[^/]+/backups"
    rf"|GET {_BETA_INSTANCE}/databases/[^/]+/backups/[^/]+"
    rf"|POST {_BETA_INSTANCE}/databases/[^/]+/restore"
)
METHODS = ("get", "post", "patch", "delete")

_TRUTH = re.compile(r"^(?:true|false)$")


class _PlainLoader(yaml.SafeLoader):
    """YAML without two surprises: `OFF` stays a string, and so does a timestamp."""


def _prepare() -> None:
    unwanted = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    resolvers = {
        first: [pair for pair in pairs if pair[0] not in unwanted]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _PlainLoader.yaml_implicit_resolvers = resolvers
    _PlainLoader.add_implicit_resolver(unwanted[0], _TRUTH, list("tf"))


@dataclass(frozen=True)
class Document:
    """One document, with every response code as a string, and what is emulated of it."""

    prefix: str
    content: dict[str, Any]
    emulated: Callable[[str, str], bool]  # by method and path template

    @cached_property
    def operations(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The emulated operations by method and path template."""
        return {
            (method.upper(), path): item[method]
            for path, item in self.content["paths"].items()
            for method in METHODS
            if method in item and self.emulated(method.upper(), path)
        }

    def restricted(self) -> dict[str, Any]:
        """The document with the emulated operations only."""
        paths: dict[str, Any] = {}
        for method, path in self.operations:
            item = self.content["paths"][path]
            kept = paths.setdefault(path, {k: v for k, v in item.items() if k not in METHODS})
            kept[method.lower()] = item[method.lower()]
        return {**self.content, "paths": paths}

    def find(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        """The operation of a request path (with the prefix), literal paths before templates."""
        fitting = [
            (template, operation)
            for (known, template), operation in self.operations.items()
            if known == method
            and re.fullmatch(self.prefix + re.sub(r"\{\w+\}", "[^/]+", template), path)
        ]
        template, operation = min(fitting, key=lambda pair: pair[0].count("{"))
        return template, operation

    def schema(self, operation: dict[str, Any], status: int) -> dict[str, Any] | None:
        """The schema of a response, strict; None if that status is not declared."""
        declared = operation["responses"].get(str(status))
        if declared is None:
            return None
        content = self._resolved(declared).get("content", {}).get("application/json", {})
        strict: dict[str, Any] = _strict(self._resolved(content.get("schema", {})))
        return strict

    def _resolved(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._resolved(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            target: Any = self.content
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return self._resolved(target)
        return {key: self._resolved(value) for key, value in node.items()}


@cache
def v1() -> Document:
    """The document of v1."""
    _prepare()
    content = yaml.load(_raw("aura_api_spec_v1.yaml", V1_SHA_256), Loader=_PlainLoader)
    return Document("/v1", content, lambda _method, path: not path.startswith(LEFT_OUT))


@cache
def v2beta1() -> Document:
    """The document of v2beta1, the generated one."""
    content = json.loads(_raw("v2beta1/spec.json", BETA_SHA_256))
    return Document(
        "/v2beta1",
        content,
        lambda method, path: EMULATED_BETA.fullmatch(f"{method} {path}") is not None,
    )


def _raw(name: str, digest: str) -> bytes:
    spec = importlib.util.find_spec("neo4j_aura_sdk")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(next(iter(spec.submodule_search_locations)))
    raw = (folder / "resources" / name).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == digest, "the wheel's document has changed"
    return raw


def failures(strict: dict[str, Any], body: object) -> Iterator[Any]:
    """Every way in which a body is not what the schema says."""
    yield from Draft7Validator(strict).iter_errors(body)


def _strict(node: Any) -> Any:
    """Unknown properties are failures too.

    That also mends the document's `oneOf: [Error, MiddlewareError]`: MiddlewareError requires
    nothing, so that without this every Error is both, and none is valid.
    """
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    strict = {key: _strict(value) for key, value in node.items()}
    if isinstance(node.get("properties"), dict):
        strict["additionalProperties"] = False
    return strict
