"""What stands behind an instance: nothing, or (later) a real Neo4j."""
