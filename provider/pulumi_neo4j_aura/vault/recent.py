"""What this process made of caches in a vault, so that it does not read the same bytes twice.

A daemon reads the same catalogs in every pass; after a year they hold thousands of records.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

#: Vaults that one process works with at once, more or less.
_MOST = 4


class Recent(Generic[T]):
    """Values by the very bytes that they were read from; the newest few. Thread-safe.

    Whoever gets a value must not change it.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, T] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, data: bytes, read: Callable[[bytes], T]) -> T:
        """What these bytes say; read where that is not known. Whatever `read` raises is raised."""
        with self._lock:
            if data in self._found:
                return self._found[data]
        value = read(data)
        self.keep(data, value)
        return value

    def keep(self, data: bytes, value: T) -> None:
        """These bytes say this."""
        with self._lock:
            self._found[data] = value
            self._found.move_to_end(data)
            while len(self._found) > _MOST:
                self._found.popitem(last=False)
