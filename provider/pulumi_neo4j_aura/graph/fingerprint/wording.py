"""Differences between two fingerprints in words: what was expected, what was found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from pulumi_neo4j_aura.graph.fingerprint.names import quoted

Counts = Mapping[str, int]


def count(what: str, expected: int, found: int) -> Iterator[str]:
    """One count, if it differs."""
    if expected != found:
        yield f"{what}: {expected} expected, {found} found"


def counts(what: Callable[[str], str], expected: Counts, found: Counts) -> Iterator[str]:
    """Every count that differs; what is not there counts as zero."""
    for name in sorted({*expected, *found}):
        yield from count(what(name), expected.get(name, 0), found.get(name, 0))


def properties(
    what: str, expected: Mapping[str, Counts], found: Mapping[str, Counts]
) -> Iterator[str]:
    """Every property key that more or fewer rows have, for each kind of row."""
    for owner in sorted({*expected, *found}):

        def named(key: str, owner: str = owner) -> str:
            return f"{what} {owner or 'without a label'} with the property {quoted(key)}"

        yield from counts(named, expected.get(owner, {}), found.get(owner, {}))


def schema(expected: Collection[str], found: Collection[str]) -> Iterator[str]:
    """Every statement that only one of the two has."""
    yield from (f"schema: missing: {text}" for text in sorted(set(expected) - set(found)))
    yield from (f"schema: not expected: {text}" for text in sorted(set(found) - set(expected)))


def label(name: str) -> str:
    """What is counted for one label."""
    return f"nodes with the label {quoted(name)}"


def combination(name: str) -> str:
    """What is counted for one combination of labels."""
    return f"nodes that are just {name}" if name else "nodes without a label"


def kind(name: str) -> str:
    """What is counted for one type."""
    return f"relationships of the type {quoted(name)}"
