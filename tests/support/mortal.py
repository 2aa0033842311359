"""`aura-backup` in a process that is killed at one boundary: really, with SIGKILL.

    python -m support.mortal apply --policy FILE

`MORTAL_AT` is a regular expression for the boundary ("create journal/…/intent.json",
"POST /instances"), and `MORTAL_BEHIND=1` kills behind it instead of before. Without it the process
lives. Exports hold no data, and are made with a clone as always.
"""

from __future__ import annotations

import functools
import os
import re
import signal
from collections.abc import Callable
from typing import Any, TypeVar

from pulumi_neo4j_aura import bootstrap
from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.cli.main import app
from pulumi_neo4j_aura.execution.actions.world import World
from pulumi_neo4j_aura.vault import store
from support.crashing import DyingSender, DyingStore
from support.simulated import tiny_export

T = TypeVar("T")


class Killing:
    """A boundary (see `support.crashing`) behind which there is nothing any more."""

    dead = False

    def __init__(self) -> None:
        self.at = re.compile(os.environ.get("MORTAL_AT") or "(?!)")
        self.behind = os.environ.get("MORTAL_BEHIND") == "1"

    def cross(self, what: str, do: Callable[[], T]) -> T:
        here = self.at.search(what) is not None
        if here and not self.behind:
            os.kill(os.getpid(), signal.SIGKILL)
        result = do()
        if here:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


class Client(AuraClient):
    """The real one, whose sender counts."""

    boundary: Any = None

    def _open(self, *arguments: Any) -> Any:
        return DyingSender(super()._open(*arguments), self.boundary)


def main() -> None:
    """Run the command line."""
    boundary: Any = Killing()
    opened = store.open_store
    Client.boundary = boundary
    changed = {
        "AuraClient": Client,
        "open_store": lambda url: DyingStore(opened(url), boundary),
        "World": functools.partial(World, exporter=tiny_export),
    }
    for name, value in changed.items():
        setattr(bootstrap, name, value)
    app()


if __name__ == "__main__":
    main()
