"""Where the emulator knowingly differs from Neo4j's documents, each with its reason.

The conformance tests accept exactly these; the reference page holds the same tables (a test
compares them). `python tests/contract/emulator/deviations.py` prints them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ANY = "*"


@dataclass(frozen=True)
class Deviation:
    """One difference. `where` is the place in the body, or `status` for an undeclared status."""

    operations: tuple[str, ...]
    statuses: tuple[int, ...]
    where: str
    document: str
    emulator: str
    reason: str
    switch: str = ""

    def covers(self, operation: str, status: int, where: str) -> bool:
        return (
            self.operations == (ANY,) or operation in self.operations
        ) and status in self.statuses and where == self.where  # fmt: skip


_INSTANCE_ANSWERS = (
    "get-instance-id",
    "post-pause-instance",
    "post-resume-instance",
    "post-overwrite-instance",
    "post-restore-snapshot",
    "post-upgrade-instance",
    "delete-instance-id",
)

DEVIATIONS = (
    Deviation(
        ("patch-instance-id",),
        (202,),
        "data",
        "the body is an empty object",
        "the full instance",
        "a published Terraform provider and two SDKs fail on an empty body",
        "rename_status",
    ),
    Deviation(
        _INSTANCE_ANSWERS,
        (200, 202),
        "data.connection_url",
        "a string, required",
        "null while creating and resuming",
        "seen on the service; Neo4j's graph data science client expects it",
        "connection_url_null",
    ),
    Deviation(
        _INSTANCE_ANSWERS,
        (200, 202),
        "data.storage",
        "required",
        "absent for Free",
        "the document's own prose: not returned for Free",
    ),
    Deviation(
        _INSTANCE_ANSWERS,
        (200, 202),
        "data.graph_nodes",
        "a string",
        "a number",
        "acceptance tests that run on the service decode numbers",
        "graph_counts",
    ),
    Deviation(
        _INSTANCE_ANSWERS,
        (200, 202),
        "data.graph_relationships",
        "a string",
        "a number",
        "as graph_nodes",
        "graph_counts",
    ),
    Deviation(
        _INSTANCE_ANSWERS,
        (200, 202),
        "data.cdc_enrichment_mode",
        "OFF, DIFF or FULL",
        "null on Business Critical until it is set",
        "seen on the service",
        "cdc_unset",
    ),
    Deviation(
        ("get-snapshots", "get-snapshot-snapshotid"),
        (200,),
        "data.exportable",
        "in the examples, not in the schema",
        "always there",
        "the examples; clients need it",
    ),
    Deviation(
        ("post-customer-managed-keys", "get-customer-managed-key-id"),
        (200, 202),
        "data.type",
        "in the examples, not in the schema",
        "always there, the same as `instance_type`",
        "the examples",
    ),
    Deviation(
        ("post-upgrade-instance",),
        (202,),
        "status",
        "200",
        "202",
        "seen on the service",
        "upgrade_status",
    ),
    Deviation(
        (
            "post-pause-instance",
            "post-resume-instance",
            "post-overwrite-instance",
            "post-upgrade-instance",
            "post-snapshots",
            "post-restore-snapshot",
        ),
        (415,),
        "status",
        "415 is not declared",
        "415 without a JSON content type",
        "the prose of each requires the header; seen on the service",
        "require_json_content_type",
    ),
    Deviation(
        ("post-overwrite-instance",),
        (400,),
        "status",
        "400 is not declared",
        "400 for a wrong body, a snapshot that is not exportable, an older version",
        "the status is not known; 400 is what create declares",
        "not_exportable_status",
    ),
    Deviation(
        ("post-upgrade-instance",),
        (400,),
        "status",
        "400 is not declared",
        "400 for another tier, for one size without the other, for sizes not offered",
        "the prose describes the refusal and gives no status",
        "capability_status",
    ),
    Deviation(
        ("post-instances",),
        (404,),
        "status",
        "404 is not declared",
        "404 for an unknown project, source instance, snapshot or key",
        "the reasons and statuses of the same things elsewhere",
    ),
    Deviation(
        ("post-customer-managed-keys",),
        (404,),
        "status",
        "404 is not declared",
        "404 for an unknown project",
        "the reason and status of the same thing elsewhere",
    ),
    Deviation(
        ("post-instances",),
        (409,),
        "status",
        "409 is not declared",
        "409 while the source instance is not running",
        "the response Conflict names cloning as its example",
    ),
    Deviation(
        ("get-snapshots", "post-instances-sizing"),
        (400,),
        "status",
        "400 is not declared",
        "400 for a date or body that cannot be read",
        "as everywhere else",
    ),
    Deviation(
        ("get-project-metrics-integration-details",),
        (400,),
        "status",
        "400 is not declared",
        "400 tenant-incapable-of-action without an eligible instance",
        "tests of Neo4j's own command line",
    ),
    Deviation(
        ("delete-instance-id",),
        (410,),
        "status",
        "410 is not declared",
        "410 db-already-deleted, if the switch says so",
        "Neo4j's graph data science client handles it",
        "deleted_status",
    ),
)

_PROJECT = "/v2beta1/organizations/:organization_id/projects/:project_id"
_INSTANCES = _PROJECT + "/instances"
_INSTANCE = _INSTANCES + "/:instance_id"
_DATABASES = _INSTANCE + "/databases"
_DATABASE = _DATABASES + "/:database_id"
_ORGANIZATIONS = ("list-organizations", "show-organization", "list-projects")

BETA_DEVIATIONS = (
    Deviation(
        (ANY,),
        (429,),
        "status",
        "429 is not declared",
        "429 beyond the rate limit, which v1 and v2beta1 share",
        "the documentation's limit is of the credential",
        "rate_limit",
    ),
    Deviation(
        (
            "POST" + _INSTANCES,
            "PATCH" + _INSTANCE,
            "POST" + _DATABASES,
            "create-instance-database-backup",
            "restore-instance-database",
        ),
        (415,),
        "status",
        "415 is not declared",
        "415 without a JSON content type",
        "as in v1, whose gateway is the same",
        "require_json_content_type",
    ),
    Deviation(
        _ORGANIZATIONS,
        (401, 403),
        "status",
        "neither is declared",
        "401 without a token, 403 with an expired one",
        "as everywhere else",
        "expired_token_status",
    ),
    Deviation(
        ("show-organization", "list-projects"),
        (404,),
        "status",
        "404 is not declared",
        "404 for another organization",
        "as for an unknown project",
    ),
    Deviation(
        ("list-projects",),
        (400,),
        "status",
        "400 is not declared",
        "400 for a `status` that there is not",
        "as everywhere else",
    ),
    Deviation(
        ("GET" + _DATABASE,),
        (403,),
        "status",
        "403 is not declared",
        "403 with an expired token",
        "as everywhere else",
        "expired_token_status",
    ),
    Deviation(
        ("PATCH" + _INSTANCE,),
        (409,),
        "status",
        "409 is not declared",
        "409 while an operation is under way or the instance is paused",
        "what v1 declares for the same thing",
    ),
    Deviation(
        ("DELETE" + _INSTANCE,),
        (410,),
        "status",
        "410 is not declared",
        "410 db-already-deleted, if the switch says so",
        "as in v1",
        "deleted_status",
    ),
    Deviation(
        ("create-instance-database-backup",),
        (402,),
        "status",
        "402 is not declared",
        "402, if the switch says so",
        "what v1 declares for the same thing",
        "payment_required",
    ),
    Deviation(
        ("GET" + _INSTANCE,),
        (500,),
        "status",
        "500 is not declared",
        "500 for an instance made through v1, if the switch says so",
        "seen on the service",
        "v2_get_of_v1_instance",
    ),
)
# Declared, but never answered: there are no multi-database instances.
BETA_NEVER = [("POST" + _DATABASES, status) for status in (201, 400, 422)]

_HEAD = "| Operation | Status | Where | The document | The emulator | Reason | Switch |"


def render(deviations: tuple[Deviation, ...]) -> str:
    """A table in Markdown."""
    lines = [_HEAD, "|" + "---|" * 7]
    for item in deviations:
        operations = ", ".join(f"`{_short(name)}`" for name in item.operations)
        if item.operations == _INSTANCE_ANSWERS:
            operations = "every instance in an answer"
        if item.operations == (ANY,):
            operations = "every operation"
        statuses = ", ".join(map(str, item.statuses))
        cells = (operations, statuses, item.where, item.document, item.emulator, item.reason)
        lines.append("| " + " | ".join(cells) + f" | {item.switch and f'`{item.switch}`'} |")
    return "\n".join(lines) + "\n"


def _short(name: str) -> str:
    """The document names many v2beta1 operations by method and path."""
    return re.sub(r":(\w+)_id", r"{\1}", name.replace(_PROJECT, " …"))


if __name__ == "__main__":
    print(render(DEVIATIONS))  # noqa: T201 - to be pasted into the reference page
    print(render(BETA_DEVIATIONS))  # noqa: T201 - the same
