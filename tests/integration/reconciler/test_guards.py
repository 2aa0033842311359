"""What is refused in a whole world, and how a person lets it through."""

from dataclasses import replace

import pytest

from pulumi_neo4j_aura.domain.observed import Sight
from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.execution.actions.outcome import Done
from pulumi_neo4j_aura.planning import checksum, guard_totals
from pulumi_neo4j_aura.planning.plan import DeleteClone, PruneExport
from support.reconciling import policy, publish, reconciler
from support.simulated import Simulated

WEEKS = 12


@pytest.fixture
def grown(world):
    """Twelve weeks of exports under a policy that keeps them all."""
    world.instance("orders")
    wanted = policy(world, retention={"keep_last": 100})
    publish(world, wanted)
    for _ in range(WEEKS):
        reconciler(world, wanted).apply()
        world.pass_time(days=7)
    reconciler(world, wanted).apply()
    return world


def test_a_policy_loosened_so_that_it_would_prune_all_is_refused_with_the_reason(grown):
    """Nothing is pruned, and the reason names the numbers and the ways out."""
    before = len(grown.vault.exports())
    loose = policy(grown, retention={"keep_last": 1})
    applied = reconciler(grown, loose).apply()
    assert len(grown.vault.exports()) == before
    refused = [each for each in applied.plan.refused if isinstance(each.action, PruneExport)]
    assert len(refused) == before - 1
    assert {each.guard for each in refused} == {guard_totals.BUDGET}
    assert f"{before - 1} deletes now" in refused[0].reason
    assert "max_delete_percent" in refused[0].reason
    assert {each.approvable for each in refused} == {True}


def test_an_approved_plan_does_exactly_what_was_approved(grown):
    """The floor still holds: the newest copy stays."""
    loose = policy(grown, retention={"keep_last": 1})
    seen = checksum.of(reconciler(grown, loose).plan())
    applied = reconciler(grown, loose).apply(approved=seen)
    assert all(isinstance(each.outcome, Done) for each in applied.ended)
    assert len(grown.vault.exports()) == 1


def test_an_approval_of_another_world_is_refused(grown):
    """A copy came to be since the plan was read."""
    loose = policy(grown, retention={"keep_last": 1})
    read = reconciler(grown, loose).plan()
    seen = checksum.of(read)
    grown.pass_time(days=7)
    reconciler(grown, policy(grown, retention={"keep_last": 100})).apply()
    before = len(grown.vault.exports())
    with pytest.raises(Refused, match="approved"):
        reconciler(grown, loose).apply(approved=seen)
    with pytest.raises(Refused, match=r"PruneExport .* is new; nothing was done"):
        reconciler(grown, loose).apply(approved=seen, read=read)
    assert len(grown.vault.exports()) == before


def test_what_is_unknown_freezes_every_delete_of_the_plan(grown):
    """One project that cannot be listed, and nothing is pruned anywhere."""
    tight = policy(grown, retention={"keep_last": WEEKS}, limits={"max_deletes": 50})
    grown.pass_time(days=1)
    one = reconciler(grown, tight)
    assert any(isinstance(each, PruneExport) for each in one.plan().actions)
    grown.aura.store.close()
    plan = reconciler(grown, tight).plan()
    assert not any(isinstance(each, PruneExport) for each in plan.actions)
    assert {each.severity.value for each in plan.findings} >= {"unknown"}


def test_ten_thousand_instances_that_answer_404_delete_nothing(tmp_path):
    """A credential that lost its project: everything is unknown, and every copy stays."""
    world = Simulated(tmp_path)
    orders = world.instance("orders")
    wanted = policy(world, retention={"keep_last": 1})
    publish(world, wanted)
    reconciler(world, wanted).apply()
    world.pass_time(days=8)
    _plant_copies(world, 10_000)
    world.vanish(orders)
    plan = reconciler(world, wanted).plan()
    assert not any(isinstance(each, PruneExport | DeleteClone) for each in plan.actions)
    before = {row.key for row in world.vault.exports()}
    mutations = len(world.mutations())
    reconciler(world, wanted).apply()
    assert {row.key for row in world.vault.exports()} == before
    assert len(world.mutations()) == mutations
    state = reconciler(world, wanted).observer.observe((wanted,))
    assert {each.sight for each in state.instances} == {Sight.UNKNOWN, Sight.ABSENT}
    world.close()


def _plant_copies(world, count):
    """Two old exports of each of so many instances that are gone."""
    (row,) = world.vault.exports()
    made = row.manifest
    for number in range(count):
        name = f"{number:08x}"
        for copy in ("a", "b"):
            facts = replace(made.instance, id=name, name=f"orders-{number}")
            folder = f"exports/{name}-orders-{number}/20260101T000000Z-{copy}"
            planted = replace(
                made,
                key=f"{folder}/manifest.json",
                export_id=f"{name}-{copy}",
                instance=facts,
            )
            world.vault.commit(planted)
