"""Writes a planned graph into a database; the server generates the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from neo4j import Driver, Session

from aura_emulator.data_plane.neo4j.graphs import schema, specimens
from aura_emulator.data_plane.neo4j.graphs.planning import (
    GraphPlan,
    NodeGroup,
    RelationshipGroup,
)
from aura_emulator.data_plane.neo4j.graphs.schema import quoted

_INDEX_SECONDS: Final = 300


def write(driver: Driver, plan: GraphPlan) -> None:
    """Fill an empty database: its schema, then its data; returns when every index is online.

    The data is the same at every call; the order in which it lies in the store is not promised. A
    database that is not empty may refuse, and then holds a part.
    """
    with driver.session() as session:
        for statement in schema.statements():
            session.run(statement).consume()
        for nodes in plan.node_groups:
            _write_group(session, nodes)
        for relationships in plan.relationship_groups:
            _write_group(session, relationships)
        session.run("CALL db.awaitIndexes($seconds)", seconds=_INDEX_SECONDS).consume()


def _write_group(session: Session, group: NodeGroup | RelationshipGroup) -> None:
    text = statement(group)
    for number in range(-(-group.size // group.kind.batch)):
        start = group.first + number * group.kind.batch
        end = min(start + group.kind.batch, group.first + group.size)
        numbers = {"start": start, "end": end - 1, **_ends(group, number)}
        session.run(text, {**specimens.PARAMETERS, **numbers}).consume()


def _ends(group: NodeGroup | RelationshipGroup, batch: int) -> dict[str, int]:
    """The numbers of the nodes between which a batch of relationships is."""
    if isinstance(group, NodeGroup):
        return {}
    ends: dict[str, int] = {}
    for end, nodes in (("source", group.sources), ("target", group.targets)):
        width = min(nodes.size, group.kind.batch)
        start = nodes.first + min(batch * width % nodes.size, nodes.size - width)
        ends |= {f"{end}_from": start, f"{end}_to": start + width, f"{end}_width": width}
    return ends


def statement(group: NodeGroup | RelationshipGroup) -> str:
    """Cypher that creates those of the group that have a number from $start to $end."""
    properties = _map(group.kind.properties)
    if isinstance(group, NodeGroup):
        labels = _labels(group.kind.labels)
        return f"UNWIND range($start, $end) AS i CREATE ({labels} {properties})"
    target = "source" if group.kind.loop else "target"
    return f"""
        WITH {_nodes("source", group.sources)} AS sources,
          {_nodes("target", group.targets)} AS targets
        UNWIND range($start, $end) AS row
        WITH sources, targets, $start + (row - $start) / {group.kind.copies} AS i
        WITH i, sources[i % $source_width] AS source,
          targets[(i * i + 3 * i + 7) % $target_width] AS target
        CREATE (source)-[:{quoted(group.kind.type)} {properties}]->({target})
        """


def _nodes(end: str, nodes: NodeGroup) -> str:
    """An expression: a list of the nodes that a batch of relationships has at this end.

    Fetching them together is several times faster than finding each. Those without a number are all
    alike: whichever come first, it is the same graph.
    """
    labels = _labels((nodes.kind.key,) if nodes.kind.key else nodes.kind.labels)
    some = f"MATCH (n{labels}) WHERE size(labels(n)) = {len(nodes.kind.labels)}"
    if "number" not in nodes.kind.properties:
        return f"COLLECT {{ {some} AND n.number IS NULL RETURN n LIMIT ${end}_width }}"
    numbered = f"${end}_from <= n.number < ${end}_to"
    return f"COLLECT {{ {some} AND {numbered} RETURN n ORDER BY n.number }}"


def _labels(labels: tuple[str, ...]) -> str:
    return "".join(f":{quoted(label)}" for label in labels)


def _map(properties: Mapping[str, str]) -> str:
    """Expressions as a Cypher map."""
    return f"{{{', '.join(f'{quoted(name)}: {value}' for name, value in properties.items())}}}"
