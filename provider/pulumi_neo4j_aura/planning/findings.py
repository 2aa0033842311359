"""The codes of findings: stable, for scripts and alarms (docs/reference/findings.md)."""

from __future__ import annotations

from typing import Final

RPO_EXCEEDED: Final = "rpo-exceeded"
RPO_UNPROVEN: Final = "rpo-unproven"
RTO_EXCEEDED: Final = "rto-exceeded"
RTO_UNPROVEN: Final = "rto-unproven"
EXPORT_OVERDUE: Final = "export-overdue"
SNAPSHOT_OVERDUE: Final = "snapshot-overdue"
AURA_SNAPSHOT_OVERDUE: Final = "aura-snapshot-overdue"
EXPORT_DEADLINE: Final = "export-deadline"
NOTHING_TO_EXPORT: Final = "nothing-to-export"
COPY_MISSING: Final = "copy-missing"
COPY_DAMAGED: Final = "copy-damaged"
COPY_FROM_THE_FUTURE: Final = "copy-from-the-future"
FLOOR_SHORT: Final = "floor-short"
FLOOR_UNPROVEN: Final = "floor-unproven"
RESTORE_TEST_UNSUPPORTED: Final = "restore-test-unsupported"
INSTANCE_GONE: Final = "instance-gone"
INSTANCE_UNKNOWN: Final = "instance-unknown"
SNAPSHOTS_UNKNOWN: Final = "snapshots-unknown"
VAULT_UNKNOWN: Final = "vault-unknown"
PROJECT_UNKNOWN: Final = "project-unknown"
UNPROTECTED: Final = "unprotected"
NO_INSTANCES: Final = "no-instances"
OVERLAP: Final = "overlap"
POLICY_CONFLICT: Final = "policy-conflict"
CLONE_LEFTOVER: Final = "clone-leftover"
DELETES_REFUSED: Final = "deletes-refused"
HOLD_ENDED: Final = "hold-ended"
ALL: Final = (
    RPO_EXCEEDED,
    RPO_UNPROVEN,
    RTO_EXCEEDED,
    RTO_UNPROVEN,
    EXPORT_OVERDUE,
    SNAPSHOT_OVERDUE,
    AURA_SNAPSHOT_OVERDUE,
    EXPORT_DEADLINE,
    NOTHING_TO_EXPORT,
    COPY_MISSING,
    COPY_DAMAGED,
    COPY_FROM_THE_FUTURE,
    FLOOR_SHORT,
    FLOOR_UNPROVEN,
    RESTORE_TEST_UNSUPPORTED,
    INSTANCE_GONE,
    INSTANCE_UNKNOWN,
    SNAPSHOTS_UNKNOWN,
    VAULT_UNKNOWN,
    PROJECT_UNKNOWN,
    UNPROTECTED,
    NO_INSTANCES,
    OVERLAP,
    POLICY_CONFLICT,
    CLONE_LEFTOVER,
    DELETES_REFUSED,
    HOLD_ENDED,
)
