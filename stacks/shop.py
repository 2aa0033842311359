"""The demo's data: a small shop in production, written and counted over Bolt."""

from __future__ import annotations

from pathlib import Path

import neo4j

from aura_emulator.data_plane.neo4j import cypher

DATASET = Path(__file__).resolve().parent / "data" / "orders.cypher"
#: Placed after the snapshot: staging must not have it.
LATE_ORDER = 1006


def load(url: str, password: str) -> None:
    """Load the shop; a second time changes nothing."""
    with _driver(url, password) as driver:
        cypher.run(driver, cypher.split(DATASET.read_text(encoding="utf-8")))


def place_late_order(url: str, password: str) -> None:
    """One more order; a second time changes nothing."""
    with _driver(url, password) as driver:
        driver.execute_query(
            "MATCH (c:Customer {id: 2}), (p:Product {sku: 'RUG-05'})"
            " MERGE (o:Order {number: $number}) ON CREATE SET o.placed = date()"
            " MERGE (c)-[:PLACED]->(o) MERGE (o)-[:CONTAINS {quantity: 1}]->(p)",
            number=LATE_ORDER,
        )


def orders(url: str, password: str) -> list[int]:
    """The numbers of all orders."""
    with _driver(url, password) as driver:
        found = driver.execute_query("MATCH (o:Order) RETURN o.number AS number ORDER BY number")
    return [record["number"] for record in found.records]


def _driver(url: str, password: str) -> neo4j.Driver:
    return neo4j.GraphDatabase.driver(
        url, auth=("neo4j", password), notifications_min_severity="OFF"
    )
