"""Rows one by one, of what comes in batches; and the other way round."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing


def rows_of(batches: Generator[list[bytes], None, None]) -> Generator[bytes, None, None]:
    """Every row; closing this closes that."""
    with closing(batches):
        for batch in batches:
            assert batch
            yield from batch


def one_by_one(rows: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Batches of one row each: parts end where they would with the smallest batches."""
    return ([row] for row in rows)
