"""Log lines to the engine, or to standard error when there is none."""

import sys

import pytest

from pulumi_neo4j_aura.resources import engine_log
from support.wire import running_engine


def lines_for(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["-m", *arguments])
    return engine_log.lines()


def test_progress_passes_while_notes_and_warnings_stay(monkeypatch):
    """The engine counts a warning as one, and wipes progress away when it is over."""
    with running_engine() as engine:
        lines = lines_for(monkeypatch, engine.address)
        lines.report("creating")
        lines.note("would export orders")
        lines.warn("kept")
    assert engine.logged == [
        ("INFO", "creating", True),
        ("INFO", "would export orders", False),
        ("WARNING", "kept", False),
    ]


def test_the_address_is_the_last_argument(monkeypatch):
    """The engine puts its own switches before it."""
    with running_engine() as engine:
        lines_for(monkeypatch, "--logtostderr", "-v=3", engine.address).report("creating")
    assert engine.texts("INFO") == ["creating"]


@pytest.mark.parametrize("arguments", [(), ("x",), ("api.example.com:443",), ("127.0.0.1",)])
def test_without_an_engine_lines_go_to_standard_error(monkeypatch, capsys, arguments):
    """Never to another host, whatever the last argument is."""
    lines = lines_for(monkeypatch, *arguments)
    lines.report("creating")
    lines.warn("kept")
    assert capsys.readouterr() == ("", "creating\nwarning: kept\n")


def test_an_engine_that_is_gone_does_not_end_the_work(monkeypatch, capsys):
    """The line is printed instead."""
    with running_engine() as engine:
        address = engine.address
    lines = lines_for(monkeypatch, address)
    lines.report("creating")
    lines.warn("kept")
    assert "creating" in capsys.readouterr().err
