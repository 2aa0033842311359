"""The schema of a generated graph: every kind of index and constraint that Neo4j Community has.

Every database has two more indexes from the beginning, of the kind LOOKUP.
"""

from __future__ import annotations

from typing import Final

_ODD: Final = "`has ``odd`` 日本 😀;`"
_WGS_84: Final = "`spatial.wgs-84.min`: [-100.0, -80.0], `spatial.wgs-84.max`: [100.0, 80.0]"
_ENGLISH: Final = "`fulltext.analyzer`: 'english'"
_COSINE: Final = "`vector.dimensions`: 8, `vector.similarity_function`: 'cosine'"
_EUCLIDEAN: Final = "`vector.dimensions`: 8, `vector.similarity_function`: 'euclidean'"


def _options(settings: str) -> str:
    return f"OPTIONS {{indexConfig: {{{settings}}}}}"


#: What follows CREATE CONSTRAINT <name>; each has an index of the same name.
CONSTRAINTS: Final = {
    "person_number": "FOR (n:Person) REQUIRE n.number IS UNIQUE",
    "company_name": "FOR (n:Company) REQUIRE (n.name, n.country) IS UNIQUE",
    "works_at_number": "FOR ()-[r:WORKS_AT]-() REQUIRE r.number IS UNIQUE",
}

#: What stands around <name> in CREATE <kind> INDEX <name> <rest>.
INDEXES: Final = {
    "specimen_number": ("RANGE", "FOR (n:Specimen) ON (n.number)"),
    "place_number": ("RANGE", "FOR (n:Place) ON (n.number)"),
    "company_number": ("RANGE", "FOR (n:Company) ON (n.number)"),
    "document_number": ("RANGE", "FOR (n:Document) ON (n.number)"),
    "odd `number` 日本": ("RANGE", "FOR (n:`Odd ``label```) ON (n.number)"),
    "company_country_number": ("RANGE", "FOR (n:Company) ON (n.country, n.number)"),
    "odd_rank": ("RANGE", f"FOR ()-[r:{_ODD}]-() ON (r.rank)"),
    "odd_property_rank": ("RANGE", f"FOR ()-[r:{_ODD}]-() ON (r.`odd ``property```, r.rank)"),
    "company_name_text": ("TEXT", "FOR (n:Company) ON (n.name)"),
    "reviews_text": ("TEXT", "FOR ()-[r:REVIEWS]-() ON (r.text)"),
    "place_position": ("POINT", f"FOR (n:Place) ON (n.position) {_options(_WGS_84)}"),
    "reviews_written_at": ("POINT", "FOR ()-[r:REVIEWS]-() ON (r.written_at)"),
    "names": (
        "FULLTEXT",
        f"FOR (n:Company|Document) ON EACH [n.name, n.title] {_options(_ENGLISH)}",
    ),
    "remarks": ("FULLTEXT", f"FOR ()-[r:REVIEWS|{_ODD}]-() ON EACH [r.text, r.`odd ``property```]"),
    "document_embedding": ("VECTOR", f"FOR (n:Document) ON (n.embedding) {_options(_COSINE)}"),
    "reviews_embedding": (
        "VECTOR",
        f"FOR ()-[r:REVIEWS]-() ON (r.embedding) {_options(_EUCLIDEAN)}",
    ),
}


def statements() -> list[str]:
    """Cypher that creates the schema in an empty database."""
    constraints = [f"CREATE CONSTRAINT {quoted(name)} {rest}" for name, rest in CONSTRAINTS.items()]
    indexes = [
        f"CREATE {kind} INDEX {quoted(name)} {rest}" for name, (kind, rest) in INDEXES.items()
    ]
    return constraints + indexes


def quoted(name: str) -> str:
    """A name of anything as Cypher wants it, whatever is in it."""
    return f"`{name.replace('`', '``')}`"
