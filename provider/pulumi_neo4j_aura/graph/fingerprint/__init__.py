"""The fingerprint of a graph: what it comes down to, whatever its ids and its rows' order.

Two graphs with the same labels, types, properties, connections and schema have the same
fingerprint. Ids, the order of rows, of labels and of properties do not matter; anything else shows.
What cannot be seen, and how certain the rest is: docs/reference/fingerprint.md.
"""

from pulumi_neo4j_aura.graph.fingerprint.fingerprinter import Fingerprinter
from pulumi_neo4j_aura.graph.fingerprint.parts import of_parts
from pulumi_neo4j_aura.graph.fingerprint.result import ROUNDS, VERSION, Fingerprint

__all__ = ["ROUNDS", "VERSION", "Fingerprint", "Fingerprinter", "of_parts"]
