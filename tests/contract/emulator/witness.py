"""Compares every answer of a life with one of Neo4j's documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from contract.emulator.deviations import Deviation
from contract.emulator.official import Document, failures

if TYPE_CHECKING:
    from collections.abc import Iterator


class Witness:
    """Checks every answer against a document, and remembers what it saw."""

    def __init__(self, document: Document, deviations: tuple[Deviation, ...]) -> None:
        self._document = document
        self._deviations = deviations
        self.seen: set[tuple[str, int]] = set()
        self.used: set[Deviation] = set()
        self.wrong: list[str] = []

    def __call__(self, answer: httpx.Response) -> None:
        answer.read()
        _, operation = self._document.find(answer.request.method, answer.request.url.path)
        name, status = operation["operationId"], answer.status_code
        self.seen.add((name, status))
        strict = self._document.schema(operation, status)
        if strict is None:
            self._differs(name, status, "status", "is not declared")
            return
        if strict:
            for failure in failures(strict, answer.json()):
                for where in places(failure):
                    self._differs(name, status, where, failure.message)
        authenticated = status != 401 and "Key not authorized" not in answer.text
        if authenticated and "x-request-id" not in answer.headers:
            self.wrong.append(f"{name} {status}: no X-Request-Id")

    def missing(self) -> list[tuple[str, int]]:
        """The declared answers that were not seen, but for the redirect."""
        declared = {
            (operation["operationId"], int(status))
            for operation in self._document.operations.values()
            for status in operation["responses"]
            if status != "308"
        }
        return sorted(declared - self.seen)

    def unused(self) -> list[Deviation]:
        """The deviations that were not met."""
        return [item for item in self._deviations if item not in self.used]

    def _differs(self, name: str, status: int, where: str, words: str) -> None:
        known = [item for item in self._deviations if item.covers(name, status, where)]
        self.used.update(known)
        if not known:
            self.wrong.append(f"{name} {status} {where}: {words[:300]}")


def places(failure: Any) -> Iterator[str]:
    """Where a failure is, without list positions: `data.storage`."""
    path = ".".join(str(part) for part in failure.absolute_path if not isinstance(part, int))
    match failure.validator:
        case "required":
            names = [n for n in failure.validator_value if n not in failure.instance]
        case "additionalProperties":
            known = failure.schema["properties"]
            names = [name for name in failure.instance if name not in known]
        case _:
            yield path
            return
    for name in names:
        yield f"{path}.{name}" if path else name
