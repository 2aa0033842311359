"""Progress on a terminal: a bar with rows, rate and time left; lines where nobody watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from pulumi_neo4j_aura.bootstrap import SystemClock
from pulumi_neo4j_aura.cli.frame import say
from pulumi_neo4j_aura.execution import progress
from pulumi_neo4j_aura.execution.progress import Lines, Silent


class Bars:
    """One bar for each stage."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._task: TaskID | None = None

    def stage(self, title: str, rows: int | None = None) -> None:
        """Another bar; the one before it is complete."""
        self._finish()
        self._task = self._shown.add_task(title, total=rows, data="")
        self._bytes = 0

    def advance(self, rows: int, data: int = 0) -> None:
        """Move the bar."""
        if self._task is None:
            return
        self._bytes += data
        self._shown.update(self._task, advance=rows, data=f"{self._bytes / 1e6:,.0f} MB")

    def _finish(self) -> None:
        if self._task is None:
            return
        task = self._shown.tasks[self._task]
        self._shown.update(self._task, total=task.completed or 1, completed=task.completed or 1)


@contextmanager
def shown(*, as_json: bool) -> Iterator[progress.Progress]:
    """Bars on a terminal, lines elsewhere, nothing beside JSON."""
    console = Console(stderr=True)
    if as_json:
        yield Silent()
    elif not console.is_terminal:
        yield Lines(say, SystemClock())
    else:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} rows"),
            TextColumn("{task.fields[data]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console) as bars:
            yield Bars(bars)
