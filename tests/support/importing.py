"""An import as a process of its own, to be killed: `python importing.py URL EXPORT STATE ROWS`.

The password comes in the environment. After every batch a line says how many rows there are.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.graph.bolt import Connection, Endpoint, Login
from pulumi_neo4j_aura.graph.reading import Totals
from pulumi_neo4j_aura.graph.writing import Sizes, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: Records of a part.
PART = 400


def connector(url: str, password: str) -> Callable[[], Connection]:
    """Opens connections to a database."""
    return partial(Connection.open, Endpoint.parse(url), Login("neo4j", password))


def save(folder: Path, kind: str, records: Iterable[bytes]) -> None:
    """Keep records in a file."""
    (folder / kind).write_bytes(b"".join(records))


def load(folder: Path, kind: str) -> list[bytes]:
    """The records of a file."""
    data = (folder / kind).read_bytes()
    ends = [0, *_ends(data)]
    return [data[start:end] for start, end in pairwise(ends)]


def _ends(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        at = packstream.skip(data, at)
        yield at


def parts(records: list[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Records in parts, numbered."""
    for number, start in enumerate(range(0, len(records), PART)):
        yield number, records[start : start + PART]


def run(writer: Writer, nodes: list[bytes], relationships: list[bytes]) -> None:
    """Import everything, or what is missing of it."""
    writer.check_target(Totals(len(nodes), len(relationships)))
    for number, records in parts(nodes):
        writer.write_nodes(number, records)
    for number, records in parts(relationships):
        writer.write_relationships(number, records)


def main(url: str, export: str, state: str, rows: str) -> None:
    """Import an export and say how far it is."""

    def observe(more: int, _: int) -> None:
        print(more, flush=True)  # noqa: T201 - the test reads it

    folder, sizes = Path(export), Sizes(rows=int(rows))
    connect = connector(url, os.environ["IMPORT_PASSWORD"])
    with Writer(connect, Path(state), export_id="killed", observe=observe, sizes=sizes) as writer:
        run(writer, load(folder, "nodes"), load(folder, "relationships"))


if __name__ == "__main__":
    main(*sys.argv[1:])
