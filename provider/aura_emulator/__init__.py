"""A local Neo4j Aura: the public v1 API over one SQLite store, with a clock that can be moved.

The package imports nothing from ``pulumi_neo4j_aura`` and shares no models with it, so that a
mistake in one cannot hide the same mistake in the other. ``aura_emulator.cli.main`` starts it.
"""
