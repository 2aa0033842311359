"""What can be said of an import before it begins."""

from dataclasses import replace

import pytest

from pulumi_neo4j_aura.domain.tier import TIERS
from pulumi_neo4j_aura.execution.exports import importing
from pulumi_neo4j_aura.vault.manifest import FILE
from support.exports import made_export


def holding(nodes, relationships):
    """An export of so many rows."""
    (part, *_) = made_export().parts
    rows = (("nodes", nodes), ("relationships", relationships))
    parts = tuple(replace(part, kind=kind, rows=count) for kind, count in rows)
    return replace(made_export(), parts=parts)


@pytest.mark.parametrize(
    ("nodes", "relationships", "told"),
    [
        (200_000, 400_000, None),
        (200_001, 0, "200,001 nodes and free-db holds 200,000"),
        (0, 400_001, "relationships and free-db holds 400,000"),
    ],
)
def test_a_free_instance_holds_so_much(nodes, relationships, told):
    """Aura's documentation of AuraDB Free."""
    found = importing.objection(holding(nodes, relationships), "free-db")
    assert (found is None) if told is None else (told in str(found))


@pytest.mark.parametrize("kind", [*(name for name in TIERS if name != "free-db"), "new-type"])
def test_others_are_limited_by_their_storage(kind):
    """Also a type that is not known here."""
    assert importing.objection(holding(10**9, 10**10), kind) is None


def test_an_adopted_file_cannot_be_written_over_bolt():
    """It has no rows that are known."""
    assert "adopted file" in str(
        importing.objection(replace(made_export(), method=FILE), "free-db")
    )
