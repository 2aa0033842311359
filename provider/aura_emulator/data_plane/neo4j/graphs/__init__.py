"""Generated graphs: how many of what is known before anything is written.

A graph has every type of property, odd names, and every index and constraint that Neo4j Community
has, so that a copy of it which loses something is noticed. `plan` says what it will hold, `write`
fills an empty database with it, `count` says what a database does hold.
"""

from aura_emulator.data_plane.neo4j.graphs.counts import Counts, count
from aura_emulator.data_plane.neo4j.graphs.planning import GraphPlan, plan
from aura_emulator.data_plane.neo4j.graphs.writing import write

__all__ = ["Counts", "GraphPlan", "count", "plan", "write"]
