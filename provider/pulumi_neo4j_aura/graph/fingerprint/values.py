r"""One way to write each value, so that equal values are equal bytes.

PackStream leaves the sender a choice: an integer may take more bytes than it needs, and so may the
length of a text or list. Neo4j always sends the shortest. This module knows the shortest form by a
regular expression, because that looks at a whole value, or at all values of a row, in one step of
the interpreter; what it does not know is decoded and written anew.

A pattern here matches *only* shortest forms. PackStream is prefix-free, so at most one alternative
matches at one place, and a match is the only way to read these bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pulumi_neo4j_aura.domain.packstream import decode, encode, skip

# --- patterns -------------------------------------------------------------------------------------

_TINY: Final = 16
_LIST: Final = 0x90


def _sign_extended(width: int, filler: bytes, other: bytes, sign: bytes) -> bytes:
    """What may follow a first byte that is all sign: not yet again a sign extension."""
    half = width // 2
    rest = sign + rb".{%d}" % (half - 1)
    for taken in range(half - 1, 0, -1):
        rest = rb"(?:%s.{%d}|%s%s)" % (other, width - taken - 1, filler, rest)
    return filler + rest


def _beyond_half(width: int) -> bytes:
    """Two's complement of this many bytes that half as many cannot hold."""
    positive = _sign_extended(width, rb"\x00", rb"[\x01-\xff]", rb"[\x80-\xff]")
    negative = _sign_extended(width, rb"\xff", rb"[\x00-\xfe]", rb"[\x00-\x7f]")
    return rb"(?:[\x01-\xfe].{%d}|%s|%s)" % (width - 1, positive, negative)


def _text(longest: int) -> bytes:
    """Texts of up to so many bytes."""
    tiny = [rb"\x%02x.{%d}" % (0x80 + size, size) for size in range(_TINY)]
    longer = [rb"\x%02x.{%d}" % (size, size) for size in range(_TINY, longest + 1)]
    return rb"(?:%s|\xd0(?:%s))" % (b"|".join(tiny), b"|".join(longer))


_INTEGER: Final = rb"(?:[\x00-\x7f\xf0-\xff]|\xc8[\x80-\xef]|\xc9%s|\xca%s|\xcb%s)" % tuple(
    _beyond_half(width) for width in (2, 4, 8)
)
_FLOAT: Final = rb"\xc1.{8}"
_SIMPLE: Final = rb"(?:[\xc0\xc2\xc3]|%s|%s)" % (_INTEGER, _FLOAT)

#: Dates, times, durations, date-times with an offset, points. With a zone's name it is one more.
_FIELDS: Final = b"|".join(
    (
        rb"\xb1." + _INTEGER,
        rb"\xb2.%b{2}" % _INTEGER,
        *(
            rb"%b.%b(?:%b{%d}|(?:%b){%d})" % (marker, _INTEGER, _INTEGER, more, _FLOAT, more)
            for marker, more in ((rb"\xb3", 2), (rb"\xb4", 3))
        ),
    )
)
_STRUCTURE: Final = rb"(?:%b|\xb3.%b%b%b)" % (_FIELDS, _INTEGER, _INTEGER, _text(40))
_SHORT_ITEM: Final = rb"(?:%b|%b|%b)" % (_SIMPLE, _text(_TINY - 1), _FIELDS)
_SHORT_LIST: Final = b"|".join(
    (
        rb"\x90",
        *(rb"\x%02x%b{%d}" % (_LIST + size, _SHORT_ITEM, size) for size in range(1, 6)),
        *(rb"\x%02x(?:%b){%d}" % (_LIST + size, _FLOAT, size) for size in range(6, _TINY)),
    )
)

#: A text of up to 255 bytes, in its shortest form.
TEXT: Final = _text(255)

TEXTS, STRUCTURES, LISTS, BYTES, OTHERS = 1, 2, 4, 8, 16
_PATTERNS: Final[Mapping[int, bytes]] = {
    TEXTS: TEXT,
    STRUCTURES: _STRUCTURE,
    LISTS: _SHORT_LIST,
    BYTES: rb"\xcc(?:%b)" % b"|".join(rb"\x%02x.{%d}" % (size, size) for size in range(256)),
}


def _kinds() -> bytes:
    kinds = bytearray([OTHERS] * 256)
    for marker in (*range(0x80), *range(0xF0, 0x100), *range(0xC0, 0xCC)):
        kinds[marker] = 0
    for first, kind in ((0x80, TEXTS), (_LIST, LISTS), (0xB0, STRUCTURES)):
        kinds[first : first + _TINY] = bytes([kind] * _TINY)
    kinds[0xD0], kinds[0xCC] = TEXTS, BYTES
    return bytes(kinds)


#: By a value's first byte: which pattern it needs besides that of numbers and truth values.
KINDS: Final = _kinds()


def pattern(kinds: int) -> bytes:
    """A regular expression for the shortest forms of values of these kinds."""
    wanted = [text for kind, text in _PATTERNS.items() if kinds & kind]
    return rb"(?:%b)" % b"|".join((_SIMPLE, *wanted))


# --- values ---------------------------------------------------------------------------------------

_PLAIN: Final = re.compile(pattern(TEXTS | STRUCTURES | LISTS), re.DOTALL).fullmatch
_PLAIN_ITEMS: Final = re.compile(rb"%b*+" % pattern(TEXTS | STRUCTURES), re.DOTALL).fullmatch

#: Markers with a length behind them: its width, and the least that needs this marker.
_LENGTHS: Final[Mapping[int, tuple[int, int]]] = {
    first + power: (1 << power, (least, 1 << 8, 1 << 16)[power])
    for first, least in ((0xCC, 0), (0xD0, _TINY), (0xD4, _TINY))
    for power in range(3)
}
_LONG_LISTS: Final = range(0xD4, 0xD7)


def canonical(value: bytes) -> bytes:
    """The shortest form of one whole value; itself, when it is that already.

    Raises:
        ValueError: it is no value.
    """
    if _PLAIN(value) or _long_and_plain(value):
        return value
    return encode(decode(value)[0])


def _long_and_plain(value: bytes) -> bool:
    """Whether a text, byte array or list that is too long for a pattern is in its shortest form."""
    marker = value[0]
    if _LIST <= marker < _LIST + _TINY:
        return _PLAIN_ITEMS(value, 1) is not None
    if marker not in _LENGTHS:
        return False
    width, least = _LENGTHS[marker]
    begin = 1 + width
    if int.from_bytes(value[1:begin], "big") < least:
        return False
    if marker not in _LONG_LISTS:
        return True
    return end_of_floats(value, 0) == len(value) or _PLAIN_ITEMS(value, begin) is not None


def end_of(data: bytes, at: int) -> int:
    """The offset behind the value at `at`; as `packstream.skip`, with a short cut over vectors.

    Raises:
        ValueError: as `skip`.
    """
    return end_of_floats(data, at) or skip(data, at)


def end_of_floats(data: bytes, at: int) -> int:
    """The offset behind a long list of nothing but floats; 0 if there is something else.

    Embeddings are lists of a thousand floats and more: one look at every ninth byte, instead of
    one step for each.
    """
    if data[at : at + 1] not in (b"\xd4", b"\xd5", b"\xd6"):
        return 0
    begin = at + 1 + _LENGTHS[data[at]][0]
    count = int.from_bytes(data[at + 1 : begin], "big")
    end = begin + 9 * count
    if end > len(data) or data[begin:end:9].count(0xC1) != count:
        return 0
    return end
