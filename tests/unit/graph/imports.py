"""A small export with everything that is awkward, and one import of it."""

from itertools import chain

from pulumi_neo4j_aura.graph.reading import Totals
from pulumi_neo4j_aura.graph.writing import Sizes, Writer
from support.graph_target import contents_of, node, relationship

Parts = tuple[list[bytes], ...]

EXPORT = "export-1"

NODES: Parts = (
    [
        node(7, ("Person",), name="Ada"),
        node(1 << 40, ("Person", "Odd `label\\u0060"), name="Bob"),
        node(3, (), number=1),
        node(9, ("Person",), name="Ada"),  # the same again, and another node
        node(5, ("Person",), name="Cyd"),
    ],
    [node(11, ("Person",), name="Dee"), node(200, ())],
)
RELATIONSHIPS: Parts = (
    [
        relationship(0, 7, 9, "KNOWS", since=1),
        relationship(1, 7, 9, "KNOWS", since=1),
        relationship(2, 3, 3, "IS `it`"),
    ],
    [
        relationship(70_000, 1 << 40, 11, "KNOWS", since=2),
        relationship(4, 200, 7, "KNOWS"),
        relationship(5, 5, 5, "KNOWS"),
    ],
)
ALL_NODES, ALL_RELATIONSHIPS = (list(chain(*parts)) for parts in (NODES, RELATIONSHIPS))
EVERYTHING = contents_of(ALL_NODES, ALL_RELATIONSHIPS)
TOTALS = Totals(7, 6)
TINY = Sizes(rows=2)


def writer(graph, folder, *, export_id=EXPORT, sizes=TINY, sleep=lambda _: None, **options):
    return Writer(graph.connect, folder, export_id=export_id, sizes=sizes, sleep=sleep, **options)


def import_all(one):
    one.check_target(TOTALS)
    for part, records in enumerate(NODES):
        one.write_nodes(part, records)
    for part, records in enumerate(RELATIONSHIPS):
        one.write_relationships(part, records)
