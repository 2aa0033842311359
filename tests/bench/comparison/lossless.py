"""A value of each kind, and which of them a tool brings back as they were."""

from __future__ import annotations

from typing import Any

from bench.comparison.server import WithApoc

#: Each kind, and Cypher for a value of it.
KINDS = {
    "boolean": "true",
    "smallest integer": "-9223372036854775808",
    "largest integer": "9223372036854775807",
    "float": "0.1",
    "whole float": "3.0",
    "NaN": "toFloat('NaN')",
    "infinity": "toFloat('Infinity')",
    "minus zero": "-0.0",
    "string": "'Ærø \\n \\u0001 🦊'",
    "empty string": "''",
    "date": "date('1969-07-20')",
    "local time": "localtime('23:59:59.123456789')",
    "time with offset": "time('10:00:00.000000001+05:30')",
    "local datetime": "localdatetime('2026-11-25T10:00:00.123456789')",
    "datetime with offset": "datetime('2026-11-25T10:00:00.123456789+01:00')",
    "datetime with zone": "datetime('2026-10-25T02:30:00.123456789+01:00[Europe/Berlin]')",
    "duration": "duration('P1Y2M3DT4H5M6.123456789S')",
    "point, WGS 84": "point({longitude: 12.5, latitude: 55.5})",
    "point, WGS 84 3D": "point({longitude: 12.5, latitude: 55.5, height: 7})",
    "point, cartesian": "point({x: 1.5, y: -2.5})",
    "point, cartesian 3D": "point({x: 1.5, y: -2.5, z: 3})",
    "byte array": "$bytes",
    "integers": "[1, -2, 9007199254740993]",
    "floats": "[1.0, 2.5]",
    "booleans": "[true, false]",
    "strings": "['a', '', 'ø']",
    "dates": "[date('2026-01-01'), date('2026-01-02')]",
    "datetimes": "[datetime('2026-01-01T00:00:00Z')]",
    "durations": "[duration('PT1S')]",
    "points": "[point({x: 1, y: 2})]",
    "empty list": "[]",
}
#: What is no value of a property.
SHAPES = ("two equal relationships", "relationship to itself", "node without label", "odd names")


def fill(server: WithApoc) -> None:
    """Write one node for each kind, and the shapes."""
    for kind, value in KINDS.items():
        server.ask(f"CREATE (:T {{kind: $kind, v: {value}}})", kind=kind, bytes=b"\x00\xff\x80")
    server.ask(
        "CREATE (a:T {kind: 'shape'})-[:R {n: 1}]->(b:T {kind: 'other shape'}), "
        "(a)-[:R {n: 1}]->(b), (a)-[:SELF]->(a), ({bare: 1}), (:`odd ``label`` 1`:T {`a b`: 1})"
    )


def read(server: WithApoc) -> dict[str, Any]:
    """What is there of each: values as the driver shows them with their types."""
    rows = server.ask("MATCH (n:T) WHERE n.v IS NOT NULL RETURN n.kind AS kind, n.v AS v")
    found: dict[str, Any] = {row["kind"]: _told(row["v"]) for row in rows}
    for shape, query in zip(
        SHAPES,
        (
            "MATCH (:T)-[r:R {n: 1}]->(:T) RETURN count(r) AS n",
            "MATCH (a)-[r:SELF]->(a) RETURN count(r) AS n",
            "MATCH (n {bare: 1}) WHERE size(labels(n)) = 0 RETURN count(n) AS n",
            "MATCH (n:`odd ``label`` 1`) WHERE n.`a b` = 1 RETURN count(n) AS n",
        ),
        strict=True,
    ):
        found[shape] = server.ask(query)[0]["n"]
    return found


def _told(value: Any) -> str:
    inner = [type(each).__name__ for each in value] if isinstance(value, list) else ""
    return f"{type(value).__name__}{inner} {value!r}"


def lost(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The kinds that are not what they were."""
    return [kind for kind, value in before.items() if after.get(kind) != value]
