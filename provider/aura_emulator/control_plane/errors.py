"""The errors Aura answers, with their status, reason and message.

Reasons and messages come from the official v1 document where it gives them, and else from what
users of the service have reported. Where nobody has seen a reason, ours is in `UNCONFIRMED`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

UNCONFIRMED: Final = frozenset(
    {
        "validation-error",
        "not-exportable",
        "instance-limit-reached",
        "db-overwrite-size-disparity",
        "action-unsupported",
        "payment-required",
        "organization-not-found",
    }
)
_VALIDATION: Final = "validation-error"


@dataclass(frozen=True)
class Problem:
    """One entry of the API's `errors` list."""

    message: str
    reason: str
    field: str | None = None

    def body(self) -> dict[str, str]:
        """As it goes over the wire; `field` only where there is one."""
        body = {"message": self.message, "reason": self.reason}
        return body if self.field is None else {**body, "field": self.field}


class AuraError(Exception):
    """An error that the API answers as `{"errors": [...]}`."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(problems[0].message)
        self.status = status
        self.problems = problems

    def body(self) -> dict[str, object]:
        """The response body (official v1 document, schema Error)."""
        return {"errors": [problem.body() for problem in self.problems]}

    def bare_body(self) -> dict[str, object]:
        """The response body of v2beta1, of which there are two (seen on the service).

        One reason stands alone; fields of a body that are wrong are named in `errors`.
        """
        wrong = [p for p in self.problems if p.field is not None and p.reason == _VALIDATION]
        if not wrong:
            return {"message": self.problems[0].message, "reason": self.problems[0].reason}
        by_field: dict[str, list[str]] = {}
        for problem in self.problems:
            by_field.setdefault(problem.field or "", []).append(problem.message)
        message = "The request body contains validation errors"
        return {"errors": by_field, "message": message, "reason": _VALIDATION}


class GatewayError(Exception):
    """An error of the gateway in front of the API: `{"error": ...}` (schema MiddlewareError)."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        retry_after: int | None = None,
        detail: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after
        self.detail = detail

    def body(self) -> dict[str, object]:
        """The response body; OAuth errors add `error_description`."""
        described = {} if self.detail is None else {"error_description": self.detail}
        return {"error": self.message, **described}


def _error(status: int, reason: str, message: str, field: str | None = None) -> AuraError:
    return AuraError(status, Problem(message, reason, field))


def invalid(message: str, field: str | None = None) -> AuraError:
    """A request body or parameter that is wrong."""
    return _error(400, _VALIDATION, message, field)


def db_not_found(instance_id: str) -> AuraError:
    """Official v1 document, response InstanceNotFound."""
    return _error(404, "db-not-found", f"DB not found: {instance_id}")


def db_already_deleted(instance_id: str) -> AuraError:
    """What Neo4j's graph data science client expects of a second DELETE."""
    return _error(410, "db-already-deleted", f"DB already deleted: {instance_id}")


def tenant_not_found(status: int = 404) -> AuraError:
    """Official v1 document, response ProjectNotFound."""
    return _error(status, "tenant-not-found", "The tenant you specified could not be found")


def snapshot_not_found(snapshot_id: str) -> AuraError:
    """Official v1 document, response SnapshotNotFound."""
    return _error(404, "snapshot-not-found", f"Snapshot not found: {snapshot_id}")


def encryption_key_not_found(key_id: str) -> AuraError:
    """Official v1 document, response CustomerManagedKeyNotFound."""
    return _error(404, "encryption-key-not-found", f"Encryption Key not found: {key_id}")


def encryption_key_active(key_id: str) -> AuraError:
    """Official v1 document, DELETE /customer-managed-keys/{customerManagedKeyId}, 400."""
    return _error(
        400,
        "encryption-key-is-active",
        f"Can not delete encryption key {key_id}. The key is linked to an active instance.",
    )


def missing_billing_details() -> AuraError:
    """Official v1 document, POST /instances, 400."""
    return _error(
        400,
        "missing-billing-details",
        "You must provide billing details in the Aura Console before creating an instance",
    )


def ongoing_operation(status: str) -> AuraError:
    """Official v1 document, response Conflict; there it says "current", on the service not."""
    return _error(
        409,
        "ongoing-database-operation",
        f"The database is currently undergoing an operation: {status}",
    )


def action_unavailable(action: str, status: str) -> AuraError:
    """Seen on the service when pausing a paused instance."""
    return _error(
        409, "instance-action-unavailable", f"Cannot {action} an instance that is {status}"
    )


def snapshot_not_allowed(message: str) -> AuraError:
    """Seen on the service when a snapshot is asked for while another runs."""
    return _error(409, "snapshot-not-allowed", message)


def tenant_incapable(message: str, status: int = 400) -> AuraError:
    """Something the project has no right to."""
    return _error(status, "tenant-incapable-of-action", message)


def database_incapable(message: str, status: int = 400) -> AuraError:
    """Something the instance's tier does not have; seen for secondaries on Professional."""
    return _error(status, "database-incapable-of-action", message)


def tier_invalid(tier: str, field: str = "type") -> AuraError:
    """A tier the project is not entitled to."""
    return _error(400, "db-tier-invalid", f"The project is not entitled to {tier}", field)


def invalid_memory_size(memory: str, storage: str | None, tier: str) -> AuraError:
    """Seen on the service; the message names both sizes."""
    pair = f"memory {memory}" + ("" if storage is None else f" with storage {storage}")
    return _error(400, "invalid-memory-size", f"{pair} is not offered for {tier}", "memory")


def not_exportable(snapshot_id: str, status: int = 400) -> AuraError:
    """The message is what Neo4j's own command line shows; the reason is not known."""
    message = f"Source snapshot {snapshot_id} is not exportable"
    return _error(status, "not-exportable", message, "source_snapshot_id")


def smaller_database(source_id: str, target_id: str) -> AuraError:
    """Official v1 document, POST …/overwrite: a 500, by its text."""
    return _error(
        500,
        "db-overwrite-size-disparity",
        f"Cannot clone database {source_id} into smaller database {target_id}.",
    )


def unsupported_action(message: str) -> AuraError:
    """Official v1 document, POST …/overwrite, 420."""
    return _error(420, "action-unsupported", message)


def instance_limit(message: str) -> AuraError:
    """Official v1 document, POST /instances, 405."""
    return _error(405, "instance-limit-reached", message)


def payment_required() -> AuraError:
    """Official v1 document, POST …/snapshots, 402."""
    return _error(402, "payment-required", "Payment is required to take a snapshot")


def unauthorized(status: int = 403) -> AuraError:
    """Seen on the service: a role that is not enough."""
    return _error(status, "unauthorized", "Insufficient permissions")


def organization_not_found() -> AuraError:
    """Nobody has published the reason for an unknown organization."""
    return _error(
        404, "organization-not-found", "The organization you specified could not be found"
    )


def database_not_found(database_id: str) -> AuraError:
    """Seen on the service for the second deletion of a database; the message is ours."""
    return _error(404, "aura-database-not-found", f"Aura database not found: {database_id}")


def single_database() -> AuraError:
    """Seen on the service; a 409 that stays, because the kind of an instance does."""
    return _error(409, "multi-db-only", "Only multi database Instances can add databases")


def multi_database_unsupported() -> AuraError:
    """Seen on the service for `multi_database` on Free and Professional."""
    return _error(
        400,
        "multi-database-tier-not-supported",
        "Multi-database instances are not supported by the provided tier",
    )
