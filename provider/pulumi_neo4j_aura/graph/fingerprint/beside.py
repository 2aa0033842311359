"""The fingerprint of rows that come one after the other, taken in by another process.

Reading and archiving a row takes a quarter of the time that its fingerprint takes, and one process
of Python does one thing at a time. So another process computes, while this one goes on. It is
sent rows in batches; when it falls behind, sending waits for it, and memory stays the same.

Only a start of the interpreter is asked of the system, and nothing of the program that runs here:
that may be a plugin of Pulumi, whose main module cannot be loaded a second time.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any, Final, Protocol, Self, cast

from pulumi_neo4j_aura.errors import AuraError, Transient
from pulumi_neo4j_aura.graph.fingerprint.fingerprinter import Fingerprinter
from pulumi_neo4j_aura.graph.fingerprint.result import ROUNDS, Fingerprint

#: From so many rows on a process of its own gains more than its start costs (a fifth of a second).
WORTH_A_PROCESS: Final = 50_000

_WORKER: Final = "pulumi_neo4j_aura.graph.fingerprint.worker"
_PROVIDER: Final = Path(__file__).resolve().parents[3]
_PATIENCE_SECONDS: Final = 10.0


class Taking(Protocol):
    """Takes in all nodes, then all relationships, and says what they come down to."""

    def add_nodes(self, records: Sequence[bytes], /) -> object:
        """Take in nodes."""
        ...

    def add_relationships(self, records: Sequence[bytes], /) -> object:
        """Take in relationships; all nodes must have come."""
        ...

    def finish(self, schema_statements: Iterable[str], /) -> Fingerprint:
        """What all rows come down to; nothing can be added afterwards."""
        ...


def taking(rows: int) -> contextlib.AbstractContextManager[Taking]:
    """What takes in about so many rows: another process, where that gains something."""
    if rows >= WORTH_A_PROCESS and sys.executable and (os.cpu_count() or 1) > 1:
        return Beside()
    return Fingerprinter()


class Beside:
    """As a `Fingerprinter`, in a process of its own, which ends with the block.

    It ends as well when this process does, however that comes.
    """

    def __init__(self, *, rounds: int = ROUNDS, folder: Path | None = None) -> None:
        """Begin; the arguments are those of `Fingerprinter`."""
        answers, theirs = os.pipe()  # not its standard output: hooks of an interpreter may print
        try:
            # -P: nothing that lies in the user's folder is taken for a module.
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this package
                [sys.executable, "-P", "-m", _WORKER, str(theirs)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs,),
                env={**os.environ, "PYTHONPATH": str(_PROVIDER)},
            )
        except OSError as error:
            os.close(answers)
            raise Transient(
                f"The process that computes the fingerprint cannot be started: {error.strerror}."
            ) from error
        finally:
            os.close(theirs)
        self._answers = os.fdopen(answers, "rb")
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._send(("begin", rounds, None if folder is None else str(folder)))

    def add_nodes(self, records: Sequence[bytes]) -> None:
        """Take in nodes.

        Raises:
            Permanent: as `Fingerprinter.add_nodes`, of these rows or of earlier ones.
            Transient: the other process ended.
        """
        self._send(("add_nodes", records))

    def add_relationships(self, records: Sequence[bytes]) -> None:
        """Take in relationships; otherwise as `add_nodes`."""
        self._send(("add_relationships", records))

    def finish(self, schema_statements: Iterable[str]) -> Fingerprint:
        """What all rows come down to; otherwise as `add_nodes`."""
        self._send(("finish", tuple(schema_statements)))
        return self._answer()

    def close(self) -> None:
        """End the other process; twice is no error."""
        if self._process.poll() is None:
            self._process.kill()  # it keeps nothing that anybody needs
            self._process.wait(_PATIENCE_SECONDS)
        for pipe in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _send(self, message: tuple[Any, ...]) -> None:
        try:
            pickle.dump(message, self._requests, protocol=pickle.HIGHEST_PROTOCOL)
            self._requests.flush()
        except OSError:
            self._answer()  # raises what the other process could not go on with
            raise

    def _answer(self) -> Fingerprint:
        """The one thing that the other process ever says; what it failed with is raised."""
        try:
            # From a process that this one started, about rows that this one sent.
            found: Fingerprint | AuraError = pickle.load(self._answers)  # noqa: S301
        except (EOFError, pickle.UnpicklingError) as error:
            ended = self._process.wait(_PATIENCE_SECONDS)
            raise Transient(
                f"The process that computes the fingerprint ended with {ended}.",
                way_out="Is there enough memory? Run it again: finished parts are kept.",
            ) from error
        self._process.wait(_PATIENCE_SECONDS)
        if isinstance(found, AuraError):
            raise found
        return found
