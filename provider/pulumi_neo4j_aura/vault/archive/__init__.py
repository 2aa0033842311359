"""The archive: rows as the server sent them, in parts (docs/reference/archive-format.md)."""

from pulumi_neo4j_aura.vault.archive.companions import companions
from pulumi_neo4j_aura.vault.archive.reading import check_part, read_part
from pulumi_neo4j_aura.vault.archive.writing import Hashing, write_part

__all__ = ["Hashing", "check_part", "companions", "read_part", "write_part"]
