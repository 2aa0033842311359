"""Fills a database that runs: with Cypher, or with a generated graph at known counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neo4j.exceptions import DriverError, Neo4jError

from aura_emulator.data_plane.neo4j import bolt, cypher, graphs

if TYPE_CHECKING:
    from aura_emulator.data_plane.interface import Counts, Login
    from aura_emulator.data_plane.neo4j.graphs import GraphPlan


class SeedingError(Exception):
    """The data cannot be written; the message is a sentence or the server's."""


def plan(nodes: int, relationships: int) -> GraphPlan:
    """A graph of exactly so many nodes and relationships.

    Raises:
        SeedingError: there is no such graph.
    """
    try:
        return graphs.plan(nodes, relationships)
    except ValueError as error:
        raise SeedingError(str(error)) from error


def run_cypher(login: Login, text: str) -> Counts:
    """Run the statements of a file, each in a transaction of its own; what there is then.

    Raises:
        SeedingError: names the statement; those before it stay.
    """
    try:
        with bolt.driver(login) as driver:
            cypher.run(driver, cypher.split(text))
        return bolt.counts(login)
    except (cypher.StatementError, DriverError, Neo4jError) as error:
        raise SeedingError(str(error)) from error


def write_graph(login: Login, planned: GraphPlan) -> Counts:
    """Write a planned graph into an empty database; what there is then.

    Raises:
        SeedingError: the database is not empty, or it cannot be reached.
    """
    try:
        present = bolt.counts(login)
        if present.nodes:
            raise SeedingError(f"The database is not empty: it holds {present.nodes} nodes")
        with bolt.driver(login) as driver:
            graphs.write(driver, planned)
        return bolt.counts(login)
    except (DriverError, Neo4jError) as error:
        raise SeedingError(str(error)) from error
