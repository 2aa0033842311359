"""Fixtures of the wire tests; see support/wire.py and support/resources.py.

A plugin takes a second to start, so that most tests share one. Each works in a project of its own:
what the process remembers of other projects does not concern it.
"""

import pytest

from support.emulator import PRODUCTION_PROJECT_ID
from support.resources import TYPES, control, environment, instance_inputs, one_emulator
from support.wire import running_engine, running_plugin

__all__ = ["control", "one_emulator"]


@pytest.fixture
def variables(one_emulator, tmp_path):
    """The environment of a quick plugin with a journal of its own."""
    return environment(one_emulator.url, tmp_path / "home")


@pytest.fixture(scope="session")
def one_engine():
    with running_engine() as listening:
        yield listening


@pytest.fixture(scope="session")
def one_plugin(one_emulator, one_engine, tmp_path_factory):
    home = tmp_path_factory.mktemp("plugin")
    variables = environment(one_emulator.url, home)
    with running_plugin(variables, engine_address=one_engine.address) as running:
        yield running


@pytest.fixture
def engine(one_engine):
    """Where the log lines of the common plugin arrive."""
    one_engine.logged.clear()
    return one_engine


@pytest.fixture
def plugin(control, one_plugin):
    """The common plugin, with its settings from the environment."""
    return one_plugin


@pytest.fixture
def project(control):
    """A project that no test has seen before."""
    return control.add_project("Of this test", types=TYPES)


@pytest.fixture
def declared(project):
    """Inputs of an instance in that project."""

    def inputs(**changes):
        return instance_inputs(**{"project_id": project, **changes})

    return inputs


@pytest.fixture
def fresh_plugin(control, variables):
    """A plugin of a test's own, which it may count on, or kill."""
    with running_plugin({**variables, "AURA_PROJECT_ID": PRODUCTION_PROJECT_ID}) as running:
        yield running
