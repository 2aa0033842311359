"""A process that dies at its n-th boundary: before or behind any call that leaves it.

After its death nothing that it does has any effect, whatever `finally` blocks and threads try.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")

CHANGING = frozenset({"create", "put", "delete"})


class Died(BaseException):
    """The process is dead. Nothing catches this."""


@dataclass
class Boundary:
    """Counts what leaves the process; dies at the `at`-th (from 1), done or not. 0: never."""

    at: int = 0
    behind: bool = False
    count: int = 0
    dead: bool = False
    passed: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def cross(self, what: str, do: Callable[[], T]) -> T:
        with self._lock:
            if self.dead:
                raise Died
            self.count += 1
            self.passed.append(what)
            here = self.count == self.at
            if here:
                self.dead = True
        if here and not self.behind:
            raise Died
        result = do()
        if here:
            raise Died
        return result


@dataclass
class DyingStore:
    """A store of a process that may die at each change."""

    store: Any
    boundary: Boundary

    @property
    def url(self) -> str:
        return str(self.store.url)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        if name not in CHANGING:
            return self._reading(method)
        return lambda *args: self.boundary.cross(f"{name} {args[0]}", lambda: method(*args))

    def _reading(self, method: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            if self.boundary.dead:
                raise Died
            return method(*args, **options)

        return call if callable(method) else method


@dataclass
class DyingSender:
    """A sender of a process that may die at each call of the API."""

    sender: Any
    boundary: Boundary

    def send(self, method: str, url: str, **options: Any) -> Any:
        if "/oauth" in url:
            return self.sender.send(method, url, **options)
        what = f"{method} {url.partition('/v1')[2]}"
        return self.boundary.cross(what, lambda: self.sender.send(method, url, **options))

    def close(self) -> None:
        """The one behind it is shared."""
