"""What a plan or a pass comes to, as one word for scripts (exit codes in docs/reference/cli.md)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pulumi_neo4j_aura.domain.policy import Mode, Policy
from pulumi_neo4j_aura.execution.actions.outcome import Failed
from pulumi_neo4j_aura.planning import guard_single
from pulumi_neo4j_aura.planning.plan import Plan, Severity
from pulumi_neo4j_aura.planning.planner import MODE
from pulumi_neo4j_aura.reconciler.passes import Applied

#: Guards that say how far a policy goes, and refuse nothing that anybody asked for.
_NO_REFUSAL: Final = frozenset({MODE, guard_single.CLONE_LIMIT, guard_single.CLONE_YOUNG})


class Comes(StrEnum):
    """In the order of their weight, the lightest first."""

    DONE = "done"
    CHANGES = "changes"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    FAILED = "failed"


def of_plan(plan: Plan, policies: tuple[Policy, ...]) -> Comes:
    """Of looking only: refused, unknown, changes or findings, or nothing to do."""
    if any(each.guard not in _NO_REFUSAL for each in plan.refused):
        return Comes.REFUSED
    if any(each.severity is Severity.UNKNOWN for each in plan.findings):
        return Comes.UNKNOWN
    return Comes.CHANGES if plan.actions or _grave(plan, policies) else Comes.DONE


def of_pass(applied: Applied, policies: tuple[Policy, ...]) -> Comes:
    """Of a pass, by what failed in it and by what a look afterwards still finds."""
    if any(isinstance(each.outcome, Failed) for each in applied.ended):
        return Comes.FAILED
    return of_plan(applied.left, policies)


def _grave(plan: Plan, policies: tuple[Policy, ...]) -> bool:
    """Whether a finding counts: not the informing ones, and none of a policy that only observes."""
    observing = {each.name for each in policies if each.mode is Mode.OBSERVE}
    return any(
        each.severity is not Severity.INFO and each.policy not in observing
        for each in plan.findings
    )
