"""Where a new instance's data comes from, as users write it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from pulumi_neo4j_aura.resources.core.values import without_nones
from pulumi_neo4j_aura.resources.export_target import ExportTarget, url_of


@dataclass(frozen=True, slots=True)
class Newest:
    """Which snapshot "newest" means: the newest that is Completed and keeps these conditions.

    Args:
        exportable: Aura creates instances from exportable snapshots only, so leave this True.
        before: an ISO 8601 time with a zone; only snapshots taken before it.
        max_age: a span such as `2d`; only snapshots at most that old.
    """

    exportable: bool = True
    before: str | None = None
    max_age: str | None = None


#: The newest exportable snapshot, whatever its age.
NEWEST = Newest()


@dataclass(frozen=True, slots=True)
class InstanceSource:
    """A source, made by `from_snapshot`, `from_instance` or `from_export`."""

    kind: str
    instance_id: pulumi.Input[str] | None
    snapshot_id: pulumi.Input[str] | None = None
    newest: Newest | None = None
    target: pulumi.Input[str] | None = None
    export_id: pulumi.Input[str] | None = None

    def to_input(self) -> dict[str, object]:
        """The property that the request child takes.

        `explicit` tells an id that stands in the program as text from one that another resource
        made: editing the first is a mistake worth an error, the second changes by itself.
        """
        ids = (self.instance_id, self.snapshot_id, self.export_id)
        newest = self.newest
        return without_nones(
            {
                "kind": self.kind,
                "target": self.target,
                "export_id": self.export_id,
                "instance_id": self.instance_id,
                "snapshot_id": self.snapshot_id,
                "newest": _newest(newest) if newest else None,
                "explicit": all(each is None or isinstance(each, str) for each in ids),
            }
        )


def _newest(newest: Newest) -> dict[str, object]:
    values = {
        "exportable": newest.exportable,
        "before": newest.before,
        "max_age": newest.max_age,
    }
    return without_nones(values)


def from_snapshot(
    instance_id: pulumi.Input[str],
    snapshot_id: pulumi.Input[str] | None = None,
    *,
    newest: Newest = NEWEST,
) -> InstanceSource:
    """A new instance with the data of a snapshot.

    Args:
        instance_id: the instance that the snapshot was taken of.
        snapshot_id: that snapshot. Left out: the newest one that does, chosen once, when the
            instance is first planned (the preview names it and those that were skipped).
        newest: what "newest" means when no id is given.
    """
    if snapshot_id is not None:
        return InstanceSource("snapshot", instance_id, snapshot_id)
    return InstanceSource("snapshot", instance_id, None, newest)


def from_instance(instance_id: pulumi.Input[str]) -> InstanceSource:
    """A new instance with the current data of a running one."""
    return InstanceSource("instance", instance_id)


def from_export(
    target: ExportTarget | pulumi.Input[str],
    export_id: pulumi.Input[str] | None = None,
    *,
    instance_id: pulumi.Input[str] | None = None,
) -> InstanceSource:
    """A new, empty instance that is filled from an export and proven to be the same graph.

    An encrypted export needs its age identity in the file that AURA_BACKUP_AGE_IDENTITY_FILE
    names; the key itself is never in the state.

    Args:
        target: where the export lies: an `ExportTarget`, or the URL of a vault.
        export_id: which one, such as an `Export`'s `export_id`. Left out: the newest whole one of
            `instance_id`, chosen once, when the instance is first planned.
        instance_id: whose export; needed for the newest.
    """
    return InstanceSource("export", instance_id, target=url_of(target), export_id=export_id)
