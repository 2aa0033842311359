"""What an import has done so far, on disk before and after every batch.

Before a batch is sent its intent is written: how many rows of what, their old ids, and how much the
target held. After it, its outcome: the new ids of nodes. A batch with an intent and no outcome is
in doubt, and only the target can tell (`doubts.py`).

An entry is one line of JSON, then, where ids belong to it, these as 64-bit little-endian integers,
deflated.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.graph.append_log import AppendLog
from pulumi_neo4j_aura.graph.batches import Batch, Kind
from pulumi_neo4j_aura.graph.id_map import IdMap
from pulumi_neo4j_aura.graph.ids import IdSet
from pulumi_neo4j_aura.graph.reading import Totals

FILE = "import.journal"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Header:
    """What is imported into what.

    `nodes` and `relationships` is what was there before us; `existing_allowed`: others' data may be
    there, so nothing is ever deleted.
    """

    export: str
    database: str
    nodes: int
    relationships: int
    existing_allowed: bool
    format: int = _FORMAT


_NOTHING = Header("", "", 0, 0, existing_allowed=False)


@dataclass(frozen=True, slots=True)
class Intent:
    """A batch that was begun. `group` as in `Batch`."""

    number: int
    kind: Kind
    part: int
    group: bytes
    ids: Sequence[int]

    @property
    def rows(self) -> int:
        """How many nodes or relationships it makes."""
        return len(self.ids)


@dataclass(slots=True)
class _Written:
    """Rows that are in the target because of us."""

    nodes: int = 0
    relationships: int = 0
    #: Old ids of relationships, of parts that are not finished.
    ids: dict[int, IdSet] = field(default_factory=dict)


class Journal:
    """The journal of one import; what it says is also kept in memory, ready to be asked."""

    def __init__(self, folder: Path) -> None:
        """Read what is there; an empty journal has no header.

        Raises:
            Refused: another process has it, it is damaged, or it is of another format.
        """
        self.header: Header | None = None
        self.ids = IdMap()
        self.in_doubt: dict[int, Intent] = {}
        self.strays: Sequence[int] = ()
        self._begun: set[tuple[Kind, int]] = set()
        self._finished: set[tuple[Kind, int]] = set()
        self._written = _Written()
        self._next = 0
        self._log = AppendLog(folder / FILE)
        try:
            for entry in self._log.entries():
                self._apply(entry)
        except BaseException:
            self._log.close()
            raise

    @property
    def path(self) -> Path:
        """The file."""
        return self._log.path

    def close(self) -> None:
        """Let go of the file."""
        self._log.close()

    @property
    def expected(self) -> Totals:
        """What the target holds if nothing is in doubt and nobody else writes."""
        before = self.header or _NOTHING
        return Totals(
            nodes=before.nodes + self._written.nodes,
            relationships=before.relationships + self._written.relationships,
        )

    def finished(self, kind: Kind, part: int) -> bool:
        """Whether all of a part is in the target."""
        return (kind, part) in self._finished

    def begun(self, kind: Kind, part: int) -> bool:
        """Whether anything of a part may be in the target."""
        return (kind, part) in self._begun

    def has_relationship(self, part: int, old: int) -> bool:
        """Whether a relationship of a part that is not finished is in the target."""
        ids = self._written.ids.get(part)
        return ids is not None and old in ids

    def begin(self, header: Header) -> None:
        """Write whose import this is; the first entry."""
        self._append("began", asdict(header))

    def intend(self, batch: Batch, part: int) -> int:
        """Write that a batch will be sent; returns its number."""
        facts = {
            "batch": self._next, "kind": batch.kind, "part": part, "group": batch.group.hex(),
            "rows": len(batch.rows), "before": asdict(self.expected),
        }  # fmt: skip
        self._append("intent", facts, batch.ids)
        return self._next - 1

    def applied(self, number: int, new_ids: Iterable[int] = ()) -> None:
        """Write that a batch is in the target; of nodes with their new ids, in its order."""
        self._append("applied", {"batch": number}, new_ids)

    def found_strays(self, ids: Iterable[int]) -> None:
        """Write which nodes of the batches in doubt are there, before they are deleted."""
        self._append("strays", {}, ids)

    def undone(self) -> None:
        """Write that nothing of what was in doubt is in the target."""
        self._append("undone", {"batches": sorted(self.in_doubt)})

    def finish(self, kind: Kind, part: int) -> None:
        """Write that all of a part is in the target."""
        self._append("finished", {"kind": kind, "part": part})

    def _append(self, event: str, facts: dict[str, Any], ids: Iterable[int] = ()) -> None:
        entry = json.dumps({"event": event, **facts}).encode() + b"\n" + _packed(ids)
        self._log.append(entry)
        self._apply(entry)

    def _apply(self, entry: bytes) -> None:
        line, _, packed = entry.partition(b"\n")
        facts = json.loads(line)
        handlers: dict[str, Callable[[dict[str, Any], array[int]], None]] = {
            "began": self._on_began,
            "intent": self._on_intent,
            "applied": self._on_applied,
            "strays": self._on_strays,
            "undone": self._on_undone,
            "finished": self._on_finished,
        }
        handler = handlers.get(facts.pop("event"))
        if handler is None:
            raise self._of_another_version()
        handler(facts, _unpacked(packed))

    def _of_another_version(self) -> Refused:
        return Refused(
            f"The journal {self.path} was written by another version of this program.",
            way_out="Go on with that version, or empty the target and remove the journal.",
        )

    def _on_began(self, facts: dict[str, Any], _: array[int]) -> None:
        if facts.get("format") != _FORMAT:
            raise self._of_another_version()
        self.header = Header(**facts)

    def _on_intent(self, facts: dict[str, Any], ids: array[int]) -> None:
        number, group = facts["batch"], bytes.fromhex(facts["group"])
        kind, part = Kind(facts["kind"]), facts["part"]
        self.in_doubt[number] = Intent(number, kind, part, group, ids)
        self._begun.add((kind, part))
        self._next = number + 1

    def _on_applied(self, facts: dict[str, Any], new_ids: array[int]) -> None:
        intent = self.in_doubt.pop(facts["batch"])
        if intent.kind is Kind.NODES:
            self.ids.update(zip(intent.ids, new_ids, strict=True))
            self._written.nodes += intent.rows
        else:
            known = self._written.ids.setdefault(intent.part, IdSet())
            for old in intent.ids:
                known.add(old)
            self._written.relationships += intent.rows

    def _on_strays(self, _: dict[str, Any], ids: array[int]) -> None:
        self.strays = ids

    def _on_undone(self, facts: dict[str, Any], _: array[int]) -> None:
        for number in facts["batches"]:
            del self.in_doubt[number]
        self.strays = ()

    def _on_finished(self, facts: dict[str, Any], _: array[int]) -> None:
        kind, part = Kind(facts["kind"]), facts["part"]
        self._finished.add((kind, part))
        if kind is Kind.RELATIONSHIPS:
            self._written.ids.pop(part, None)  # nobody asks for single ones of it again


def _packed(ids: Iterable[int]) -> bytes:
    numbers = _little_endian(array("Q", ids))
    return zlib.compress(numbers.tobytes(), 1) if numbers else b""


def _unpacked(packed: bytes) -> array[int]:
    numbers = array("Q")
    if packed:
        numbers.frombytes(zlib.decompress(packed))
    return _little_endian(numbers)


def _little_endian(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
