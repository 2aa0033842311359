"""PackStream, the encoding in which Neo4j sends and takes values, read and written as bytes.

Source: Neo4j's public specification of PackStream, version 1. A value is a marker byte and what the
marker announces. Most of our work never looks at values: `skip` finds where one ends, and the slice
goes on as it came. `decode` is for people (`aura-backup cat`) and for checks.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: None, bool, int, float, str, bytes, list, dict with text keys, or a `Structure`.
Value = Any


@dataclass(frozen=True, slots=True)
class Structure:
    """A tagged list of fields: dates, times, durations, points and what later versions bring."""

    tag: int
    fields: tuple[Value, ...]


class Raw(bytes):
    """A value that is encoded already: spliced in as it is."""

    __slots__ = ()


_NULL, _FLOAT, _FALSE, _TRUE = 0xC0, 0xC1, 0xC2, 0xC3
_INT8, _BYTES8, _STRING8, _LIST8, _MAP8 = 0xC8, 0xCC, 0xD0, 0xD4, 0xD8
_TINY_STRING, _TINY_LIST, _TINY_MAP, _TINY_STRUCTURE = 0x80, 0x90, 0xA0, 0xB0
_FIRST_NEGATIVE = 0xF0
_TINY = 16  # sizes below this are in the marker itself
_LOWEST, _HIGHEST = -(1 << 63), (1 << 63) - 1

_DOUBLE = struct.Struct(">d")
_WIDTHS = (1, 2, 4)


def _sizes() -> tuple[list[int], list[int]]:
    """For each marker the bytes up to where the next value begins, and how many values follow.

    A size of zero: the marker has a length behind it, or is unknown.
    """
    sizes, inside = [0] * 256, [0] * 256
    for marker in (*range(_TINY_STRING), *range(_FIRST_NEGATIVE, 256), _NULL, _FALSE, _TRUE):
        sizes[marker] = 1
    sizes[_FLOAT] = 9
    for power in range(4):
        sizes[_INT8 + power] = 1 + (1 << power)
    for count in range(_TINY):
        sizes[_TINY_STRING + count] = 1 + count
        sizes[_TINY_LIST + count], inside[_TINY_LIST + count] = 1, count
        sizes[_TINY_MAP + count], inside[_TINY_MAP + count] = 1, 2 * count
        sizes[_TINY_STRUCTURE + count], inside[_TINY_STRUCTURE + count] = 2, count
    return sizes, inside


_SIZES, _INSIDE = _sizes()

#: Markers with a length: its width, whether the length counts bytes, and values for each of it.
_LENGTHS: Mapping[int, tuple[int, int, int]] = {
    first + power: (width, by_bytes, values)
    for first, by_bytes, values in (
        (_BYTES8, 1, 0),
        (_STRING8, 1, 0),
        (_LIST8, 0, 1),
        (_MAP8, 0, 2),
    )
    for power, width in enumerate(_WIDTHS)
}


# --- writing --------------------------------------------------------------------------------------


def encode(value: Value) -> bytes:
    """A value as Neo4j's own encoder writes it: the shortest integers, floats of 64 bits.

    Raises:
        ValueError: an integer beyond 64 bits, or a size beyond what a length can tell.
        TypeError: PackStream has no such value, or a map's key is no text.
    """
    out: list[bytes] = []
    _encode(value, out)
    return b"".join(out)


def _encode(value: Value, out: list[bytes]) -> None:
    match value:
        case None:
            out.append(b"\xc0")
        case bool():
            out.append(b"\xc3" if value else b"\xc2")
        case int():
            out.append(_integer(value))
        case float():
            out.append(b"\xc1" + _DOUBLE.pack(value))
        case Raw():
            out.append(value)
        case bytes() | bytearray():
            out += (_header(len(value), None, _BYTES8), bytes(value))
        case str():
            text = value.encode()
            out += (_header(len(text), _TINY_STRING, _STRING8), text)
        case _:
            _encode_container(value, out)


def _encode_container(value: Value, out: list[bytes]) -> None:
    match value:
        case list() | tuple():
            out.append(list_header(len(value)))
            _encode_all(value, out)
        case dict():
            out.append(map_header(len(value)))
            for key, each in value.items():
                if not isinstance(key, str):
                    raise TypeError(f"a map's key must be text, not {type(key).__name__}")
                _encode(key, out)
                _encode(each, out)
        case Structure(tag, fields):
            if len(fields) >= _TINY:
                raise ValueError(f"a structure has at most 15 fields, not {len(fields)}")
            out.append(bytes((_TINY_STRUCTURE + len(fields), tag)))
            _encode_all(fields, out)
        case _:
            raise TypeError(f"PackStream has no value of type {type(value).__name__}")


def _encode_all(values: Iterable[Value], out: list[bytes]) -> None:
    for each in values:
        _encode(each, out)


def _integer(value: int) -> bytes:
    if -_TINY <= value < _TINY_STRING:
        return (value & 0xFF).to_bytes(1, "big")
    for power in range(4):
        width = 1 << power
        limit = 1 << (8 * width - 1)
        if -limit <= value < limit:
            return bytes((_INT8 + power,)) + value.to_bytes(width, "big", signed=True)
    raise ValueError(f"{value} does not fit into 64 bits")


def list_header(count: int) -> bytes:
    """What stands before a list's values."""
    return _header(count, _TINY_LIST, _LIST8)


def map_header(count: int) -> bytes:
    """What stands before a map's keys and values."""
    return _header(count, _TINY_MAP, _MAP8)


def _header(size: int, tiny: int | None, first: int) -> bytes:
    if size < 0:
        raise ValueError(f"there is no size {size}")
    if tiny is not None and size < _TINY:
        return bytes((tiny + size,))
    for power, width in enumerate(_WIDTHS):
        if size < 1 << 8 * width:
            return bytes((first + power,)) + size.to_bytes(width, "big")
    raise ValueError(f"a size of {size} is more than PackStream can tell")


# --- finding the way ------------------------------------------------------------------------------


def skip(data: bytes, at: int) -> int:
    """The offset behind the value at `at`; nothing is decoded.

    Raises:
        ValueError: the bytes end before the value does, or a marker is unknown.
    """
    if at < 0:
        raise ValueError(f"there is no offset {at}")
    sizes, inside = _SIZES, _INSIDE
    pending = 1
    try:
        while pending:
            marker = data[at]
            size = sizes[marker]
            if size:
                at += size
                pending += inside[marker] - 1
            else:
                at, values = _skip_length(data, at, marker)
                pending += values - 1
    except IndexError:
        raise _cut_off(data) from None
    if at > len(data):
        raise _cut_off(data)
    return at


def _skip_length(data: bytes, at: int, marker: int) -> tuple[int, int]:
    """Behind a marker with a length: the next value's offset, and how many values are inside."""
    width, by_bytes, values = _length_of(marker, at)
    begin = at + 1 + width
    if begin > len(data):
        raise _cut_off(data)
    length = int.from_bytes(data[at + 1 : begin], "big")
    return begin + by_bytes * length, values * length


def _length_of(marker: int, at: int) -> tuple[int, int, int]:
    found = _LENGTHS.get(marker)
    if found is None:
        raise ValueError(f"there is no value with the marker {marker:#04x} (offset {at})")
    return found


def _cut_off(data: bytes) -> ValueError:
    return ValueError(f"a value ends behind the end of its {len(data)} bytes")


def _container(data: bytes, at: int, tiny: int, first: int, called: str) -> tuple[int, int]:
    """Offset of the first value inside, and the count."""
    try:
        marker = data[at]
    except IndexError:
        raise _cut_off(data) from None
    if tiny <= marker < tiny + _TINY:
        return at + 1, marker - tiny
    if first <= marker < first + len(_WIDTHS):
        width = _WIDTHS[marker - first]
        begin = at + 1 + width
        if begin > len(data):
            raise _cut_off(data)
        return begin, int.from_bytes(data[at + 1 : begin], "big")
    raise ValueError(f"there is no {called} at offset {at}, but the marker {marker:#04x}")


def list_items(data: bytes, at: int) -> list[bytes]:
    """The undecoded values of the list at `at`.

    Raises:
        ValueError: there is no list, or it is cut off.
    """
    begin, count = _container(data, at, _TINY_LIST, _LIST8, "list")
    items = []
    for _ in range(count):
        end = skip(data, begin)
        items.append(data[begin:end])
        begin = end
    return items


def map_items(data: bytes, at: int) -> list[tuple[bytes, bytes]]:
    """The undecoded keys and values of the map at `at`, in its order.

    Raises:
        ValueError: there is no map, or it is cut off.
    """
    begin, count = _container(data, at, _TINY_MAP, _MAP8, "map")
    items = []
    for _ in range(count):
        middle = skip(data, begin)
        end = skip(data, middle)
        items.append((data[begin:middle], data[middle:end]))
        begin = end
    return items


# --- reading --------------------------------------------------------------------------------------


def decode(data: bytes, at: int = 0) -> tuple[Value, int]:
    """The value at `at`, and the offset behind it. Nothing is changed into anything else.

    Raises:
        ValueError: the bytes end before the value does, text is no UTF-8, a map's key is no text,
            a marker is unknown, or values are nested deeper than any that Neo4j has.
    """
    if at < 0:
        raise ValueError(f"there is no offset {at}")
    try:
        return _decode(data, at)
    except RecursionError:
        raise ValueError("values are nested too deep") from None


def _decode(data: bytes, at: int) -> tuple[Value, int]:
    try:
        marker = data[at]
    except IndexError:
        raise _cut_off(data) from None
    if marker < _TINY_STRING:
        return marker, at + 1
    if marker >= _FIRST_NEGATIVE:
        return marker - 256, at + 1
    size = _SIZES[marker]
    if size and not _TINY_LIST <= marker < _NULL:
        return _scalar(data, at, marker, at + size)
    return _decode_sized(data, at, marker)


def _scalar(data: bytes, at: int, marker: int, end: int) -> tuple[Value, int]:
    """A value whose size is in its marker."""
    if end > len(data):
        raise _cut_off(data)
    if marker < _TINY_LIST:
        return data[at + 1 : end].decode(), end
    if marker == _FLOAT:
        return _DOUBLE.unpack_from(data, at + 1)[0], end
    if marker >= _INT8:
        return int.from_bytes(data[at + 1 : end], "big", signed=True), end
    return {_NULL: None, _FALSE: False, _TRUE: True}[marker], end


def _decode_sized(data: bytes, at: int, marker: int) -> tuple[Value, int]:
    """Lists, maps, structures, and everything with a length behind its marker."""
    if _TINY_STRUCTURE <= marker < _NULL:
        if at + 2 > len(data):
            raise _cut_off(data)
        fields, end = _decode_all(data, at + 2, marker - _TINY_STRUCTURE)
        return Structure(data[at + 1], tuple(fields)), end
    if marker in _LENGTHS and _LENGTHS[marker][1]:
        end, _ = _skip_length(data, at, marker)
        if end > len(data):
            raise _cut_off(data)
        text = bytes(data[at + 1 + _LENGTHS[marker][0] : end])
        return (text if marker < _STRING8 else text.decode()), end
    if _TINY_MAP <= marker < _TINY_STRUCTURE or marker >= _MAP8:
        begin, count = _container(data, at, _TINY_MAP, _MAP8, "value")
        return _decode_map(data, begin, count)
    begin, count = _container(data, at, _TINY_LIST, _LIST8, "value")
    return _decode_all(data, begin, count)


def _decode_map(data: bytes, at: int, count: int) -> tuple[dict[str, Value], int]:
    found: dict[str, Value] = {}
    for _ in range(count):
        key, at = _decode(data, at)
        if not isinstance(key, str):
            raise ValueError(f"a map's key is no text but {type(key).__name__}")  # noqa: TRY004
        if key in found:
            raise ValueError(f"a map has the key {key[:40]!r} twice")
        found[key], at = _decode(data, at)
    return found, at


def _decode_all(data: bytes, at: int, count: int) -> tuple[list[Value], int]:
    found = []
    for _ in range(count):
        value, at = _decode(data, at)
        found.append(value)
    return found, at
