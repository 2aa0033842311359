"""Delete a clone that an export left behind, after a second look at what it is."""

from __future__ import annotations

from datetime import timedelta

from pulumi_neo4j_aura.errors import AuraError, Refused
from pulumi_neo4j_aura.execution import clones
from pulumi_neo4j_aura.execution.actions.outcome import Done, Outcome, Skipped, of_error
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.planning.plan import DeleteClone


def handle(
    services: Services, action: DeleteClone, older_than: timedelta, patience_seconds: float
) -> Outcome:
    """See it gone, unless it is younger than `older_than` or not the clone that it was."""
    try:
        found = clones.leftovers(services, action.project_id)
        left = next((each for each in found if each.id == action.instance_id), None)
        if left is None:
            return Skipped(f"clone {action.instance_id} is not listed any more")
        clones.sweep(services, left, older_than=older_than, patience_seconds=patience_seconds)
    except Refused as error:
        return Skipped(str(error))
    except AuraError as error:
        return of_error(error)
    return Done(f"deleted clone {left.name} ({left.id})", {"clone_id": left.id})
