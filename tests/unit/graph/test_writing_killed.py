"""Imports that die at every step there is, and the next one that goes on.

The steps are counted by the test itself, so a step that is added is died at as well.
"""

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.errors import Transient
from pulumi_neo4j_aura.graph import append_log
from pulumi_neo4j_aura.graph.write_journal import FILE
from support.graph_target import Disk, FakeGraph, Killed
from unit.graph.imports import EVERYTHING, import_all, writer


class World:
    """A database, a disk, and processes that import and may die."""

    def __init__(self, folder, monkeypatch, *, power_cut=False):
        self.graph = FakeGraph()
        self.fate = self.graph.fate
        self.folder = folder
        self.disk = Disk(self.fate)
        self.power_cut = power_cut
        self.seen = 0
        monkeypatch.setattr(append_log, "os", self.disk)

    def process(self, dies_after=None):
        """Whether it lived to the end."""
        self.fate.revive()
        if dies_after is not None:
            self.fate.dies_at = self.fate.steps + dies_after
        try:
            with writer(self.graph, self.folder, observe=self.observe) as one:
                self.seen = 0
                import_all(one)
        except Killed:
            if self.power_cut:
                self.disk.lose_power(self.folder / FILE)
            return False
        return True

    def observe(self, rows, _):
        self.seen += rows


@pytest.fixture
def world(tmp_path, monkeypatch):
    numbers = itertools.count()
    return lambda **options: World(tmp_path / str(next(numbers)), monkeypatch, **options)


@pytest.mark.parametrize("power_cut", [False, True])
@pytest.mark.parametrize("late_after", [None, 0, 3])
def test_death_at_any_step_and_another_run_give_every_row_once(world, power_cut, late_after):
    """A change that was sent before the death may take effect before, after, late or never."""
    for number in itertools.count(1):
        tried = world(power_cut=power_cut)
        tried.graph.late_after = late_after
        died = not tried.process(dies_after=number)
        assert tried.process(), number
        assert tried.graph.contents == EVERYTHING, number
        if not died:
            break
    assert number > 100, "an import has more steps than that"


def test_death_at_any_step_and_again_at_any_step_of_the_recovery(world):
    """Settling doubts has steps of its own."""
    for first in itertools.count(1, 7):
        for second in itertools.count(1, 3):
            tried = world()
            died = not tried.process(dies_after=first)
            died_again = died and not tried.process(dies_after=second)
            assert tried.process(), (first, second)
            assert tried.graph.contents == EVERYTHING, (first, second)
            if not died_again:
                break
        if not died:
            break


def test_death_in_the_middle_of_deleting_strays_is_gone_on_with(world, monkeypatch):
    """After a part of them was deleted the counts fit nothing, but the journal knows which."""
    monkeypatch.setattr("pulumi_neo4j_aura.graph.target._SOME", 1)
    deaths = 0
    for number in itertools.count(1):
        tried = world()
        lost_answer(tried)
        died = not tried.process(dies_after=number)
        deleting = sum("DELETE" in query for query in tried.graph.queries)
        deaths += died and deleting == 1
        assert tried.process(), number
        assert tried.graph.contents == EVERYTHING, number
        if not died:
            break
    assert deaths > 1


def lost_answer(tried):
    """A first process that died after its first batch of nodes took effect."""

    def die(query):
        if "CREATE (n" in query:
            tried.fate.dies_at = tried.fate.steps + 2

    tried.graph.meanwhile = die
    assert not tried.process()
    assert tried.graph.nodes
    tried.graph.meanwhile = lambda _: None


def test_the_run_after_a_death_reports_every_row_once(world):
    """Rows that were there before are progress as well, unless their part was done."""
    tried = world()
    assert not tried.process(dies_after=40)
    assert tried.process()
    assert tried.seen <= 13


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_number_of_deaths_and_failures_in_any_order(data):
    """Including requests that fail while a death is being settled."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        tried = World(Path(folder), patch, power_cut=data.draw(st.booleans()))
        tried.graph.late_after = data.draw(st.sampled_from([None, 0, 2]))
        for steps in data.draw(st.lists(st.integers(1, 250), max_size=8)):
            for offset in data.draw(st.lists(st.integers(1, 80), max_size=3)):
                tried.fate.fails[tried.fate.steps + offset] = Transient("now and then")
            tried.process(dies_after=steps)
        tried.fate.fails.clear()
        assert tried.process()
        assert tried.graph.contents == EVERYTHING
