"""Neo4j's own OpenAPI document for v1, read from the published wheel that carries it."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft7Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

SHA_256 = "21b3bc2e6eb7bdee799e59bb7f09e9c545f6174f373a65a935fd73d7c717d5cd"
# What the emulator leaves out: see docs/reference/emulator.md.
LEFT_OUT = ("/customer-managed-keys", "/graph-analytics")

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


@cache
def document() -> dict[str, Any]:
    """The document, with every response code as a string."""
    spec = importlib.util.find_spec("neo4j_aura_sdk")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(next(iter(spec.submodule_search_locations)))
    raw = (folder / "resources" / "aura_api_spec_v1.yaml").read_bytes()
    assert hashlib.sha256(raw).hexdigest() == SHA_256, "the wheel's document has changed"
    _prepare()
    loaded = yaml.load(raw, Loader=_PlainLoader)
    assert isinstance(loaded, dict)
    return loaded


@cache
def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """The emulated operations by method and path template."""
    return {
        (method.upper(), path): item[method]
        for path, item in document()["paths"].items()
        if not path.startswith(LEFT_OUT)
        for method in ("get", "post", "patch", "delete")
        if method in item
    }


def find(method: str, path: str) -> tuple[str, dict[str, Any]]:
    """The operation of a request path (without `/v1`), literal paths before templates."""
    fitting = [
        (template, operation)
        for (known, template), operation in operations().items()
        if known == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    ]
    template, operation = min(fitting, key=lambda pair: pair[0].count("{"))
    return template, operation


def schema(operation: dict[str, Any], status: int) -> dict[str, Any] | None:
    """The schema of a response, strict; None if that status is not declared."""
    declared = operation["responses"].get(str(status))
    if declared is None:
        return None
    content = _resolved(declared).get("content", {}).get("application/json", {})
    strict: dict[str, Any] = _strict(_resolved(content.get("schema", {})))
    return strict


def failures(strict: dict[str, Any], body: object) -> Iterator[Any]:
    """Every way in which a body is not what the schema says."""
    yield from Draft7Validator(strict).iter_errors(body)


def _resolved(node: Any) -> Any:
    if isinstance(node, list):
        return [_resolved(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target: Any = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _resolved(target)
    return {key: _resolved(value) for key, value in node.items()}


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
