"""A random life: faults, time, deaths, edits and people, with what must hold after every step.

The oracle is kept apart from what is tested: it knows which instances people made, which holds are
in force, and what each pass was allowed to do; it never asks the planner.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from aura_emulator.faults.rules import Fault
from pulumi_neo4j_aura.domain.observed import StoredHold
from pulumi_neo4j_aura.domain.policy import Policy
from pulumi_neo4j_aura.errors import AuraError, Transient
from pulumi_neo4j_aura.execution.actions.outcome import Done
from pulumi_neo4j_aura.execution.exports import verifying
from pulumi_neo4j_aura.execution.exports.verifying import Depth
from pulumi_neo4j_aura.execution.progress import Silent
from pulumi_neo4j_aura.planning.plan import DeleteClone, PruneExport, Severity
from pulumi_neo4j_aura.reconciler.passes import Applied
from pulumi_neo4j_aura.vault import holds
from pulumi_neo4j_aura.vault.effects import EffectJournal
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES
from pulumi_neo4j_aura.vault.vault import Vault
from support.crashing import Boundary, Died, DyingSender, DyingStore
from support.reconciling import policy, publish, reconciler
from support.simulated import Simulated

_READS: Final = ("/v1/instances", "/v1/instances/{id}", "/v1/instances/{id}/snapshots")
_KINDS: Final = (
    "lost_answer",
    "drop_request",
    "status",
    "html",
    "html_200",
    "truncated",
    "duplicate",
    "not_found_after_create",
    "stale_list",
    "expired_token",
    "empty_list",
)


@dataclass
class Chaos:
    """One life, made from a seed. `step` does something; `check` says what must hold."""

    home: Path
    seed: int
    told: list[str] = field(default_factory=list)
    made_by_people: set[str] = field(default_factory=set)
    held: dict[str, str] = field(default_factory=dict)
    had_copies: set[str] = field(default_factory=set)
    pruned: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.world = Simulated(self.home)
        self.rules = self.world.app.state.rules
        self.policy = self._policy()
        publish(self.world, self.policy)
        self._new_instance()

    def close(self) -> None:
        self.world.close()

    # --- what happens -------------------------------------------------------------------------

    def step(self) -> None:
        """One thing, chosen by the seed."""
        choices: list[tuple[int, Callable[[], None]]] = [
            (30, self._time_passes),
            (30, self._pass),
            (12, self._a_pass_dies),
            (8, self._the_vault_is_away),
            (12, self._something_goes_wrong),
            (8, self._everything_is_well),
            (6, self._the_policy_is_edited),
            (3, self._new_instance),
            (2, self._an_instance_vanishes),
            (4, self._a_hold_is_put_down),
            (3, self._a_hold_is_taken_away),
            (4, self._a_plan_is_looked_at),
            (2, self._the_clock_is_wrong),
        ]
        weights = [weight for weight, _ in choices]
        (chosen,) = self.random.choices([do for _, do in choices], weights)
        self.told.append(chosen.__name__.strip("_"))
        chosen()

    def _time_passes(self) -> None:
        self.world.pass_time(minutes=self.random.choice([1, 10, 60, 300, 1440, 1440, 4000, 20000]))

    def _pass(self) -> None:
        self._applied(lambda: reconciler(self.world, self.policy, holder=self._who()).apply())

    def _who(self) -> str:
        return f"machine-{self.random.randint(1, 3)}"

    def _applied(self, run: Callable[[], Applied]) -> None:
        try:
            applied = run()
        except AuraError as error:
            self.told.append(f"  {type(error).__name__}")
            return
        self._judge(applied)

    def _a_pass_dies(self) -> None:
        boundary = Boundary(at=self.random.randint(1, 60), behind=self.random.random() < 0.5)
        store: Any = DyingStore(self.world.vault.store, boundary)
        sender = DyingSender(self.world.sender, boundary)
        before = self._manifests()
        try:
            self._applied(
                lambda: reconciler(
                    self.world, self.policy, holder=self._who(), vault=Vault(store), sender=sender
                ).apply()
            )
        except Died:
            self.told.append(f"  died at {boundary.passed[-1]}")
            self.pruned += [self.world.clock.now()] * len(before - self._manifests())

    def _the_vault_is_away(self) -> None:
        store: Any = _Away(self.world.vault.store, self.random.randint(1, 30))
        before = self._manifests()
        self._applied(
            lambda: reconciler(
                self.world, self.policy, holder=self._who(), vault=Vault(store)
            ).apply()
        )
        lost = before - self._manifests()
        self.pruned += [self.world.clock.now()] * max(len(lost) - self._just_pruned, 0)

    _just_pruned = 0

    def _something_goes_wrong(self) -> None:
        kind: Any = self.random.choice(_KINDS)
        path = self.random.choice([*_READS, "/v1/instances", None])
        method = self.random.choice(["GET", "GET", "POST", "DELETE", None])
        status = self.random.choice([403, 404, 409, 429, 500, 503])
        fault = Fault(
            kind,
            method,
            path,
            times=self.random.choice([1, 2, 4, 12, 40]),
            after=self.random.randint(0, 4),
            effect=self.random.random() < 0.5,
            status=status,
            seconds=20.0,
            retry_after=5 if status == 429 else None,
        )
        self.told.append(f"  {kind} {method} {path} {status}")
        self.rules.add(fault)

    def _everything_is_well(self) -> None:
        self.rules.clear()
        self.world.clock.skew = timedelta()

    def _the_policy_is_edited(self) -> None:
        self.policy = self._policy()
        publish(self.world, self.policy)

    def _policy(self) -> Policy:
        pick = self.random.choice
        rules = {
            "keep_last": pick([1, 2, 3, 8]),
            "daily": pick([None, 2, 7]),
            "weekly": pick([None, 2, 8]),
            "floor": {"count": pick([1, 2])},
        }
        return policy(
            self.world,
            snapshots=pick([[], [{"cron": "30 5 * * *"}]]),
            exports=[{"cron": pick(["0 2 * * SUN", "0 2 * * *", "0 */6 * * *"]), "first": "now"}],
            retention={key: value for key, value in rules.items() if value is not None},
            limits={"max_deletes": pick([1, 3, 10]), "max_delete_percent": pick([10, 100, 100])},
            mode=pick([*["enforce"] * 12, "warn", "observe"]),
        )

    def _new_instance(self) -> None:
        alive = self.made_by_people & set(self.world.instances())
        if len(alive) >= 4:
            return
        self.rules.clear()
        name = f"db-{len(self.made_by_people)}"
        kind = self.random.choice(["professional-db", "business-critical"])
        self.made_by_people.add(self.world.instance(name, kind))

    def _an_instance_vanishes(self) -> None:
        alive = sorted(self.made_by_people & set(self.world.instances()))
        if len(alive) > 1:
            self.world.vanish(self.random.choice(alive))

    def _a_hold_is_put_down(self) -> None:
        found = sorted(self._exports())
        if found:
            name, copy = f"hold-{len(self.told)}", self.random.choice(found)
            holds.add(self.world.vault, StoredHold(name, copy, "a test"), self.world.clock.now())
            self.held[name] = copy

    def _a_hold_is_taken_away(self) -> None:
        if self.held:
            name = self.random.choice(sorted(self.held))
            holds.remove(self.world.vault, name, self.world.clock.now())
            del self.held[name]

    def _a_plan_is_looked_at(self) -> None:
        before = (len(self.world.mutations()), self._manifests())
        reconciler(self.world, self.policy).plan()
        assert (len(self.world.mutations()), self._manifests()) == before, "a plan changed things"

    def _the_clock_is_wrong(self) -> None:
        minutes = self.random.choice([-195, -3, 3, 90, 42 * 1440])
        self.world.clock.skew = timedelta(minutes=minutes)
        before = self._manifests()
        try:
            self._applied(lambda: reconciler(self.world, self.policy, holder="wrong").apply())
        finally:
            self.world.clock.skew = timedelta()
        self.pruned += [self.world.clock.now()] * len(before - self._manifests())

    # --- what must hold -----------------------------------------------------------------------

    def _judge(self, applied: Applied) -> None:
        """Invariants of one pass: 6 (unknown) and 7 (budget), and who deletes anything at all."""
        done = [each.action for each in applied.ended if isinstance(each.outcome, Done)]
        deletes = [each for each in done if isinstance(each, PruneExport | DeleteClone)]
        unknown = [each for each in applied.plan.findings if each.severity is Severity.UNKNOWN]
        blind = [each for each in unknown if each.code != "snapshots-unknown"]
        pruned = [each for each in done if isinstance(each, PruneExport)]
        self._just_pruned = len(pruned)
        self.pruned += [self.world.clock.now()] * len(pruned)
        assert not (blind and deletes), f"deletes after {blind}"
        limit = self.policy.limits.max_deletes
        assert len(pruned) <= max(limit, 1), f"{len(pruned)} prunes in a run, {limit} allowed"

    def check(self) -> None:
        """Invariants of the world."""
        there = set(self.world.instances())
        exports = self._exports()
        for copy in self.held.values():
            assert copy in exports, f"8: the held copy {copy} is gone"
        with_copies = {
            row.manifest.instance.id for row in self.world.vault.exports() if row.manifest
        }
        self.had_copies |= with_copies
        assert self.had_copies == with_copies, "1: an instance lost its last copy"
        clones = {key: name for key, name in self.world.instances().items() if "~" in name}
        assert there - set(clones) <= self.made_by_people, "3: an instance that nobody asked for"
        deleted = self._deleted_by_call()
        assert not deleted & self.made_by_people, f"5: {deleted} was deleted"

    def _deleted_by_call(self) -> set[str]:
        return {
            path.rpartition("/")[2] for method, path in self.world.sender.sent if method == "DELETE"
        }

    def settle(self) -> None:
        """12: with faults stopped it converges, and then nothing changes any more."""
        self.rules.clear()
        self.world.clock.skew = timedelta()
        self.policy = policy(self.world, retention={"keep_last": 2})
        publish(self.world, self.policy)
        for _ in range(40):
            self.world.pass_time(hours=13)
            self._pass()
        plan = reconciler(self.world, self.policy).plan()
        assert plan.actions == (), f"12: {plan.actions}"
        before = (len(self.world.mutations()), self._manifests())
        reconciler(self.world, self.policy).apply()
        assert (len(self.world.mutations()), self._manifests()) == before, "12: it changed again"
        left = [name for name in self.world.instances().values() if "~" in name]
        assert left == [], f"4: clones are left: {left}"
        self._reread()
        self._outcomes()

    def _reread(self) -> None:
        for row in self.world.vault.exports():
            assert row.manifest is not None, f"10: {row.problem}"
            looked = verifying.verify(
                self.world.vault.store, row.manifest, Depth.FULL, NO_IDENTITIES, Silent()
            )
            assert looked.sound, f"10: {looked.problems}"

    def _outcomes(self) -> None:
        history = EffectJournal(self.world.vault, self.world.clock).read()
        done = [
            each.key for each in history.ended if each.due and each.key and each.state == "done"
        ]
        assert len(done) == len(set(done)), "11: a slot was done twice"
        snapshots = [row.manifest.export_id for row in self.world.vault.exports() if row.manifest]
        assert len(snapshots) == len(set(snapshots)), "3: a snapshot was exported twice"

    def _exports(self) -> set[str]:
        return {row.manifest.export_id for row in self.world.vault.exports() if row.manifest}

    def _manifests(self) -> set[str]:
        return {row.key for row in self.world.vault.exports()}


@dataclass
class _Away:
    """A store that gives no answer from its n-th call on."""

    store: Any
    at: int
    count: int = 0

    @property
    def url(self) -> str:
        return str(self.store.url)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)

        def call(*args: Any, **options: Any) -> Any:
            self.count += 1
            if self.count >= self.at:
                raise Transient("The store gave no usable answer.")
            return method(*args, **options)

        return call if callable(method) else method
