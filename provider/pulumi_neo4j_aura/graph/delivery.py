"""Batches to the target: journalled, a few at a time, and again when they failed.

Nodes go over two connections, which keeps a server of two cores busy. That leaves up to two batches
in doubt after a crash, which `doubts.py` can settle because nodes without a journalled id are found
by looking. Relationships go over one: there the counts decide alone, so one batch may be in doubt,
and two connections would mostly wait for each other's locks.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from pulumi_neo4j_aura.errors import AuraError, Transient
from pulumi_neo4j_aura.graph.batches import Batch, Kind
from pulumi_neo4j_aura.graph.doubts import Doubts
from pulumi_neo4j_aura.graph.patience import Patience
from pulumi_neo4j_aura.graph.target import Target
from pulumi_neo4j_aura.graph.write_journal import Journal

CONNECTIONS = {Kind.NODES: 2, Kind.RELATIONSHIPS: 1}

#: What the server says when a transaction was too large for its memory, in several wordings.
_TOO_LARGE = "Memory"

#: After so many failures in a row, whatever they are, batches get smaller: it may be their size
#: that kills the server.
_AS_LARGE = 2

#: After these the server has undone the transaction, and said so.
_UNDONE = ("Neo.TransientError.Transaction.", "Neo.TransientError.General.")


@dataclass(frozen=True, slots=True)
class _Sent:
    number: int
    batch: Batch
    target: Target


class Delivery:
    """Delivers batches of one kind, each exactly once."""

    def __init__(
        self,
        journal: Journal,
        doubts: Doubts,
        targets: Sequence[Target],
        applied: Callable[[Batch], None],
        sleep: Callable[[float], None],
    ) -> None:
        self._journal = journal
        self._doubts = doubts
        self._targets = targets
        self._idle = deque(targets)
        self._applied = applied
        self._patience = Patience(sleep)
        self._waiting: deque[Batch] = deque()
        self._flying: dict[Future[Sequence[int]], _Sent] = {}
        self._most_rows: int | None = None  # what the server has turned out to bear

    def deliver(self, part: int, batches: Iterable[Batch]) -> None:
        """Everything is in the target and journalled when this returns.

        Raises:
            Transient: one batch failed again and again, or the target cannot be reached.
            Permanent: the target refuses a batch, or what was to be delivered cannot be read. What
                was sent before is journalled.
        """
        self._start_anew()
        with ThreadPoolExecutor(len(self._targets), "import") as threads:
            try:
                for batch in batches:
                    self._waiting.append(batch)
                    self._send_waiting(threads, part)
                while self._flying:
                    self._land()
                    self._send_waiting(threads, part)
            except Exception:
                self._keep_what_lands()
                raise

    def _start_anew(self) -> None:
        """Forget what an earlier delivery that failed left behind."""
        self._idle = deque(self._targets)
        self._waiting.clear()
        self._flying.clear()
        self._patience.renew()

    def _send_waiting(self, threads: Executor, part: int) -> None:
        while self._waiting:
            if not self._idle:
                self._land()
            elif self._most_rows and len(self._waiting[0].rows) > self._most_rows:
                self._waiting.extendleft(reversed(self._waiting.popleft().halves()))
            else:
                self._send(threads, part, self._waiting.popleft())

    def _send(self, threads: Executor, part: int, batch: Batch) -> None:
        number = self._journal.intend(batch, part)
        target = self._idle.popleft()
        future = threads.submit(target.send, batch)
        self._flying[future] = _Sent(number, batch, target)

    def _land(self) -> None:
        """Wait for one; if it failed, for all, and put what did not take effect before others."""
        failed = [*self._landed()]
        while failed and self._flying:
            failed += self._landed()
        if failed:
            self._waiting.extendleft(reversed([*self._after(failed)]))

    def _landed(self) -> Iterator[tuple[_Sent, BaseException]]:
        """Journal what came back; yield what failed."""
        done, _ = wait(self._flying, return_when=FIRST_COMPLETED)
        for future in done:
            sent = self._flying.pop(future)
            self._idle.append(sent.target)
            error = future.exception()
            if error is None:
                self._journal.applied(sent.number, future.result())
                self._patience.renew()
                self._applied(sent.batch)
            else:
                yield sent, error

    def _after(self, failed: Sequence[tuple[_Sent, BaseException]]) -> Iterator[Batch]:
        """Find out what became of batches that failed; those to send again, smaller if need be."""
        errors = [_transient(error) for _, error in failed]
        applied = self._settled(errors)
        too_large = [_TOO_LARGE in error.reason for error in errors]
        for (sent, _), is_too_large in zip(failed, too_large, strict=True):
            if sent.number in applied:
                self._applied(sent.batch)
                continue
            if is_too_large or self._patience.failures > _AS_LARGE:
                self._most_rows = max(1, len(sent.batch.rows) // 2)
            yield sent.batch

    def _settled(self, errors: Sequence[Transient]) -> frozenset[int]:
        """Which of the batches in doubt took effect; asked again while the target is away."""
        answered = all(error.reason.startswith(_UNDONE) for error in errors)
        error = errors[0]
        while True:
            self._patience.wait(error)
            try:
                return self._doubts.settle(answered=answered)
            except Transient as another:
                error = another

    def _keep_what_lands(self) -> None:
        """What still flies will be in doubt if it fails now, and need not be if it arrives."""
        with contextlib.suppress(AuraError):
            while self._flying:
                list(self._landed())


def _transient(error: BaseException) -> Transient:
    if isinstance(error, Transient):
        return error
    raise error
