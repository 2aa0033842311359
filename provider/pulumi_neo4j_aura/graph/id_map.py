"""From the id that a node had in the export to the id that it got in the target, in little memory.

Ids may be anything up to 2**63: dense as in a fresh store, or far apart after years of deleting. So
nothing is addressed by the id itself. Pages of sorted arrays cost 16 bytes a node, with a little
room to grow, whatever the ids are; a look-up is two binary searches, well under a microsecond.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

#: Entries of a page. A new id in the middle moves half a page of memory, so pages are small; each
#: costs some 300 bytes of its own, so they are not tiny.
_PAGE = 2048


class IdMap:
    """Old id to new id. An old id that comes again gets the new id that came last."""

    def __init__(self) -> None:
        self._firsts: list[int] = []  # the smallest old id of each page, ascending
        self._old: list[array[int]] = []
        self._new: list[array[int]] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __contains__(self, old: int) -> bool:
        return self.get(old) is not None

    def get(self, old: int) -> int | None:
        """The new id, or None."""
        page = bisect_right(self._firsts, old) - 1
        if page < 0:
            return None
        ids = self._old[page]
        at = bisect_left(ids, old)
        if at == len(ids) or ids[at] != old:
            return None
        return self._new[page][at]

    def new_ids(self) -> Iterator[int]:
        """Every new id, in no particular order."""
        for page in self._new:
            yield from page

    def update(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Take pairs of old and new id; fastest where old ids ascend."""
        for old, new in pairs:
            self._put(old, new)

    def _put(self, old: int, new: int) -> None:
        page = max(bisect_right(self._firsts, old) - 1, 0)
        if not self._firsts:
            self._open(0, array("Q", (old,)), array("Q", (new,)))
            self._size = 1
            return
        ids = self._old[page]
        at = bisect_left(ids, old)
        if at < len(ids) and ids[at] == old:
            self._new[page][at] = new
            return
        self._size += 1
        ids.insert(at, old)
        self._new[page].insert(at, new)
        self._firsts[page] = ids[0]
        if len(ids) > _PAGE:
            self._split(page, at)

    def _split(self, page: int, at: int) -> None:
        """Make two pages of one that is too long.

        What came at the very end goes on alone: with ascending ids, pages stay full that way.
        """
        ids, news = self._old[page], self._new[page]
        cut = len(ids) - 1 if at == len(ids) - 1 else len(ids) // 2
        self._open(page + 1, ids[cut:], news[cut:])
        # A slice has no room to grow left over; the long page would keep its room for ever.
        self._old[page], self._new[page] = ids[:cut], news[:cut]

    def _open(self, page: int, ids: array[int], news: array[int]) -> None:
        self._firsts.insert(page, ids[0])
        self._old.insert(page, ids)
        self._new.insert(page, news)
