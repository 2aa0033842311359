"""Requests made up from Neo4j's v1 document, sensible and not, never break the emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import (
    ignored_auth,
    negative_data_rejection,
    not_a_server_error,
    unsupported_method,
)

from contract.emulator import official
from contract.emulator.deviations import DEVIATIONS
from contract.emulator.test_keys import KEYS, wanted_key
from contract.emulator.world import wanted

if TYPE_CHECKING:
    from support.emulator import EmulatorProcess

EXAMPLES = 40
CHECKS = [not_a_server_error, ignored_auth, unsupported_method]
# The document gives these an empty object as their body; the emulator does not read it.
BODILESS = ("pause", "resume", "restore", "snapshots")


SCHEMA = schemathesis.openapi.from_dict(official.v1().restricted())


@pytest.fixture(scope="module")
def headers(shared_process: EmulatorProcess) -> dict[str, str]:
    return shared_process.authorization()


@pytest.fixture
def known(process: EmulatorProcess, headers: dict[str, str]) -> dict[str, str]:
    """A running instance and a key that is ready, so that not every request ends in 404."""
    process.control.change_switches(operation_seconds=0, first_snapshot=False, key_ready_seconds=0)
    with process.api() as api:
        instance = api.post("/instances", json=wanted()).json()["data"]["id"]
        key = api.post(KEYS, json=wanted_key()).json()["data"]["id"]
    return {"instanceId": instance, "customerManagedKeyId": key}


def must_be_refused(case: schemathesis.Case[Any]) -> bool:
    """Null fields are ignored on purpose, and so are the bodies of simple actions."""
    nulls = isinstance(case.body, dict) and None in case.body.values()
    return not nulls and not case.path.endswith(BODILESS)


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,  # the same requests in every run: a failure is never somebody else's
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_emulator(
    case: schemathesis.Case[Any],
    process: EmulatorProcess,
    known: dict[str, str],
    headers: dict[str, str],
) -> None:
    """No 5xx, no undeclared status but the deviations, wrong bodies are refused, tokens needed."""
    for name, there in known.items():
        if len((case.path_parameters or {}).get(name, "")) % 2:
            case.path_parameters[name] = there
    checks = [*CHECKS, negative_data_rejection] if must_be_refused(case) else CHECKS
    answer = case.call_and_validate(base_url=f"{process.url}/v1", headers=headers, checks=checks)
    if case.method != case.operation.method.upper():
        return  # another method on purpose: `unsupported_method` has looked at it
    operation = case.operation.definition.raw
    name, status = operation["operationId"], answer.status_code
    declared = str(status) in operation["responses"]
    excused = any(item.covers(name, status, "status") for item in DEVIATIONS)
    assert declared or excused, f"{name} answered {status}: {answer.text}"
