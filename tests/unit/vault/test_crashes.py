"""A process dies before or behind each change of a vault; the next one converges, nothing twice."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.observed import Past, StoredHold
from pulumi_neo4j_aura.errors import NotFound, Refused
from pulumi_neo4j_aura.vault import holds, lease, policies, removal
from pulumi_neo4j_aura.vault.shared_journal import SharedJournal
from pulumi_neo4j_aura.vault.store import Store, open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.clock import FakeClock
from support.crashing import Boundary, Died, DyingStore
from support.effects import DUE, PLACE, journal, missed, prune, wish
from support.exports import made_export, plant_export

SECONDS = 180.0
MADE = made_export()
HOLD = StoredHold("audit", MADE.export_id, "the auditors want it")


@dataclass
class Place:
    """What outlives a process: the vault, this machine's disk, and what was done at Aura."""

    disk: Path
    store: Store = field(default_factory=lambda: open_store("memory://"))
    clock: FakeClock = field(default_factory=FakeClock)
    world: list[str] = field(default_factory=list)

    def keys(self, folder: str) -> list[str]:
        return sorted(each.key for each in self.store.list(folder))


@dataclass
class Process:
    """One process; `store` is how it reaches the vault, and where it may die."""

    place: Place
    boundary: Boundary

    @property
    def store(self) -> Any:
        return DyingStore(self.place.store, self.boundary)

    @property
    def vault(self) -> Vault:
        return Vault(self.store)

    def under_lease(self, do: Callable[[Any, int], None]) -> None:
        held = lease.acquire(self.store, "a process", self.place.clock, SECONDS)
        held.renew()
        held.check()
        do(journal(self.store, self.place.clock), held.epoch)
        held.release()


# --- what is done, and what must hold afterwards --------------------------------------------------


def export(here: Process) -> None:
    """A slot's effect, which looks first, as each effect does."""

    def do(book, epoch):
        with suppress(Refused):
            intent = book.begin(wish(), epoch)
            if not here.place.world:
                here.boundary.cross("effect", lambda: here.place.world.append("export"))
            book.finish(intent, "done", "exported", {})

    here.under_lease(do)


def exported(place: Place) -> None:
    assert place.world == ["export"]
    said = journal(place.store, place.clock).read()
    assert said.pasts() == {PLACE: Past(settled=DUE)}
    assert said.unfinished == ()
    assert len(place.keys("journal")) == 2
    lease.acquire(place.store, "the next", place.clock, SECONDS).check()


def failing(here: Process) -> None:
    """A try that fails; the second process does not know of the first."""

    def do(book, epoch):
        if not book.read().pasts():
            book.finish(book.begin(wish(), epoch), "failed", "no luck", {})

    here.under_lease(do)


def failed(place: Place) -> None:
    assert journal(place.store, place.clock).read().pasts()[PLACE].failures == 1
    assert len(place.keys("journal")) == 2


def settle(here: Process) -> None:
    here.under_lease(lambda book, _epoch: book.settle([missed(0), missed(1)]))


def settled(place: Place) -> None:
    assert len(place.keys("journal")) == 1
    past = Past(settled=DUE + timedelta(days=1), missed=True)
    assert journal(place.store, place.clock).read().pasts() == {PLACE: past}


def prune_one(here: Process) -> None:
    """As a pass does: an export that is gone is not planned any more."""

    def do(book, epoch):
        made = here.vault.find(MADE.export_id)
        if made is not None:
            intent = book.begin(prune(MADE.export_id), epoch)
            removal.prune(here.vault, made, "it is old", here.place.clock.now())
            book.finish(intent, "done", "pruned", {})

    here.under_lease(do)


def pruned(place: Place) -> None:
    """And it is counted against the budget, once, wherever the process died."""
    assert Vault(place.store).find(MADE.export_id) is None
    deletes = journal(place.store, place.clock).read().deletes_since(DUE, set())
    assert len(deletes["production"]) == 1


def publish(here: Process) -> None:
    policies.publish(here.vault, "production", "v2", {"a": 2}, here.place.clock.now())


def published(place: Place) -> None:
    """The newer version is current, and it holds since the first one."""
    (found,) = policies.current(Vault(place.store))
    assert (found.version, found.document, found.since) == ("v2", {"a": 2}, place.clock.start)
    assert len(place.keys("policies")) == 2


def publish_one(here: Process) -> None:
    policies.publish(here.vault, "production", "v1", {"a": 1}, here.place.clock.now())


def published_one(place: Place) -> None:
    assert place.keys("policies") == ["policies/production/00000001.json"]


def withdraw(here: Process) -> None:
    policies.withdraw(here.vault, "production", here.place.clock.now())


def withdrawn(place: Place) -> None:
    assert policies.current(Vault(place.store)) == ()
    assert len(place.keys("policies")) == 2


def hold(here: Process) -> None:
    holds.add(here.vault, HOLD, here.place.clock.now())


def held(place: Place) -> None:
    assert holds.current(Vault(place.store)) == (HOLD,)
    assert len(place.keys("holds")) == 1


def let_go(here: Process) -> None:
    with suppress(NotFound):
        holds.remove(here.vault, HOLD.name, here.place.clock.now())


def let_gone(place: Place) -> None:
    assert holds.current(Vault(place.store)) == ()
    assert len(place.keys("holds")) == 2


def clone(here: Process) -> None:
    """A create at Aura: looks for what an earlier process left, and goes on with it."""
    book = SharedJournal(here.place.disk / "here", here.place.clock, here.store)
    left = book.unfinished("create", "owner", {})
    if here.place.world and not left:
        return
    entry = left[0] if left else book.begin("create", "owner", {"name": "clone"})
    if not here.place.world:
        here.boundary.cross("effect", lambda: here.place.world.append("clone"))
    if entry.answer is None:
        book.record_answer(entry, {"instance_id": "x"})
    book.finish(entry, "created")


def cloned(place: Place) -> None:
    assert place.world == ["clone"]
    for machine in ("here", "there"):
        book = SharedJournal(place.disk / machine, place.clock, place.store)
        assert book.unfinished("create", "owner", {}) == ()
    assert len({key.rpartition("/")[0] for key in place.keys("intents")}) == 1


def nothing(here: Process) -> None:
    """There is nothing before."""


def planted(here: Process) -> None:
    plant_export(Vault(here.place.store), MADE)


CASES: dict[str, tuple[Callable[[Process], None], ...]] = {
    "an export": (nothing, export),
    "a try that fails": (nothing, failing),
    "slots that are settled": (nothing, settle),
    "a prune": (planted, prune_one),
    "another version of a policy": (publish_one, publish),
    "a policy": (nothing, publish_one),
    "a policy that is withdrawn": (publish_one, withdraw),
    "a hold": (nothing, hold),
    "a hold that is removed": (hold, let_go),
    "a clone": (nothing, clone),
}
PROOFS: dict[str, Callable[[Place], None]] = {
    "an export": exported,
    "a try that fails": failed,
    "slots that are settled": settled,
    "a prune": pruned,
    "another version of a policy": published,
    "a policy": published_one,
    "a policy that is withdrawn": withdrawn,
    "a hold": held,
    "a hold that is removed": let_gone,
    "a clone": cloned,
}


def run(case: str, place: Place, at: int = 0, *, behind: bool = False) -> Boundary:
    """Let one process do it, or die at its n-th change."""
    boundary = Boundary(at, behind)
    CASES[case][1](Process(place, boundary))
    return boundary


def prepared(case: str, disk: Path) -> Place:
    place = Place(disk)
    CASES[case][0](Process(place, Boundary()))
    return place


@pytest.mark.parametrize("case", CASES)
def test_what_is_done_twice_is_done_once(tmp_path, case):
    """Without any crash: the second process finds nothing to do."""
    place = prepared(case, tmp_path)
    assert run(case, place).count
    run(case, place)
    PROOFS[case](place)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
def test_a_crash_at_any_change_is_gone_on_from(tmp_path, case, behind):
    """Before and behind each of them; the next process comes when the dead one's lease is over."""
    changes = run(case, prepared(case, tmp_path / "counted")).count
    assert changes
    for at in range(1, changes + 1):
        place = prepared(case, tmp_path / str(at))
        with pytest.raises(Died):
            run(case, place, at, behind=behind)
        place.clock.sleep(SECONDS + lease.SKEW.total_seconds())
        run(case, place)
        PROOFS[case](place)


@pytest.mark.parametrize("case", CASES)
def test_two_crashes_at_any_two_changes_are_gone_on_from(tmp_path, case):
    """The next process dies as well, wherever it is then."""
    changes = run(case, prepared(case, tmp_path / "counted")).count
    for first in range(1, changes + 1):
        for second in range(1, changes + 1):
            place = prepared(case, tmp_path / f"{first}-{second}")
            for at in (first, second):
                with suppress(Died):
                    run(case, place, at, behind=True)
                place.clock.sleep(SECONDS + lease.SKEW.total_seconds())
            run(case, place)
            PROOFS[case](place)
