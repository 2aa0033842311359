"""Exports and imports beside those of APOC and of `neo4j-backup`."""
