"""Run a plan's actions: intent first, each instance's in order, one failure never stops others.

Actions of different instances run beside each other, as many as the limits allow; those of one
instance one after the other, because Aura takes one operation at a time. Before each effect the
lease is looked at: whoever lost it stops.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final, assert_never

from pulumi_neo4j_aura.errors import AuraError, Busy, Refused
from pulumi_neo4j_aura.execution.actions import (
    clone_removal,
    exporting,
    pruning,
    recreating,
    taking,
)
from pulumi_neo4j_aura.execution.actions.outcome import (
    Done,
    Failed,
    Outcome,
    Skipped,
    Waiting,
    told,
)
from pulumi_neo4j_aura.execution.actions.world import World
from pulumi_neo4j_aura.execution.exports.choice import LIVE
from pulumi_neo4j_aura.planning.plan import (
    Action,
    DeleteClone,
    ExportSnapshot,
    PruneExport,
    RecreateInstance,
    TakeSnapshot,
)
from pulumi_neo4j_aura.vault.effects import EffectJournal, Wish
from pulumi_neo4j_aura.vault.history import Intent
from pulumi_neo4j_aura.vault.lease import Lease

#: Instances at work at once over all policies; Aura's quota and this machine's memory bind first.
MOST_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Ended:
    """One action and how it ended."""

    action: Action
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Vaulted:
    """What is written down, where, and under whose lease."""

    journal: EffectJournal
    lease: Lease


@dataclass(slots=True)
class Runner:
    """Runs actions. `books` by vault URL; `concurrency` by policy name."""

    world: World
    books: Mapping[str, Vaulted]
    targets: Mapping[str, str]
    concurrency: Mapping[str, int]
    #: Clones that each policy may have at once.
    clones: Mapping[str, int] = field(default_factory=dict)
    #: Told of each action as it begins and ends.
    report: Callable[[str], None] = lambda _line: None
    #: Set from outside: nothing new is begun; what runs is finished.
    stopping: threading.Event = field(default_factory=threading.Event)
    _slots: dict[str, threading.Semaphore] = field(default_factory=dict)
    _clones: dict[str, threading.Semaphore] = field(default_factory=dict)

    def run(self, actions: Sequence[Action]) -> tuple[Ended, ...]:
        """Run them all; the results in the order of the actions."""
        names = {action.policy for action in actions}
        self._slots = _semaphores(names, self.concurrency)
        self._clones = _semaphores(names, self.clones)
        chains = _by_instance(actions)
        # No more than can have a place at once: the others would only wait for one.
        workers = min(MOST_AT_ONCE, sum(max(self.concurrency.get(name, 1), 1) for name in names))
        with ThreadPoolExecutor(max(workers, 1), thread_name_prefix="action") as pool:
            ended = [each for chain in pool.map(self._chain, chains) for each in chain]
        order = {action.key: place for place, action in enumerate(actions)}
        return tuple(sorted(ended, key=lambda each: order[each.action.key]))

    def _chain(self, actions: Iterable[Action]) -> list[Ended]:
        ended: list[Ended] = []
        for action in actions:
            broken = any(isinstance(each.outcome, Failed | Waiting) for each in ended)
            if broken and isinstance(action, PruneExport):
                # It was decided on in the belief that what comes before it works.
                ended.append(Ended(action, Skipped("what was to be done before it is not done")))
            else:
                ended.append(Ended(action, self._one(action)))
        return ended

    def _one(self, action: Action) -> Outcome:
        with self._room(action):
            if self.stopping.is_set():
                return Skipped("stopping; nothing new is begun")
            self.report(f"{action.instance_name}: {action.key}: {action.reason}")
            try:
                outcome = self._journalled(action)
            except AuraError as error:
                outcome = Failed(error)
            self.report(f"{action.instance_name}: {told(outcome)}")
            return outcome

    @contextmanager
    def _room(self, action: Action) -> Iterator[None]:
        """A place among the policy's actions, and among its clones where one is made."""
        with ExitStack() as stack:
            if isinstance(action, ExportSnapshot) and action.method != LIVE:
                stack.enter_context(self._clones[action.policy])
            stack.enter_context(self._slots[action.policy])
            yield

    def _journalled(self, action: Action) -> Outcome:
        """Intent, effect, outcome. Without an intent there is no effect."""
        book = self.books[_target(action, self.targets)]
        try:
            book.lease.check()
            intent = book.journal.begin(_wish(action), book.lease.epoch)
            # Again: whoever slept since then may have been overtaken, and the try is another's.
            book.lease.check()
        except Busy as error:
            return Waiting(str(error))
        except Refused as error:
            return Skipped(str(error))
        outcome = self._act(action)
        _finish(book.journal, intent, outcome)
        return outcome

    def _act(self, action: Action) -> Outcome:
        world = self.world
        services = world.services[_target(action, self.targets)]
        match action:
            case TakeSnapshot():
                return taking.handle(services, action, world.patience_seconds)
            case ExportSnapshot():
                return exporting.handle(world, services, action)
            case PruneExport():
                return pruning.handle(world.vaults[action.target], action, services.clock.now())
            case DeleteClone():
                age = world.clone_ages[action.policy]
                return clone_removal.handle(services, action, age, world.patience_seconds)
            case RecreateInstance():
                return recreating.handle(world, services, action)
            case _:
                assert_never(action)


def _semaphores(names: Iterable[str], counts: Mapping[str, int]) -> dict[str, threading.Semaphore]:
    return {name: threading.Semaphore(max(counts.get(name, 1), 1)) for name in names}


def _wish(action: Action) -> Wish:
    return Wish(
        key=action.key,
        kind=type(action).__name__,
        policy=action.policy,
        instance_id=action.instance_id,
        facts={"reason": action.reason, "instance": action.instance_name},
        slot=action.slot if isinstance(action, TakeSnapshot | ExportSnapshot) else None,
        # These look first, and what they delete can come to be again.
        once=not isinstance(action, PruneExport | DeleteClone),
    )


def _target(action: Action, targets: Mapping[str, str]) -> str:
    """The vault whose journal has the action: its policy's."""
    return targets[action.policy]


def _by_instance(actions: Sequence[Action]) -> list[list[Action]]:
    chains: dict[str, list[Action]] = {}
    for action in actions:
        chains.setdefault(action.instance_id, []).append(action)
    return list(chains.values())


def _finish(journal: EffectJournal, intent: Intent, outcome: Outcome) -> None:
    match outcome:
        case Done(message, facts):
            journal.finish(intent, "done", message, facts)
        case Failed(error):
            journal.finish(intent, "failed", str(error), {})
        case Skipped(reason):
            journal.finish(intent, "skipped", reason, {})
        case Waiting():
            return  # the intent stays open, and the next pass goes on with it
        case _:
            assert_never(outcome)
