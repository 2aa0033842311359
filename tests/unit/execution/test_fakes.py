import inspect

import pytest

from pulumi_neo4j_aura.aura.instances import Instances
from pulumi_neo4j_aura.aura.projects import Projects
from pulumi_neo4j_aura.aura.snapshots import Snapshots
from support.fakes import FakeInstances, FakeProjects, FakeSnapshots


def methods(kind):
    """Public methods with their parameters: names, kinds and defaults, not annotations."""
    found = inspect.getmembers(kind, inspect.isfunction)
    return {
        name: [
            (each.name, each.kind, each.default)
            for each in inspect.signature(method).parameters.values()
        ]
        for name, method in found
        if not name.startswith("_")
    }


@pytest.mark.parametrize(
    ("fake", "real"),
    [(FakeInstances, Instances), (FakeProjects, Projects), (FakeSnapshots, Snapshots)],
)
def test_a_fake_is_called_like_the_real_client(fake, real):
    """Else the tests of effects would prove something about a client that does not exist."""
    faked = methods(fake)

    assert faked
    assert faked.items() <= methods(real).items()
