"""What can be said of an import before it begins."""

from dataclasses import replace

import pytest

from pulumi_neo4j_aura.domain.tier import TIERS
from pulumi_neo4j_aura.execution.exports import importing
from pulumi_neo4j_aura.vault.manifest import FILE
from support.exports import made_export


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"nodes": 200_000, "relationships": 400_000}, None),
        ({"nodes": 200_001, "relationships": 0}, "200,001 nodes and free-db holds 200,000"),
        ({"nodes": 0, "relationships": 400_001}, "relationships and free-db holds 400,000"),
    ],
)
def test_a_free_instance_holds_so_much(counts, told):
    """Aura's documentation of AuraDB Free."""
    found = importing.objection(replace(made_export(), counts=counts), "free-db")
    assert (found is None) if told is None else (told in str(found))


@pytest.mark.parametrize("kind", [*(name for name in TIERS if name != "free-db"), "new-type"])
def test_others_are_limited_by_their_storage(kind):
    """Also a type that is not known here."""
    counts = {"nodes": 10**9, "relationships": 10**10}
    assert importing.objection(replace(made_export(), counts=counts), kind) is None


def test_an_adopted_file_cannot_be_written_over_bolt():
    """It has no rows that are known."""
    assert "adopted file" in str(
        importing.objection(replace(made_export(), method=FILE), "free-db")
    )
