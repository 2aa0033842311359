"""Batches that were sent and of which nobody knows whether they took effect: find out.

The target was counted before the import and every batch is journalled, so the journal knows how
many nodes and relationships there are if nothing in doubt took effect. The target says how many
there really are. The difference must be made up of whole batches in doubt; anything else means that
somebody else writes into the target, and then nothing is touched.

Relationships that took effect are done. Nodes that did are there, but their ids were lost with the
answer, and relationships could not find them. They are the nodes that are not in the id map: the
target was empty at the start, so every other node is ours and known. They are deleted, and their
batches are sent again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

from pulumi_neo4j_aura.errors import Refused, TimedOut
from pulumi_neo4j_aura.graph.batches import Kind, label_set
from pulumi_neo4j_aura.graph.ids import IdSet
from pulumi_neo4j_aura.graph.reading import Totals
from pulumi_neo4j_aura.graph.target import Target
from pulumi_neo4j_aura.graph.write_journal import Intent, Journal

#: A batch takes a second; a server that is busy with one for this long has another problem.
_PATIENCE_SECONDS = 120.0
_LOOK_SECONDS = 0.5

#: A request may have reached the server's socket before its client died and not have begun yet. So
#: a server without a query of ours is asked twice, this long apart.
SETTLE_SECONDS = 2.0


class Doubts:
    """Settles what the journal has in doubt."""

    def __init__(self, journal: Journal, target: Target, sleep: Callable[[float], None]) -> None:
        self._journal = journal
        self._target = target
        self._sleep = sleep

    def settle(self, *, answered: bool = False) -> frozenset[int]:
        """The numbers of those batches that took effect and are journalled as such.

        All others that were in doubt are not in the target when this returns. `answered`: the
        server said that it undid each of them, so none can still be on its way.

        Raises:
            Refused: the counts fit no whole batches, or nodes of before the import are in the way;
                nothing was deleted.
            Transient: the target cannot be asked; everything is in doubt as before.
        """
        if not self._journal.in_doubt:
            return frozenset()
        if not answered:
            self._wait_until_quiet()
        if self._journal.strays:
            self._delete_strays()
        return self._settle_by_count()

    def _settle_by_count(self) -> frozenset[int]:
        found, expected = self._target.totals(), self._journal.expected
        if found == expected:
            self._journal.undone()
            return frozenset()
        fitting = [some for some in self._subsets() if _with(expected, some) == found]
        if not fitting:
            raise self._foreign(found)
        if any(intent.kind is Kind.NODES for intent in fitting[0]):
            self._find_strays(fitting, found)
            self._delete_strays()
            return self._settle_by_count()
        return self._keep(fitting)

    def _keep(self, fitting: Sequence[tuple[Intent, ...]]) -> frozenset[int]:
        """Relationships: the batches that are there, which the counts must tell without doubt."""
        if len(fitting) > 1:
            raise self._foreign(self._target.totals())
        numbers = frozenset(intent.number for intent in fitting[0])
        for number in numbers:
            self._journal.applied(number)
        if self._journal.in_doubt:
            self._journal.undone()
        return numbers

    def _find_strays(self, fitting: Sequence[tuple[Intent, ...]], found: Totals) -> None:
        header = self._journal.header
        if header is None or header.existing_allowed:
            raise self._not_only_ours(found)
        known = IdSet()
        for new in self._journal.ids.new_ids():
            known.add(new)
        strays = self._target.nodes_without(known.__contains__)
        labels = Counter(labels for _, labels in self._target.labels_of(strays))
        if labels not in [_labels(some) for some in fitting]:
            raise self._foreign(found)
        self._journal.found_strays(strays)

    def _delete_strays(self) -> None:
        """Delete those that are still there, if with them the target holds what it must."""
        there = [id_ for id_, _ in self._target.labels_of(self._journal.strays)]
        found, expected = self._target.totals(), self._journal.expected
        if found != Totals(expected.nodes + len(there), expected.relationships):
            raise self._foreign(found)
        self._target.delete(there)

    def _subsets(self) -> Iterator[tuple[Intent, ...]]:
        """Every choice of batches in doubt, of which there are as many as there are connections."""
        doubted = tuple(self._journal.in_doubt.values())
        for size in range(len(doubted) + 1):
            yield from combinations(doubted, size)

    def _wait_until_quiet(self) -> None:
        """Until no query of ours runs any more, so that what is counted stays."""
        quiet = waited = 0.0
        while quiet < SETTLE_SECONDS:
            quiet = 0.0 if self._target.busy() else quiet + _LOOK_SECONDS
            if waited > _PATIENCE_SECONDS:
                raise TimedOut(
                    "A batch that was sent before still runs in the target after "
                    f"{_PATIENCE_SECONDS:.0f} s, or somebody else keeps a transaction open there.",
                    way_out="Run the import again later: it goes on where it stopped.",
                )
            self._sleep(_LOOK_SECONDS)
            waited += _LOOK_SECONDS

    def _foreign(self, found: Totals) -> Refused:
        expected = self._journal.expected
        batches = ", ".join(f"{i.rows} {i.kind}" for i in self._journal.in_doubt.values())
        return Refused(
            f"The target holds {_words(found)}. By the journal {self._journal.path} it must hold "
            f"{_words(expected)}, and in doubt is: {batches}. That does not add up, so somebody "
            "else writes into the target. Nothing was deleted.",
            way_out="Keep others out, empty the target, remove the journal and import anew.",
        )

    def _not_only_ours(self, found: Totals) -> Refused:
        return Refused(
            f"The target holds {_words(found)}, of which some are nodes of a batch whose answer "
            "was lost. It need not have been empty before the import, so they cannot be told from "
            "others, and nothing was deleted.",
            way_out="Restore the target to what it was, remove the journal and import anew.",
        )


def _with(expected: Totals, batches: Iterable[Intent]) -> Totals:
    rows = Counter[Kind]()
    for intent in batches:
        rows[intent.kind] += intent.rows
    nodes = expected.nodes + rows[Kind.NODES]
    return Totals(nodes, expected.relationships + rows[Kind.RELATIONSHIPS])


def _labels(batches: Iterable[Intent]) -> Counter[frozenset[str]]:
    """How many nodes of which labels these batches make."""
    made = Counter[frozenset[str]]()
    for intent in batches:
        made[label_set(intent.group)] += intent.rows
    return made


def _words(totals: Totals) -> str:
    return f"{totals.nodes} nodes and {totals.relationships} relationships"
