"""The owner mark: the same for one resource on every machine, another for every other resource."""

import re

import pulumi

from pulumi_neo4j_aura import Instance, Snapshot
from unit.resources.registrations import MINIMAL, REQUEST, SNAPSHOT, run


class Environment(pulumi.ComponentResource):
    """A component of a user."""

    def __init__(self, name, kind="demo:index:Environment"):
        super().__init__(kind, name)


def owner(name="main", parent=None, **where):
    """The owner of an instance in a stack."""

    def program(_registered):
        above = parent() if parent else None
        Instance(name, **MINIMAL, opts=pulumi.ResourceOptions(parent=above) if above else None)

    return run(program, **where).of(REQUEST).inputs["owner"]


def test_it_is_eight_hexadecimal_digits():
    """They fit into a name of thirty characters."""
    assert re.fullmatch("[0-9a-f]{8}", owner())


def test_it_is_the_same_in_every_run_and_preview():
    """Else a lost create would never be found again."""
    assert len({owner(), owner(), owner(preview=True)}) == 1


def test_it_is_pinned():
    """Instances under their pending name are found by it: it never changes."""
    assert owner() == "02f748a2"


def test_it_differs_by_everything_that_tells_resources_apart():
    """Organisation, project, stack, name, and the type of the parent."""
    owners = [
        owner(),
        owner(name="other"),
        owner(stack="prod"),
        owner(project="other"),
        owner(organization="other"),
        owner(parent=lambda: Environment("one")),
        owner(parent=lambda: Environment("one", "demo:index:Cluster")),
    ]
    assert len(set(owners)) == len(owners)


def test_it_does_not_depend_on_the_parent_s_name():
    """As in a URN."""
    assert owner(parent=lambda: Environment("one")) == owner(parent=lambda: Environment("two"))


def test_it_does_not_depend_on_the_inputs():
    """An edited program finds its lost create, too."""

    def program(_):
        Instance("main", **{**MINIMAL, "name": "invoices", "memory": "8GB"})

    assert run(program).of(REQUEST).inputs["owner"] == owner()


def test_a_snapshot_of_the_same_name_is_another_owner():
    """The journal is kept by owner."""
    registered = run(lambda _: Snapshot("main", instance_id="0badcafe") and None)
    assert registered.of(SNAPSHOT).inputs["owner"] != owner()
