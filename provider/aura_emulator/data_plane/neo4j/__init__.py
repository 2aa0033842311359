"""A real Neo4j Community server behind every running instance."""
