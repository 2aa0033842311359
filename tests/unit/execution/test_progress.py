"""How far a long piece of work is, in lines of text."""

from pulumi_neo4j_aura.execution.progress import Lines, Silent
from support.clock import FakeClock


def test_lines_tell_rows_bytes_rate_and_the_time_left():
    """Not at every step, and from the stage's own beginning."""
    clock, lines = FakeClock(), list[str]()
    progress = Lines(lines.append, clock)
    progress.stage("nodes", 4000)
    progress.advance(500, 1_000_000)
    clock.sleep(20)
    progress.advance(500, 1_000_000)
    progress.advance(1)
    assert lines == ["nodes: 4,000 rows", "nodes: 1,000 rows, 2 MB, 50 rows/s, 1 min left"]


def test_without_an_expected_number_there_is_no_time_left():
    """A guess would be worse than nothing."""
    clock, lines = FakeClock(), list[str]()
    progress = Lines(lines.append, clock)
    progress.stage("reading back")
    clock.sleep(10)
    progress.advance(0, 5_000_000)
    assert lines == ["reading back", "reading back: 0 rows, 5 MB"]


def test_silence():
    """Nothing is shown, and nothing breaks."""
    silent = Silent()
    silent.stage("nodes", 1)
    silent.advance(1, 1)
