"""Every type that a Neo4j property can have, as it travels and as typed JSON."""

import math

from hypothesis import strategies as st

from pulumi_neo4j_aura.domain.packstream import Structure, encode

LIMIT = 1 << 63
S = Structure


def wrapped(name, value):
    return {"$type": name, "_value": value}


#: (value, typed JSON).
EXAMPLES = [
    (None, None),
    (True, True),
    (False, False),
    (0, 0),
    (2**53 + 1, 2**53 + 1),
    (LIMIT - 1, LIMIT - 1),
    (-LIMIT, -LIMIT),
    (1.0, 1.0),
    (-0.0, -0.0),
    (5e-324, 5e-324),
    (math.nan, wrapped("Float", "NaN")),
    (math.inf, wrapped("Float", "Infinity")),
    (-math.inf, wrapped("Float", "-Infinity")),
    ("", ""),
    ("naïve 🙂 \u2028 ' \\ \n \x00", "naïve 🙂 \u2028 ' \\ \n \x00"),
    (b"", wrapped("Base64", "")),
    (b"\x00\xff\xfe", wrapped("Base64", "AP/+")),
    ([], []),
    ([1, 2.5, None, "x"], [1, 2.5, None, "x"]),
    ([math.nan, b"a"], [wrapped("Float", "NaN"), wrapped("Base64", "YQ==")]),
    ({"a": b"a"}, {"a": wrapped("Base64", "YQ==")}),
    ({"$type": "Date"}, wrapped("Map", {"$type": "Date"})),
    (S(0x44, (0,)), wrapped("Date", "1970-01-01")),
    (S(0x44, (-1,)), wrapped("Date", "1969-12-31")),
    (S(0x44, (19784,)), wrapped("Date", "2024-03-02")),
    (S(0x44, (19782,)), wrapped("Date", "2024-02-29")),
    (S(0x44, (2932897,)), wrapped("Date", "+10000-01-01")),
    (S(0x44, (-719529,)), wrapped("Date", "-0001-12-31")),
    (S(0x44, (-719528,)), wrapped("Date", "0000-01-01")),
    (S(0x44, (-719163,)), wrapped("Date", "0000-12-31")),
    (S(0x44, (365241780471,)), wrapped("Date", "+999999999-12-31")),
    (S(0x44, (-365243219162,)), wrapped("Date", "-999999999-01-01")),
    (S(0x74, (0,)), wrapped("LocalTime", "00:00:00")),
    (S(0x74, (86_399_999_999_999,)), wrapped("LocalTime", "23:59:59.999999999")),
    (S(0x74, (45_296_120_000_000,)), wrapped("LocalTime", "12:34:56.12")),
    (S(0x54, (45_296_000_000_001, 3600)), wrapped("Time", "12:34:56.000000001+01:00")),
    (S(0x54, (0, -12_600)), wrapped("Time", "00:00:00-03:30")),
    (S(0x54, (0, 64_799)), wrapped("Time", "00:00:00+17:59:59")),
    (S(0x54, (0, 0)), wrapped("Time", "00:00:00Z")),
    (S(0x64, (1_709_376_896, 5)), wrapped("LocalDateTime", "2024-03-02T10:54:56.000000005")),
    (S(0x64, (-1, 999_999_999)), wrapped("LocalDateTime", "1969-12-31T23:59:59.999999999")),
    (S(0x49, (1_709_376_896, 0, 3600)), wrapped("OffsetDateTime", "2024-03-02T11:54:56+01:00")),
    (S(0x49, (0, 1, -3600)), wrapped("OffsetDateTime", "1969-12-31T23:00:00.000000001-01:00")),
    (S(0x49, (0, 0, 0)), wrapped("OffsetDateTime", "1970-01-01T00:00:00Z")),
    (
        S(0x69, (1_709_376_896, 7, "Europe/Berlin")),
        wrapped("ZonedDateTime", "2024-03-02T10:54:56.000000007Z[Europe/Berlin]"),
    ),
    (S(0x45, (0, 0, 0, 0)), wrapped("Duration", "PT0S")),
    (S(0x45, (14, 3, 3661, 500_000_000)), wrapped("Duration", "P1Y2M3DT1H1M1.5S")),
    (S(0x45, (12, 0, 0, 0)), wrapped("Duration", "P1Y")),
    (S(0x45, (0, -3, 0, 0)), wrapped("Duration", "P-3D")),
    (S(0x45, (-14, 1, -1, 500_000_000)), wrapped("Duration", "P-1Y-2M1DT-0.5S")),
    (S(0x45, (0, 0, -3661, 0)), wrapped("Duration", "PT-1H-1M-1S")),
    (S(0x58, (4326, 12.5, -55.25)), wrapped("Point", "SRID=4326;POINT (12.5 -55.25)")),
    (S(0x58, (7203, 1.0, 2.0)), wrapped("Point", "SRID=7203;POINT (1.0 2.0)")),
    (S(0x59, (4979, 1.0, 2.0, 3.5)), wrapped("Point", "SRID=4979;POINT Z (1.0 2.0 3.5)")),
    (S(0x59, (9157, 0.1, 1e300, -0.0)), wrapped("Point", "SRID=9157;POINT Z (0.1 1e+300 -0.0)")),
    ([S(0x44, (0,)), S(0x44, (1,))], [wrapped("Date", f"1970-01-0{n}") for n in (1, 2)]),
    # Structures of later versions, and known tags with fields that make no sense.
    (S(0x56, (b"\xc1", b"\x01")), wrapped("Structure", {"tag": 0x56, "fields": [
        wrapped("Base64", "wQ=="), wrapped("Base64", "AQ==")]})),
    (S(0x44, ()), wrapped("Structure", {"tag": 0x44, "fields": []})),
    (S(0x44, ("x",)), wrapped("Structure", {"tag": 0x44, "fields": ["x"]})),
    (S(0x44, (True,)), wrapped("Structure", {"tag": 0x44, "fields": [True]})),
    (S(0x74, (-1,)), wrapped("Structure", {"tag": 0x74, "fields": [-1]})),
    (S(0x64, (0, 10**9)), wrapped("Structure", {"tag": 0x64, "fields": [0, 10**9]})),
    (S(0x58, (1, 2, 3)), wrapped("Structure", {"tag": 0x58, "fields": [1, 2, 3]})),
]  # fmt: skip

_INTEGERS = st.integers(-LIMIT, LIMIT - 1)
_NANOS = st.integers(-1, 10**9)
_TAGS = st.sampled_from((0x44, 0x54, 0x74, 0x49, 0x69, 0x64, 0x45, 0x58, 0x59, 0x56, 0x00))
_FIELD = _INTEGERS | st.integers(-100_000, 100_000) | _NANOS | st.floats() | st.text(max_size=5)

#: Anything: structures with fitting fields are rare in it, hence the second kind.
STRUCTURES = st.builds(
    lambda tag, fields: S(tag, tuple(fields)), _TAGS, st.lists(_FIELD, max_size=5)
) | st.builds(
    lambda tag, whole, nanos, zone: S(
        tag,
        {
            0x44: (whole[0],),
            0x54: (nanos, whole[1] % 64_800),
            0x74: (nanos,),
            0x49: (whole[0], nanos, whole[1] % 64_800),
            0x69: (whole[0], nanos, zone),
            0x64: (whole[0], nanos),
            0x45: (*whole[:3], nanos),
        }[tag],
    ),
    st.sampled_from((0x44, 0x54, 0x74, 0x49, 0x69, 0x64, 0x45)),
    st.tuples(*[_INTEGERS | st.integers(-(10**11), 10**11)] * 3),
    _NANOS,
    st.text(max_size=10),
)

SCALARS = (
    st.none()
    | st.booleans()
    | _INTEGERS
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | STRUCTURES
)
VALUES = SCALARS | st.lists(SCALARS, max_size=5)
PROPERTIES = st.dictionaries(st.text(max_size=8) | st.just("$type"), VALUES, max_size=6)


def node(number, labels, properties):
    return encode([number, labels, properties])


def relationship(number, start, end, kind, properties):
    return encode([number, start, end, kind, properties])
