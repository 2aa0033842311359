"""/emulator/faults and /emulator/operations: what is to go wrong, and how operations are to end."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.routing import Route

from aura_emulator.control_plane.errors import AuraError, Problem, invalid
from aura_emulator.control_plane.outcomes import ENDINGS, OPERATIONS, Ending, Outcome, Planned
from aura_emulator.faults.rules import KINDS, LASTING, Fault, Kind, Rule, Rules
from aura_emulator.routes.wire import Json, aura_of, read_known

if TYPE_CHECKING:
    from starlette.requests import Request

    from aura_emulator.control_plane.requests import Body

_CREATED: Final = 201
_MANY: Final = 10**9
_METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD")
_FIELDS: Final = tuple(Fault.__dataclass_fields__)


def _rules(request: Request) -> Rules:
    return cast("Rules", request.app.state.rules)


def _shown(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        **asdict(rule.fault),
        "matched": rule.matched,
        "applied": rule.applied,
        "spent": rule.spent,
    }


async def list_faults(request: Request) -> Json:
    """Every injected fault with its counters, spent ones too."""
    return Json([_shown(rule) for rule in _rules(request).rules])


async def add_fault(request: Request) -> Json:
    """Inject a fault."""
    fault = _read_fault(await read_known(request, *_FIELDS))
    try:
        return Json(_shown(_rules(request).add(fault)), _CREATED)
    except re.error as error:
        raise invalid(f"path is not a regular expression: {error}", "path") from error


def _read_fault(body: Body) -> Fault:
    body.require("kind")
    kind = cast("Kind", body.choice("kind", KINDS) or KINDS[0])
    times = body.whole("times", 0, _MANY)
    found = {
        "kind": kind,
        "method": body.choice("method", _METHODS),
        "path": body.text("path"),
        "times": times if times is not None else int(kind not in LASTING),
        "after": body.whole("after", 0, _MANY),
        "effect": body.flag("effect"),
        "seconds": body.number("seconds"),
        "status": body.whole("status", 200, 599),
        "reason": body.text("reason"),
        "message": body.text("message"),
        "body": body.get("body"),
        "retry_after": body.whole("retry_after", 0, _MANY),
        "answer": body.choice("answer", ("close", "504")),
    }
    body.check()
    return Fault(**cast("Any", {key: value for key, value in found.items() if value is not None}))


async def clear_faults(request: Request) -> Json:
    """Take back all faults."""
    _rules(request).clear()
    return Json([])


async def remove_fault(request: Request) -> Json:
    """Take back one fault."""
    number = request.path_params["id"]
    if not _rules(request).remove(number):
        raise AuraError(404, Problem(f"There is no fault {number}", "fault-not-found"))
    return Json({})


async def list_operations(request: Request) -> Json:
    """The planned outcomes that are not used up."""
    return Json([asdict(planned) for planned in aura_of(request).outcomes.planned])


async def plan_operation(request: Request) -> Json:
    """Plan how the next operations of a kind end."""
    body = await read_known(
        request, "operation", "instance_id", "times", "seconds", "ending", "status"
    )
    body.require("operation")
    operation, instance_id = body.choice("operation", OPERATIONS), body.text("instance_id")
    times, seconds = body.whole("times", 0, _MANY), body.number("seconds")
    ending, status = body.choice("ending", ENDINGS) or ENDINGS[0], body.text("status")
    body.check()
    planned: Planned = aura_of(request).outcomes.plan(
        str(operation),
        instance_id,
        1 if times is None else times,
        Outcome(seconds, cast("Ending", ending), status),
    )
    return Json(asdict(planned), _CREATED)


async def clear_operations(request: Request) -> Json:
    """Forget all plans."""
    aura_of(request).outcomes.clear()
    return Json([])


ROUTES: Final = [
    Route("/emulator/faults", list_faults, methods=["GET"]),
    Route("/emulator/faults", add_fault, methods=["POST"]),
    Route("/emulator/faults", clear_faults, methods=["DELETE"]),
    Route("/emulator/faults/{id:int}", remove_fault, methods=["DELETE"]),
    Route("/emulator/operations", list_operations, methods=["GET"]),
    Route("/emulator/operations", plan_operation, methods=["POST"]),
    Route("/emulator/operations", clear_operations, methods=["DELETE"]),
]
