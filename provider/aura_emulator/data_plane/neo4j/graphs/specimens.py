"""One value of every type that a property can have, the extreme ones included.

Values are Cypher expressions of `i`, the number of the node or relationship, so that the server
computes them. Those that are easier to get right in Python than in Cypher's notation travel as
parameters.
"""

from __future__ import annotations

from typing import Final

#: What the expressions below refer to; every statement that writes data is sent them.
PARAMETERS: Final[dict[str, list[object]]] = {
    "integers": [42, -(2**63), 2**63 - 1, 0, -1],
    "floats": [0.1, float("nan"), float("inf"), float("-inf"), -0.0, 1e308, 5e-324],
    "strings": [
        "Ærø, 日本, 😀",
        "",
        'it\'s "quoted" and `ticked`',
        "two\nlines, a\ttab and a \\",
        "null \x00 and e\N{COMBINING ACUTE ACCENT}",
        "longer than a record " * 100,
    ],
    "bytes": [b"\x00\x01\xfe\xff", b"", bytes(range(256)) * 4],
}

_SCALARS: Final = {
    "boolean": "i % 2 = 0",
    "integer": "$integers[i % size($integers)]",
    "float": "$floats[i % size($floats)]",
    "string": "$strings[i % size($strings)]",
    "date": "date({year: 1900 + i % 200, ordinalDay: 1 + i % 365})",
    "local_time": "localtime('23:59:59.000000001') + duration({seconds: i})",
    "zoned_time": "time('23:59:59.999999999-03:30') + duration({hours: i % 24})",
    "local_datetime": "localdatetime('1969-07-20T20:17:40') + duration({seconds: i * 7919})",
    "offset_datetime": "datetime({year: 2020, ordinalDay: 1 + i % 366, timezone: '+05:45'})",
    "zone_datetime": "datetime({year: 2024, week: 1 + i % 52, timezone: 'Europe/Copenhagen'})",
    "duration": "duration({months: i % 25 - 12, days: -(i % 40), seconds: i, nanoseconds: -7})",
    "cartesian": "point({x: -1.5 * i, y: 1e10})",
    "cartesian_3d": "point({x: i, y: -i, z: 0.25})",
    "wgs_84": "point({longitude: i % 361 - 180, latitude: i % 181 - 90})",
    "wgs_84_3d": "point({longitude: 10.2, latitude: 56.1, height: i * 0.5})",
}

#: Cypher has lists of everything but of bytes.
_OTHERS: Final = {
    "bytes": "$bytes[i % size($bytes)]",
    "integer_list": "$integers",
    "float_list": "$floats",
    "string_list": "$strings",
    "empty_list": "[]",
}


def properties() -> dict[str, str]:
    """A property of every type, by name: the expression of its value."""
    lists = {f"{name}_list": f"[{value}, {value}]" for name, value in _SCALARS.items()}
    return {**_SCALARS, **lists, **_OTHERS}
