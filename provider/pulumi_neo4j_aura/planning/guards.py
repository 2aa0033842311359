"""Guards: what a plan must not do, whoever planned it.

They know nothing of retention. Each delete is checked against what was seen, then what would remain
after all of them together, and last whether they are too many or too early. Only those last two can
be lifted, by a person who approves the very plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pulumi_neo4j_aura.domain.observed import ObservedState
from pulumi_neo4j_aura.domain.policy import Policy
from pulumi_neo4j_aura.planning import guard_single, guard_totals
from pulumi_neo4j_aura.planning.guard_world import Verdict, World, look
from pulumi_neo4j_aura.planning.plan import Action, DeleteClone, PruneExport, RefusedAction

#: Guards that a person may lift by approving the plan: they are about how much and when.
APPROVABLE = frozenset({guard_single.FIRST_CYCLE, guard_totals.BUDGET})


@dataclass(frozen=True, slots=True)
class Guarded:
    """The plan's actions in their order: let through, and refused."""

    actions: tuple[Action, ...]
    refused: tuple[RefusedAction, ...]


def check(
    actions: Sequence[Action],
    observed: ObservedState,
    policies: Sequence[Policy],
    now: datetime,
) -> Guarded:
    """Part the actions into those that may run and those that must not.

    Args:
        actions: all of the plan's: what would remain is counted after all of them together.
        observed: what the plan was made from.
        policies: all that were planned for; a delete for another one is refused.
        now: the plan's time.
    """
    world = look(actions, observed, policies, now)
    verdicts = {
        index: verdict
        for index, action in enumerate(actions)
        if (verdict := guard_single.verdict(action, world))
    }
    _add(verdicts, guard_totals.last_good(_prunes(actions, verdicts), world))
    # From here on a person may say yes: so these come last, and what they refuse was counted above.
    _add(verdicts, guard_totals.over_budget(_prunes(actions, verdicts), world))
    _add(verdicts, _first_cycle(actions, world))
    return Guarded(
        tuple(action for index, action in enumerate(actions) if index not in verdicts),
        tuple(
            RefusedAction(actions[index], code, reason, code in APPROVABLE)
            for index, (code, reason) in sorted(verdicts.items())
        ),
    )


def _add(verdicts: dict[int, Verdict], more: Iterable[tuple[int, Verdict]]) -> None:
    """Add verdicts on actions that have none yet: the first one stands."""
    for index, verdict in more:
        verdicts.setdefault(index, verdict)


def _prunes(actions: Sequence[Action], verdicts: dict[int, Verdict]) -> list[guard_totals.Placed]:
    """Prunes that still stand."""
    return [
        (index, action)
        for index, action in enumerate(actions)
        if isinstance(action, PruneExport) and index not in verdicts
    ]


def _first_cycle(actions: Sequence[Action], world: World) -> Iterator[tuple[int, Verdict]]:
    for index, action in enumerate(actions):
        if isinstance(action, PruneExport | DeleteClone):
            verdict = guard_single.first_cycle(action, world)
            if verdict:
                yield index, verdict
