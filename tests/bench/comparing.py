"""Exports and imports of a whole graph, by us and by others: rows a second, bytes, what is lost.

    COMPARISON=small,large,fat python tests/bench/run.py --only comparison

The same server, the same graph, one tool after the other; the small graph alone unless told
otherwise. APOC and `neo4j-backup` are brought once, outside the tree, and by this alone.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.comparison import bringing, graphs, lossless
from bench.comparison.graphs import Graph
from bench.comparison.server import WithApoc, running
from bench.comparison.tools import ARCHIVED, DRAIN, DRIVER, OURS, Tool, tools
from bench.figures import Figure

NAME = "comparison"

GRAPHS = {"small": graphs.SMALL, "large": graphs.LARGE, "fat": graphs.FAT, "tiny": graphs.TINY}


def measure() -> Iterator[Figure]:
    """Each graph in turn, and then what each tool loses."""
    names = (os.environ.get("COMPARISON") or "small").split(",")
    told = f"APOC {bringing.apoc_version()}, {bringing.backup_versions()}"
    print(f"  {told}", file=sys.stderr)
    for name in names:
        with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
            yield from _of_graph(server, GRAPHS[name], Path(folder))
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        yield from _of_values(server, Path(folder))


def _of_graph(server: WithApoc, graph: Graph, folder: Path) -> Iterator[Figure]:
    graph.fill(server)
    compared = tools(folder)
    seconds: dict[str, float] = {}
    for tool in compared:
        yield from _timed(f"{graph.name}: export, {tool.name}", graph, tool, server, seconds)
    yield from _ratios(graph.name, seconds)
    for tool in compared:
        if tool.writes_back and tool.name in seconds:
            server.start_empty()
            yield from _back(f"{graph.name}: import, {tool.name}", graph, tool, server)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    allowed = 200 + 32 * graph.nodes / 1e6
    yield Figure(NAME, f"{graph.name}: our memory in all of this", memory, " MB", allowed)


def _timed(
    what: str, graph: Graph, tool: Tool, server: WithApoc, seconds: dict[str, float]
) -> Iterator[Figure]:
    """The best of its tries; what failed in all of them has no seconds."""
    size = 0

    def export() -> None:
        nonlocal size
        size = tool.export(server)

    tries = [_seconds(export, what) for _ in range(tool.tries)]
    done = [each for each in tries if each is not None]
    if not done:
        return
    seconds[tool.name] = min(done)
    note = f"{size / 1e6:.1f} MB, " * bool(size) + f"{min(done):.1f} s"
    yield Figure(NAME, what, graph.rows / min(done) / 1000, " k rows/s", note=note)


def _ratios(graph: str, seconds: Mapping[str, float]) -> Iterator[Figure]:
    fastest = min((each for each in seconds if each.startswith("APOC")), key=seconds.__getitem__)
    # The targets are for what others do as well; no other export takes a fingerprint.
    limits = {ARCHIVED: (1 / 0.7, 1 / 6, 1.0), OURS: (None, None, None)}
    for ours, allowed in limits.items():
        for other, limit in zip((DRAIN, DRIVER, fastest), allowed, strict=True):
            what = f"{graph}: {ours}, time to that of {other}"
            yield Figure(NAME, what, seconds[ours] / seconds[other], "x", limit)


def _back(what: str, graph: Graph, tool: Tool, server: WithApoc) -> Iterator[Figure]:
    seconds = _seconds(lambda: tool.bring_back(server), what)
    if seconds is None:
        return
    count = server.ask("MATCH (n) RETURN count(n) AS n")[0]["n"]
    count += server.ask("MATCH ()-[r]->() RETURN count(r) AS n")[0]["n"]
    note = f"{seconds:.1f} s" if count == graph.rows else f"{count:,} of {graph.rows:,} rows came"
    yield Figure(NAME, what, graph.rows / seconds / 1000, " k rows/s", note=note)


def _seconds(do: Callable[[], None], what: str) -> float | None:
    """None: the tool failed, which is said and ends nothing."""
    began = time.perf_counter()
    try:
        do()
    except Exception as error:  # noqa: BLE001 - whatever others raise
        print(f"  {what} failed: {str(error)[:300]}", file=sys.stderr)
        return None
    return time.perf_counter() - began


def _of_values(server: WithApoc, folder: Path) -> Iterator[Figure]:
    """How many kinds of values and shapes come back as they were."""
    for tool in [each for each in tools(folder) if each.writes_back]:
        server.start_empty()
        lossless.fill(server)
        before = lossless.read(server)
        what = f"kinds of {len(before)} that come back, {tool.name}"
        failed = _seconds(lambda tool=tool: tool.export(server), what) is None  # type: ignore[misc]
        server.start_empty()
        if failed or _seconds(lambda tool=tool: tool.bring_back(server), what) is None:  # type: ignore[misc]
            yield Figure(NAME, what, 0, note="it failed, see above")
            continue
        gone = lossless.lost(before, lossless.read(server))
        yield Figure(NAME, what, len(before) - len(gone), note=f"lost: {', '.join(gone) or '-'}")
