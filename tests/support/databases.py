"""What tests do with a database, whoever started it."""

from aura_emulator.data_plane.neo4j import cypher
from aura_emulator.data_plane.neo4j.graphs.schema import quoted


def empty(driver):
    """Remove what a test left, a little at a time: the server has little memory."""
    cypher.run(driver, ["MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 500 ROWS"])
    constraints = driver.execute_query("SHOW CONSTRAINTS YIELD name").records
    cypher.run(driver, [f"DROP CONSTRAINT {quoted(found['name'])}" for found in constraints])
    indexes = driver.execute_query("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'").records
    cypher.run(driver, [f"DROP INDEX {quoted(found['name'])}" for found in indexes])


def rows(driver, query):
    """What a query returns."""
    return [tuple(found.values()) for found in driver.execute_query(query).records]
