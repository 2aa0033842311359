"""What is counted besides being hashed: so that a difference can be named, and not only noticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: The labels of a node, or the one type of a relationship.
Owner = tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """How many rows each owner has, and how many of them have which property."""

    rows: Counter[Owner] = field(default_factory=Counter)
    keys: dict[Owner, Counter[str]] = field(default_factory=dict)

    def add(self, owner: Owner, keys: Sequence[str], rows: int) -> None:
        """Count rows of one owner that have these properties."""
        self.rows[owner] += rows
        counts = self.keys.setdefault(owner, Counter())
        for key in keys:
            counts[key] += rows

    def merge(self, other: Tally) -> None:
        """Add what was counted elsewhere."""
        self.rows.update(other.rows)
        for owner, counts in other.keys.items():
            self.keys.setdefault(owner, Counter()).update(counts)

    def by_name(self) -> Mapping[str, int]:
        """Rows for each single label or type."""
        found: Counter[str] = Counter()
        for owner, rows in self.rows.items():
            for name in owner:
                found[name] += rows
        return dict(sorted(found.items()))
