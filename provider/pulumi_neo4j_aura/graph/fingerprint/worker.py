"""The other process of `beside`: takes in what standard input sends, and answers once.

    python -m pulumi_neo4j_aura.graph.fingerprint.worker DESCRIPTOR

It ends when standard input does, which is when the process that started it is gone.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from pathlib import Path
from typing import IO

from pulumi_neo4j_aura.errors import AuraError
from pulumi_neo4j_aura.graph.fingerprint.fingerprinter import Fingerprinter
from pulumi_neo4j_aura.graph.fingerprint.result import Fingerprint


def main() -> None:
    """Serve one fingerprint."""
    # A person who interrupts means the program; this process ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(int(sys.argv[1]), "wb") as answers:
        answer: Fingerprint | AuraError
        try:
            answer = _served(sys.stdin.buffer)
        except AuraError as error:
            answer = error
        except EOFError:
            return
        pickle.dump(answer, answers)


def _served(requests: IO[bytes]) -> Fingerprint:
    def request() -> tuple[str, ...]:
        # From the process that started this one.
        return pickle.load(requests)  # type: ignore[no-any-return] # noqa: S301

    _, rounds, folder = request()
    with Fingerprinter(rounds=int(rounds), folder=Path(folder) if folder else None) as prints:
        while True:
            what, content = request()
            if what == "finish":
                return prints.finish(content)
            add = prints.add_nodes if what == "add_nodes" else prints.add_relationships
            add(content)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
