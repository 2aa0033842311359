"""Which instances a policy is about."""

import pytest

from pulumi_neo4j_aura.domain.observed import Sight
from pulumi_neo4j_aura.domain.policy import Selector
from pulumi_neo4j_aura.planning import selecting
from support.planning import PROJECT, a_policy, instance, world


@pytest.mark.parametrize(
    ("selector", "meant"),
    [
        (Selector(ids=("orders-id",)), True),
        (Selector(ids=("other-id",)), False),
        (Selector(names=("ord*",)), True),
        (Selector(names=("Ord*",)), False),
        (Selector(names=("x*", "orders")), True),
        (Selector(project=PROJECT), True),
        (Selector(project="project-2"), False),
        (Selector(project="project-2", names=("ord*",)), False),
        (Selector(project=PROJECT, names=("x*",)), False),
        (Selector(project=PROJECT, ids=("other-id",)), False),
        (Selector(project="project-2", ids=("orders-id",)), True),
        (Selector(ids=("orders-id",), exclude=("orders-id",)), False),
        (Selector(names=("*",), exclude=("ord*",)), False),
        (Selector(names=("*",), exclude=("staging-*",)), True),
        (Selector(), False),
    ],
)
def test_a_selector_means_what_it_says(selector, meant):
    """Ids, then names in a project, then a whole project; exclusions win."""
    assert selecting.selects(selector, "orders-id", "orders", PROJECT) is meant


def test_policies_and_their_instances_come_in_order():
    """By name and id, whatever the order was."""
    one, two = instance(id="b", name="b"), instance(id="a", name="a")
    found = selecting.select((a_policy(name="z"), a_policy(name="a")), world(one, two))
    assert [each.policy.name for each in found] == ["a", "z"]
    assert [each.id for each in found[0].instances] == ["a", "b"]


def test_the_same_target_and_instance_is_an_overlap():
    """Another target is not: two copies may have rules of their own."""
    seen = world()
    same = selecting.select((a_policy(), a_policy(name="other")), seen)
    assert selecting.overlapping(same) == {("s3://acme/aura", "orders-id"): ("other", "production")}
    apart = selecting.select((a_policy(), a_policy(name="other", target="/vault")), seen)
    assert selecting.overlapping(apart) == {}


def test_only_what_is_there_can_be_unprotected():
    """What is gone or unknown is another matter."""
    gone = instance(id="gone", name="gone", project_id="p2", sight=Sight.ABSENT)
    loose = instance(id="loose", name="loose", project_id="p2")
    seen = world(instance(), gone, loose)
    found = selecting.unprotected(selecting.select((a_policy(),), seen), seen)
    assert [each.id for each in found] == ["loose"]
