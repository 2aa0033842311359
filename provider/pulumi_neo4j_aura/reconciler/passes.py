"""One pass: look at the world, plan, and do what is due.

A pass may be cut off anywhere. What it was about to do is in the vault's journal, and the next
pass, on whatever machine, goes on from there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.domain.policy import Policy
from pulumi_neo4j_aura.errors import AuraError, Refused
from pulumi_neo4j_aura.execution.actions.outcome import Waiting
from pulumi_neo4j_aura.execution.actions.running import Ended, Runner, Vaulted
from pulumi_neo4j_aura.execution.actions.world import World
from pulumi_neo4j_aura.execution.exports import pruning
from pulumi_neo4j_aura.observation.observer import Observer
from pulumi_neo4j_aura.planning import checksum, planner
from pulumi_neo4j_aura.planning.plan import Action, DeleteClone, Plan, RecreateInstance, Severity
from pulumi_neo4j_aura.reconciler.keeping import Keeper
from pulumi_neo4j_aura.reporting import plans
from pulumi_neo4j_aura.vault import lease
from pulumi_neo4j_aura.vault.effects import EffectJournal

#: How long a lease holds without being renewed: longer than a stalled disk, shorter than the time
#: after which a dead machine's work is missed.
LEASE: Final = timedelta(minutes=3)

#: Rounds after the first: an export lets go of an older one, and that is all there is.
_ROUNDS: Final = 2

#: Between two rounds of one pass the list of instances needs not be asked for again.
_JUST_NOW: Final = timedelta(minutes=1)

Lines = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What a pass planned and did. `left`: the plan of the world afterwards."""

    plan: Plan
    left: Plan
    ended: tuple[Ended, ...] = ()
    #: Targets that another reconciler works on, and who.
    busy: Mapping[str, str] = field(default_factory=dict)

    @property
    def after(self) -> float | None:
        """The shortest wait that an action asked for; None: nothing is under way."""
        waits = [each.outcome.after for each in self.ended if isinstance(each.outcome, Waiting)]
        return min(waits, default=None)


@dataclass(slots=True)
class Reconciler:
    """Observes, plans and applies for some policies.

    Attributes:
        policies: what is declared.
        observer: how to look.
        world: what actions work with.
        clock: the time.
        holder: who this is, for the lease; read by people.
        report: told what happens.
        stopping: set it to begin nothing new.
        keeper: makes what renews leases while work is done; the usual one does in real time.
    """

    policies: tuple[Policy, ...]
    observer: Observer
    world: World
    clock: Clock
    holder: str
    report: Lines = lambda _line: None
    stopping: threading.Event = field(default_factory=threading.Event)
    keeper: Callable[[Clock, threading.Event], Keeper] = Keeper

    def plan(
        self,
        *,
        at: datetime | None = None,
        list_age: timedelta = timedelta(),
        fresh: bool = False,
    ) -> Plan:
        """What would be done now, or at another time in the world as it is now."""
        observed = self.observer.observe(self.policies, list_age=list_age, fresh=fresh)
        return planner.plan(self.policies, observed, at or observed.at)

    def apply(
        self,
        *,
        approved: str = "",
        read: Plan | None = None,
        only: Callable[[Action], bool] = lambda _action: True,
        list_age: timedelta = timedelta(),
    ) -> Applied:
        """Observe, plan, and do what is due; and again, where that made something else due.

        Args:
            approved: the checksum of a plan that a person has seen. Only that plan is applied, and
                what its guards ask a person about is done with it.
            read: that plan, where it is at hand, to tell what is different now.
            only: which actions to run.
            list_age: how old a remembered list of instances may be.

        Raises:
            Refused: the plan is not the approved one any more.
        """
        plan = self.plan(list_age=list_age)
        if approved:
            plan = _approved(plan, approved, read)
        done = self._do(_only(plan, only))
        for _ in range(_ROUNDS):
            left = _untried(_only(done.left, only), done.ended)
            # No delete in the pass of a look that was not whole, though a later look may be.
            blind = any(each.severity is Severity.UNKNOWN for each in plan.findings)
            if approved or blind or done.busy or not done.ended or not left.actions:
                break
            more = self._do(left)
            done = replace(more, plan=plan, ended=(*done.ended, *more.ended))
        return replace(done, plan=plan)

    def _do(self, plan: Plan) -> Applied:
        """One round; what is left afterwards is looked at only where something was done."""
        targets = {policy.name: policy.target for policy in self.policies}
        needed = _needed(plan, targets)
        with self.keeper(self.clock, self.stopping) as keeper:
            books, busy = self._books(needed, keeper)
            for url in books.keys() & set(plan.cut_short):
                self._end_prunes(books[url])
            self._settle(plan, books, targets)
            ready = [each for each in plan.actions if targets[each.policy] in books]
            runner = Runner(
                world=self.world,
                books=books,
                targets=targets,
                concurrency={each.name: each.limits.concurrency for each in self.policies},
                clones={each.name: each.limits.max_clones for each in self.policies},
                report=self.report,
                stopping=self.stopping,
            )
            ended = runner.run(ready)
        self.observer.touched(
            (each.action.instance_id for each in ended),
            lists=any(isinstance(each.action, DeleteClone | RecreateInstance) for each in ended),
        )
        left = self.plan(list_age=_JUST_NOW) if ended or plan.slots or plan.cut_short else plan
        return Applied(plan, left, (*ended, *_waiting(plan, targets, busy)), busy)

    def _books(
        self, needed: Sequence[str], keeper: Keeper
    ) -> tuple[dict[str, Vaulted], dict[str, str]]:
        """The journals of the targets whose lease could be had, and who has the others."""
        books: dict[str, Vaulted] = {}
        busy: dict[str, str] = {}
        for url in needed:
            vault = self.world.vaults[url]
            try:
                held = lease.acquire(vault.store, self.holder, self.clock, LEASE.total_seconds())
            except AuraError as error:
                busy[url] = str(error)
                continue
            keeper.keep(held)
            books[url] = Vaulted(EffectJournal(vault, self.clock), held)
        return books, busy

    def _end_prunes(self, book: Vaulted) -> None:
        """What a dead run left of a prune; that it cannot be ended now stops nothing else."""
        try:
            pruning.go_on(book.journal, self.clock.now())
        except AuraError as error:
            self.report(f"a prune that was cut short is not ended yet: {error}")

    def _settle(self, plan: Plan, books: Mapping[str, Vaulted], targets: Mapping[str, str]) -> None:
        """Record the slots that end without an effect."""
        for url, book in books.items():
            mine = [each for each in plan.slots if targets[each.slot.policy] == url]
            if mine:
                book.lease.check()
                book.journal.settle(mine)


def _only(plan: Plan, wanted: Callable[[Action], bool]) -> Plan:
    return replace(plan, actions=tuple(each for each in plan.actions if wanted(each)))


def _untried(plan: Plan, ended: Sequence[Ended]) -> Plan:
    tried = {each.action.key for each in ended}
    return _only(plan, lambda each: each.key not in tried)


def _needed(plan: Plan, targets: Mapping[str, str]) -> list[str]:
    """The targets that something is to be written to: without work, no lease is taken."""
    names = {each.policy for each in plan.actions} | {each.slot.policy for each in plan.slots}
    return sorted({targets[name] for name in names} | set(plan.cut_short))


def _waiting(plan: Plan, targets: Mapping[str, str], busy: Mapping[str, str]) -> list[Ended]:
    return [
        Ended(each, Waiting(busy[targets[each.policy]]))
        for each in plan.actions
        if targets[each.policy] in busy
    ]


def _approved(plan: Plan, approved: str, read: Plan | None) -> Plan:
    """The plan with what a person approved of, if it is the plan that the person saw."""
    found = checksum.of(plan)
    if found != approved:
        raise Refused(
            f"The plan that was approved ({approved}) is not the plan of the world as it is now "
            f"({found}){plans.told(checksum.differences(read, plan)) if read else ''}; nothing was "
            "done.",
            way_out="Make a new one with `aura-backup plan --out FILE`, read it, and apply that.",
        )
    let_through = tuple(each.action for each in plan.refused if each.approvable)
    left = tuple(each for each in plan.refused if not each.approvable)
    return replace(plan, actions=(*plan.actions, *let_through), refused=left)
