"""The provider strings are in every user's state: they stay the same for ever."""

import base64
import json
import pickle
import subprocess
import sys
from pathlib import Path

import dill  # type: ignore[import-untyped]  # it has no types
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_neo4j_aura.resources import providers
from pulumi_neo4j_aura.resources.adapter import CoreProvider

GOLDEN = Path(__file__).parents[2] / "golden" / "pickled_providers.json"

#: Python 3.8 to 3.13 pickle with protocol 4, in which the golden strings are.
PROTOCOL = 4

WRITTEN = json.loads(GOLDEN.read_text())


def test_every_provider_class_is_pinned():
    """A new one is added to the golden file, none is ever removed from it."""
    classes = {
        name
        for name, value in vars(providers).items()
        if isinstance(value, type) and issubclass(value, CoreProvider) and value is not CoreProvider
    }
    assert classes == WRITTEN.keys()


@pytest.mark.parametrize(("name", "golden"), WRITTEN.items(), ids=WRITTEN)
def test_the_string_is_still_the_same(name, golden):
    """A changed one is an update of every resource of every user, and breaks old deletes."""
    if pickle.DEFAULT_PROTOCOL != PROTOCOL:
        pytest.skip("this Python writes another protocol; what it reads is tested below")
    assert serialize_provider(getattr(providers, name)()) == golden


@pytest.mark.parametrize(("name", "golden"), WRITTEN.items(), ids=WRITTEN)
def test_an_old_string_still_gives_its_class(name, golden):
    """Delete and refresh run what is in the state."""
    found = dill.loads(base64.b64decode(golden))
    assert type(found) is getattr(providers, name)
    assert vars(found) == {}


@pytest.mark.parametrize("golden", WRITTEN.values(), ids=WRITTEN)
def test_the_string_refers_to_the_class_and_does_not_contain_it(golden):
    """By value it would go stale with every release and break with every Python."""
    raw = base64.b64decode(golden)
    assert len(raw) < 120
    assert b"pulumi_neo4j_aura.resources.providers" in raw
    assert b"code" not in raw


def test_a_fresh_process_reads_them_without_any_import_before():
    """The plugin process has nothing of ours imported when the first string arrives."""
    program = (
        "import base64, dill, json, sys; "
        "print([type(dill.loads(base64.b64decode(s))).__name__ for s in json.load(sys.stdin)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(list(WRITTEN.values())),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(list(WRITTEN))


def test_the_strings_are_no_secret():
    """They hold a class name; encrypting them would only make the state unreadable."""
    assert all(not getattr(providers, name).serialize_as_secret_always for name in WRITTEN)
