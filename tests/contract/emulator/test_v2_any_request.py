"""Requests made up from Neo4j's v2beta1 document, sensible and not, never break the emulator."""

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
from contract.emulator.beta import wanted
from contract.emulator.deviations import BETA_DEVIATIONS
from support.emulator import ORGANIZATION_ID, PRODUCTION_PROJECT_ID

if TYPE_CHECKING:
    from support.emulator import EmulatorProcess

EXAMPLES = 40
CHECKS = [not_a_server_error, ignored_auth, unsupported_method]
SCHEMA = schemathesis.openapi.from_dict(official.v2beta1().restricted())


@pytest.fixture(scope="module")
def headers(shared_process: EmulatorProcess) -> dict[str, str]:
    return shared_process.authorization()


@pytest.fixture
def real(process: EmulatorProcess) -> dict[str, str]:
    """The ids of what is there, so that not every request ends in 404."""
    process.control.change_switches(operation_seconds=0, first_snapshot=False)
    base = f"/v2beta1/organizations/{ORGANIZATION_ID}/projects/{PRODUCTION_PROJECT_ID}/instances"
    with process.api() as api:
        api.base_url = process.url
        made = api.post(base, json=wanted()).json()["data"]
        database = f"{base}/{made['id']}/databases/{made['default_database_id']}"
        backup = api.post(f"{database}/backups").json()["data"]
    return {
        "organization_id": ORGANIZATION_ID,
        "project_id": PRODUCTION_PROJECT_ID,
        "instance_id": made["id"],
        "database_id": made["default_database_id"],
        "backup_id": backup["id"],
    }


def must_be_refused(case: schemathesis.Case[Any]) -> bool:
    """Null fields are ignored on purpose."""
    return not (isinstance(case.body, dict) and None in case.body.values())


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
    real: dict[str, str],
    headers: dict[str, str],
) -> None:
    """No 5xx, no undeclared status but the deviations, wrong bodies are refused, tokens needed."""
    parameters = case.path_parameters or {}
    if sum(map(len, parameters.values())) % 4:
        parameters.update({name: real[name] for name in parameters})
    checks = [*CHECKS, negative_data_rejection] if must_be_refused(case) else CHECKS
    base_url = f"{process.url}/v2beta1"
    answer = case.call_and_validate(base_url=base_url, headers=headers, checks=checks)
    if case.method != case.operation.method.upper():
        return  # another method on purpose: `unsupported_method` has looked at it
    operation = case.operation.definition.raw
    name, status = operation["operationId"], answer.status_code
    declared = str(status) in operation["responses"]
    excused = any(item.covers(name, status, "status") for item in BETA_DEVIATIONS)
    assert declared or excused, f"{name} answered {status}: {answer.text}"
