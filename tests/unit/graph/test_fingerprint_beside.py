"""Another process comes to the same, and is gone when nobody needs it any more."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pulumi_neo4j_aura.domain.packstream import encode
from pulumi_neo4j_aura.errors import Permanent, Transient
from pulumi_neo4j_aura.graph.fingerprint import Fingerprinter
from pulumi_neo4j_aura.graph.fingerprint.beside import Beside, taking
from support.fingerprints import Edge, Graph, Node, rows, taken

GRAPH = Graph(
    tuple(Node(("A",) if n % 3 else ("B", "A"), {"n": n % 7, "t": "x" * n}) for n in range(60)),
    tuple(Edge(n % 60, n * n % 60, "AB"[n % 2], {"w": n % 5}) for n in range(200)),
    ("CREATE INDEX a", "CREATE INDEX b"),
)


def sent(one, graph=GRAPH, size=7):
    """All rows of a graph, in batches; its fingerprint."""
    nodes, edges = (part.records for part in rows(graph, 7))
    for first in range(0, len(nodes), size):
        one.add_nodes(nodes[first : first + size])
    for first in range(0, len(edges), size):
        one.add_relationships(edges[first : first + size])
    return one.finish(graph.schema)


@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_another_process_comes_to_the_same(tmp_path, rounds):
    """However many rounds; and nothing is left."""
    with Beside(rounds=rounds, folder=tmp_path) as one:
        assert sent(one) == taken(GRAPH, rounds=rounds)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_graph(tmp_path):
    """No rows at all, or batches of none."""
    with Beside(folder=tmp_path) as one:
        one.add_nodes([])
        assert one.finish(()) == taken(Graph())


def test_a_row_that_cannot_be_read_is_named():
    """When the next batch is sent, or at the end."""
    with Beside() as one:
        one.add_nodes([b"\x91\x01"])
        with pytest.raises(Permanent, match="should be a node"):
            one.finish(())
    with Beside() as one:
        one.add_nodes([b"\x91\x01"])
        with pytest.raises(Permanent, match="should be a node"):
            one.add_nodes([b"x" * (1 << 20)] * 8)  # more than any pipe holds


def test_what_the_fingerprint_cannot_be_made_of_is_an_error_of_ours():
    """Not one that only this process knows how to tell."""
    node = encode([1, [], {}])
    with Beside() as one:
        one.add_nodes([node, node])
        with pytest.raises(Permanent, match="the id 1 came twice") as caught:
            one.finish(())
    assert caught.value.way_out == "Read them again."


def test_a_process_that_dies_is_noticed():
    """The system may take it for its memory; the export is tried again."""
    with Beside() as one:
        os.kill(one._process.pid, signal.SIGKILL)
        with pytest.raises(Transient, match="ended with -9") as caught:
            sent(one)
    assert "memory" in caught.value.way_out


def test_an_interrupt_is_left_to_the_program():
    """A terminal sends it to both."""
    with Beside() as one:
        one.add_nodes([])
        deadline = time.monotonic() + 20
        while "2" not in ignored(one._process.pid)[-1:] and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(one._process.pid, signal.SIGINT)
        assert sent(one) == taken(GRAPH)


def ignored(pid):
    """The lowest of the signals that a process ignores, as hexadecimal digits."""
    status = Path(f"/proc/{pid}/status").read_text()
    return status.split("SigIgn:\t")[1].split()[0]


def test_it_ends_with_its_block(tmp_path):
    """Also when nobody asked for the result; and closing twice is no error."""
    with Beside(folder=tmp_path) as one:
        one.add_nodes([encode([1, [], {}])])
    assert one._process.poll() == -signal.SIGKILL
    one.close()


def test_it_ends_with_the_process_that_began_it():
    """However that ended."""
    program = (
        "import os; from pulumi_neo4j_aura.graph.fingerprint.beside import Beside;"
        "one = Beside(); one.add_nodes([]); print(one._process.pid, flush=True); os._exit(9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode == 9
    deadline = time.monotonic() + 20
    while alive(int(done.stdout)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(int(done.stdout))


def alive(pid):
    """Whether it does anything: one that nobody waits for is none."""
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_what_lies_in_the_folder_is_no_module(tmp_path, monkeypatch):
    """Somebody may have a file that is called like one of Python's."""
    monkeypatch.chdir(tmp_path)
    for name in ("struct", "pulumi_neo4j_aura"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not this one')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Beside() as one:
        assert sent(one) == taken(GRAPH)


def test_what_it_prints_is_not_taken_for_the_answer(tmp_path):
    """A hook of the interpreter may print something."""
    (tmp_path / "sitecustomize.py").write_text("print('hello')\n")
    program = (
        "import pulumi_neo4j_aura.graph.fingerprint.beside as beside, pathlib, sys;"
        "beside._PROVIDER = f'{sys.argv[1]}:{beside._PROVIDER}';"
        "one = beside.Beside(); print(one.finish(()).nodes)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.stdout == "0\n"


def test_a_process_that_cannot_be_started_is_told(monkeypatch):
    """With the system's reason; later it may work. Nothing stays open."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    before = len([*Path("/proc/self/fd").iterdir()])
    with pytest.raises(Transient, match="cannot be started: No such file"):
        Beside()
    assert len([*Path("/proc/self/fd").iterdir()]) <= before


@pytest.mark.parametrize(
    ("rows_expected", "cores", "kind"),
    [(50_000, 2, Beside), (49_999, 2, Fingerprinter), (50_000, 1, Fingerprinter)],
)
def test_a_process_is_started_where_it_gains_something(monkeypatch, rows_expected, cores, kind):
    """Not for a few rows, and not on one core."""
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    with taking(rows_expected) as one:
        assert isinstance(one, kind)
