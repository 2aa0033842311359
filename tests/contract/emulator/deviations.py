"""Where the emulator knowingly differs from Neo4j's v1 document, each with its reason.

The conformance test accepts exactly these; the reference page holds the same table (a test compares
them). `python tests/contract/emulator/deviations.py` prints it.
"""

from __future__ import annotations

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

_HEAD = "| Operation | Status | Where | The document | The emulator | Reason | Switch |"


def render() -> str:
    """The table in Markdown."""
    lines = [_HEAD, "|" + "---|" * 7]
    for item in DEVIATIONS:
        operations = ", ".join(f"`{name}`" for name in item.operations)
        if item.operations == _INSTANCE_ANSWERS:
            operations = "every instance in an answer"
        statuses = ", ".join(map(str, item.statuses))
        cells = (operations, statuses, item.where, item.document, item.emulator, item.reason)
        lines.append("| " + " | ".join(cells) + f" | {item.switch and f'`{item.switch}`'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(render())  # noqa: T201 - to be pasted into the reference page
