#!/usr/bin/env python3
"""Read a vault of aura-backup with nothing but Python (3.8 or newer).

    python3 read_archive.py list FOLDER                     the exports below a folder
    python3 read_archive.py verify EXPORT [--deep]          compare every object with the manifest
    python3 read_archive.py rows EXPORT [--kind nodes]      its rows as JSON lines
    python3 read_archive.py rows OBJECT                     the rows of one object as JSON lines

EXPORT is the folder of one export, or its manifest.json. Encrypted objects need the program `age`
and `--identity FILE` (or the variable AURA_BACKUP_AGE_IDENTITY_FILE). Where this machine has no
zstd, the decoder below is used: slow, and the same bytes. archive-format.md beside this file says
what is read here. Exit codes: 0 all is well, 1 damaged or impossible, 2 wrong use.

This file stands alone on purpose, so that exports can be read when the tool cannot be had: it
imports nothing of it and is copied into every vault.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import math
import os
import shutil
import struct
import subprocess
import sys
from contextlib import ExitStack
from datetime import date
from typing import IO, Any, Callable, Iterator, NamedTuple

MANIFEST = "manifest.json"
FORMAT = "aura-backup/export/1"
MAGIC = b"AURA-BACKUP-PACK/1\n"
IDENTITY = "AURA_BACKUP_AGE_IDENTITY_FILE"
FIELDS = {
    "nodes": ["id", "labels", "properties"],
    "relationships": ["id", "start", "end", "type", "properties"],
    "schema": ["statement"],
}
CHUNK = 1 << 20
LONGEST = 1 << 30

#: What reading bytes that make no sense ends in.
_BROKEN = (IndexError, KeyError, TypeError, ValueError, OverflowError, RecursionError)


class Problem(Exception):
    """Something is damaged or cannot be done; the text says what."""


# --- zstd (RFC 8878) ------------------------------------------------------------------------------

_BLOCK = 128 << 10
_WIDEST = 1 << 31
#: Zero bytes in front of a stream that is read backwards: it may ask for bits before its begin.
_FRONT = 8


def _bases(bits: list[int], first: int) -> list[int]:
    return [first + sum(1 << each for each in bits[:code]) for code in range(len(bits))]


#: Codes of literal lengths, match lengths: extra bits, base values, predefined shares.
_LITERAL_BITS = [0] * 16 + [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
_MATCH_BITS = [0] * 32 + [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
_LITERAL_BASES = _bases(_LITERAL_BITS, 0)
_MATCH_BASES = _bases(_MATCH_BITS, 3)
_LITERAL_SHARES = [4, 3, *[2] * 11, 1, 1, 1, *[2] * 9, 3, 2, *[1] * 5, *[-1] * 4]
_OFFSET_SHARES = [*[1] * 6, 2, 2, 2, *[1] * 15, *[-1] * 5]
_MATCH_SHARES = [1, 4, 3, *[2] * 6, *[1] * 37, *[-1] * 7]


class _Forward:
    """Bits from the lowest of the first byte on."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def peek(self, count: int) -> int:
        first = self.at >> 3
        piece = int.from_bytes(self._data[first : first + 4], "little")
        return (piece >> (self.at & 7)) & ((1 << count) - 1)

    def read(self, count: int) -> int:
        found = self.peek(count)
        self.at += count
        if self.at > 8 * len(self._data):
            raise Problem("a zstd table is cut off")
        return found


class _Backward:
    """Bits from the last one on, which lies below the highest bit that is set in the last byte."""

    def __init__(self, data: bytes) -> None:
        if not data or not data[-1]:
            raise Problem("a zstd bit stream has no end")
        self.data = bytes(_FRONT) + data
        self.left = 8 * (len(data) - 1) + data[-1].bit_length() - 1

    def read(self, count: int) -> int:
        self.left -= count
        at = self.left + 8 * _FRONT
        if at < 0:
            raise Problem("a zstd bit stream is too short")
        first = at >> 3
        piece = int.from_bytes(self.data[first : first + 8], "little")
        return (piece >> (at & 7)) & ((1 << count) - 1)


class _Fse(NamedTuple):
    """A table of finite state entropy: each state's symbol, bits to read, and base of the next."""

    log: int
    symbols: list[int]
    bits: list[int]
    bases: list[int]

    def follow(self, state: int, stream: _Backward) -> int:
        return self.bases[state] + stream.read(self.bits[state])


def _fse(shares: list[int], log: int) -> _Fse:
    size = 1 << log
    symbols, high = [0] * size, size - 1
    for symbol, share in enumerate(shares):
        if share == -1:
            symbols[high] = symbol
            high -= 1
    step, at = (size >> 1) + (size >> 3) + 3, 0
    for symbol, share in enumerate(shares):
        for _ in range(max(share, 0)):
            symbols[at] = symbol
            at = (at + step) % size
            while at > high:
                at = (at + step) % size
    following = [abs(share) for share in shares]
    bits, bases = [], []
    for symbol in symbols:
        number = following[symbol]
        following[symbol] += 1
        bits.append(log + 1 - number.bit_length())
        bases.append((number << bits[-1]) - size)
    return _Fse(log, symbols, bits, bases)


def _read_fse(data: bytes, highest_log: int, highest_symbol: int) -> tuple[_Fse, int]:
    """A described table, and the bytes that its description takes."""
    stream = _Forward(data)
    log = stream.read(4) + 5
    if log > highest_log:
        raise Problem("a zstd table is larger than allowed")
    left, shares = 1 << log, []
    while left > 0:
        share = _read_share(stream, left)
        shares.append(share)
        left -= abs(share)
        while share == 0:
            zeros = stream.read(2)
            shares += [0] * zeros
            if zeros < 3:
                break
    if left or len(shares) > highest_symbol + 1:
        raise Problem("a zstd table does not add up")
    return _fse(shares, log), (stream.at + 7) >> 3


def _read_share(stream: _Forward, left: int) -> int:
    width = (left + 1).bit_length()
    value = stream.peek(width)
    half, spare = (1 << (width - 1)) - 1, (1 << width) - 2 - left
    if value & half < spare:
        return stream.read(width - 1) - 1
    stream.read(width)
    return (value - spare if value > half else value) - 1


class _Huffman(NamedTuple):
    """For each of the next `log` bits: the symbol, and how many of the bits are its code."""

    log: int
    symbols: list[int]
    bits: list[int]

    def decode(self, data: bytes, count: int) -> bytes:
        stream = _Backward(data)
        padded, at, log = stream.data, stream.left + 8 * _FRONT - self.log, self.log
        mask, symbols, bits = (1 << log) - 1, self.symbols, self.bits
        out = bytearray()
        read = int.from_bytes
        for _ in range(count):
            first = at >> 3
            entry = (read(padded[first : first + 3], "little") >> (at & 7)) & mask
            out.append(symbols[entry])
            at -= bits[entry]
            if at < 0:
                raise Problem("a zstd literal stream is too short")
        if at + log != 8 * _FRONT:
            raise Problem("a zstd literal stream has something left")
        return bytes(out)


def _read_huffman(data: bytes) -> tuple[_Huffman, int]:
    if not data:
        raise Problem("a zstd block is cut off")
    head = data[0]
    if head >= 128:
        count = head - 127
        used = 1 + (count + 1) // 2
        weights = [half for each in data[1:used] for half in (each >> 4, each & 15)][:count]
    else:
        used = 1 + head
        weights = _fse_weights(data[1:used])
    if used > len(data) or len(weights) > 255:
        raise Problem("a zstd Huffman table is cut off")
    return _huffman(weights), used


def _fse_weights(data: bytes) -> list[int]:
    """Two states take turns until the bits are used up."""
    table, used = _read_fse(data, 6, 15)
    stream = _Backward(data[used:])
    states = [stream.read(table.log), stream.read(table.log)]
    weights: list[int] = []
    while len(weights) < 255:
        turn = len(weights) % 2
        weights.append(table.symbols[states[turn]])
        states[turn] = table.follow(states[turn], stream)
        if stream.left < 0:
            weights.append(table.symbols[states[1 - turn]])
            return weights
    raise Problem("a zstd Huffman table has too many weights")


def _huffman(weights: list[int]) -> _Huffman:
    total = sum(1 << (weight - 1) for weight in weights if weight)
    log = total.bit_length()
    rest = (1 << log) - total
    if not total or log > 11 or rest & (rest - 1):
        raise Problem("a zstd Huffman table does not add up")
    weights = [*weights, rest.bit_length()]
    symbols: list[int] = []
    bits: list[int] = []
    for weight in range(1, log + 1):
        for symbol, own in enumerate(weights):
            if own == weight:
                symbols += [symbol] * (1 << (weight - 1))
                bits += [log + 1 - weight] * (1 << (weight - 1))
    return _Huffman(log, symbols, bits)


class _Kind(NamedTuple):
    """One of the three codes of a sequence: how its table may be, and the predefined one."""

    highest_log: int
    highest_symbol: int
    predefined: _Fse


_KINDS = (
    _Kind(9, 35, _fse(_LITERAL_SHARES, 6)),
    _Kind(8, 31, _fse(_OFFSET_SHARES, 5)),
    _Kind(9, 52, _fse(_MATCH_SHARES, 6)),
)


class _Frame:
    """One frame: what its blocks hand on to each other."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._out = bytearray()
        self._huffman: _Huffman | None = None
        self._tables: list[_Fse | None] = [None, None, None]
        self._recent = [1, 4, 8]

    def stored(self, data: bytes) -> bytes:
        """A block that is as it was."""
        self._out += data
        return self._cut(len(data))

    def compressed(self, data: bytes) -> bytes:
        """A block's bytes, decompressed."""
        before = len(self._out)
        literals, used = self._literals(data)
        self._sequences(data[used:], literals)
        length = len(self._out) - before
        if length > _BLOCK:
            raise Problem("a zstd block is larger than allowed")
        return self._cut(length)

    def _cut(self, length: int) -> bytes:
        """The newest bytes; what lies further back than the window is forgotten now and then."""
        out = self._out
        newest = bytes(out[len(out) - length :])
        if len(out) > 2 * self._window + 4 * _BLOCK:
            del out[: len(out) - self._window]
        return newest

    def _literals(self, data: bytes) -> tuple[bytes, int]:
        if not data:
            raise Problem("a zstd block is empty")
        kind, form = data[0] & 3, (data[0] >> 2) & 3
        if kind >= 2:
            return self._packed_literals(data, kind, form)
        head = {1: 2, 3: 3}.get(form, 1)
        size = int.from_bytes(data[:head], "little") >> (3 if head == 1 else 4)
        end = head + (1 if kind == 1 else size)
        if end > len(data) or size > _BLOCK:
            raise Problem("a zstd block is cut off")
        return data[head:end] * (size if kind == 1 else 1), end

    def _packed_literals(self, data: bytes, kind: int, form: int) -> tuple[bytes, int]:
        head, width = ((3, 10), (3, 10), (4, 14), (5, 18))[form]
        told = int.from_bytes(data[:head], "little") >> 4
        size, packed = told & ((1 << width) - 1), told >> width
        end = head + packed
        body = data[head:end]
        if len(body) != packed or size > _BLOCK:
            raise Problem("a zstd block is cut off")
        if kind == 2:
            self._huffman, used = _read_huffman(body)
            body = body[used:]
        if self._huffman is None:
            raise Problem("a zstd block refers to a table that there is not")
        if form == 0:
            return self._huffman.decode(body, size), end
        return _four_streams(self._huffman, body, size), end

    def _sequences(self, data: bytes, literals: bytes) -> None:
        count, used = _sequence_count(data)
        if count:
            tables, stream = self._sequence_tables(data, used)
            self._execute(count, tables, stream, literals)
            return
        if used != len(data):
            raise Problem("a zstd block has something behind its end")
        self._out += literals

    def _sequence_tables(self, data: bytes, at: int) -> tuple[list[_Fse], _Backward]:
        modes = data[at : at + 1]
        if not modes or modes[0] & 3:
            raise Problem("a zstd block is cut off")
        at += 1
        tables = []
        for number, kind in enumerate(_KINDS):
            mode = (modes[0] >> (6 - 2 * number)) & 3
            table, used = self._table(mode, number, kind, data[at:])
            self._tables[number] = table
            tables.append(table)
            at += used
        return tables, _Backward(data[at:])

    def _table(self, mode: int, number: int, kind: _Kind, data: bytes) -> tuple[_Fse, int]:
        if mode == 0:
            return kind.predefined, 0
        if mode == 1:
            if not data or data[0] > kind.highest_symbol:
                raise Problem("a zstd code is out of its range")
            return _Fse(0, [data[0]], [0], [0]), 1
        if mode == 2:
            return _read_fse(data, kind.highest_log, kind.highest_symbol)
        known = self._tables[number]
        if known is None:
            raise Problem("a zstd block refers to a table that there is not")
        return known, 0

    def _execute(self, count: int, tables: list[_Fse], stream: _Backward, literals: bytes) -> None:
        lengths, offsets, matches = tables
        read, out, taken = stream.read, self._out, 0
        length, offset, match = (read(each.log) for each in tables)
        for number in range(count):
            code = offsets.symbols[offset]
            value = (1 << code) + read(code)
            code = matches.symbols[match]
            size = _MATCH_BASES[code] + read(_MATCH_BITS[code])
            code = lengths.symbols[length]
            before = _LITERAL_BASES[code] + read(_LITERAL_BITS[code])
            if number + 1 < count:
                length = lengths.follow(length, stream)
                match = matches.follow(match, stream)
                offset = offsets.follow(offset, stream)
            out += literals[taken : taken + before]
            taken += before
            _repeat(out, self._distance(value, before), size)
        if stream.left or taken > len(literals):
            raise Problem("a zstd block does not add up")
        out += literals[taken:]

    def _distance(self, value: int, before: int) -> int:
        """How far back a match begins: told, or one of the three last ones."""
        recent = self._recent
        if value > 3:
            self._recent = [value - 3, recent[0], recent[1]]
            return value - 3
        place = value - 1 + (not before)
        found = recent[0] - 1 if place == 3 else recent[place]
        if place:
            self._recent = [found, recent[0], recent[2] if place == 1 else recent[1]]
        return found


def _repeat(out: bytearray, distance: int, size: int) -> None:
    begin = len(out) - distance
    if begin < 0 or distance <= 0:
        raise Problem("a zstd block refers to what is before its begin")
    if distance >= size:
        out += out[begin : begin + size]
        return
    pattern = bytes(out[begin:])
    out += (pattern * (size // distance + 1))[:size]


def _four_streams(table: _Huffman, body: bytes, size: int) -> bytes:
    if len(body) < 6:
        raise Problem("a zstd block is cut off")
    ends = [6]
    for place in (0, 2, 4):
        ends.append(ends[-1] + int.from_bytes(body[place : place + 2], "little"))
    ends.append(len(body))
    each = (size + 3) // 4
    sizes = [each, each, each, size - 3 * each]
    if sizes[3] < 0:
        raise Problem("a zstd block does not add up")
    return b"".join(
        table.decode(body[ends[number] : ends[number + 1]], sizes[number]) for number in range(4)
    )


def _sequence_count(data: bytes) -> tuple[int, int]:
    """How many sequences, and the bytes that say so."""
    head = data[:3] + bytes(3)
    if not data:
        raise Problem("a zstd block is cut off")
    if head[0] < 128:
        return head[0], 1
    if head[0] < 255:
        return ((head[0] - 128) << 8) + head[1], 2
    return head[1] + (head[2] << 8) + 0x7F00, 3


def _exactly(file: IO[bytes], count: int) -> bytes:
    found = file.read(count)
    if len(found) != count:
        raise Problem("it is cut off")
    return found


def _frame_header(file: IO[bytes]) -> tuple[_Frame, bool]:
    """What the header announces, and whether a checksum follows the blocks."""
    if _exactly(file, 4) != b"\x28\xb5\x2f\xfd":
        raise Problem("it is no zstd file")
    flags = _exactly(file, 1)[0]
    single = flags & 32
    if flags & 8:
        raise Problem("it is a zstd file of a later version")
    window = 0
    if not single:
        told = _exactly(file, 1)[0]
        window = (1 << (10 + (told >> 3))) * (8 + (told & 7)) // 8
    if any(_exactly(file, (0, 1, 2, 4)[flags & 3])):
        raise Problem("it needs a zstd dictionary")
    size = _exactly(file, (1 if single else 0, 2, 4, 8)[flags >> 6])
    if single:
        window = int.from_bytes(size, "little") + (256 if flags >> 6 == 1 else 0)
    if window > _WIDEST:
        raise Problem("its zstd window is larger than any that we write")
    return _Frame(window), bool(flags & 4)


def unzstd(file: IO[bytes]) -> Iterator[bytes]:
    """What one zstd frame holds. Its checksum is passed over: the manifest has better ones."""
    frame, checksum = _frame_header(file)
    last = 0
    while not last:
        head = int.from_bytes(_exactly(file, 3), "little")
        last, kind, size = head & 1, (head >> 1) & 3, head >> 3
        if size > _BLOCK or kind == 3:
            raise Problem("a zstd block is larger than allowed")
        data = _exactly(file, 1 if kind == 1 else size)
        yield (frame.compressed(data) if kind == 2 else frame.stored(data * size if kind else data))
    _exactly(file, 4 if checksum else 0)
    if file.read(1):
        raise Problem("there is something behind its end")


# --- PackStream -----------------------------------------------------------------------------------


class Structure(NamedTuple):
    """A tagged list of fields."""

    tag: int
    fields: list[Any]


def decode(data: bytes, at: int = 0) -> tuple[Any, int]:
    """The PackStream value at an offset, and the offset behind it."""
    marker = data[at]
    at += 1
    if marker < 0x80 or marker >= 0xF0:
        return (marker if marker < 0x80 else marker - 256), at
    if marker >= 0xC0:
        return _marked(data, at, marker)
    if marker < 0xB0:
        return _SIZED[marker & 0xF0](data, at, marker & 15)
    fields, end = _several(data, at + 1, marker & 15)
    return Structure(data[at], fields), end


def _marked(data: bytes, at: int, marker: int) -> tuple[Any, int]:
    """Constants, floats, integers of a width, and what has its length behind the marker."""
    if marker in _FIXED:
        return _FIXED[marker], at
    if marker == 0xC1:
        return struct.unpack(">d", _within(data, at, at + 8))[0], at + 8
    width = 1 << (marker & 3)
    found = int.from_bytes(_within(data, at, at + width), "big", signed=marker < 0xCC)
    if 0xC8 <= marker < 0xCC:
        return found, at + width
    if marker & 0xFC not in _LONG or width == 8:
        raise Problem("a value has the unknown marker 0x%02x" % marker)
    return _LONG[marker & 0xFC](data, at + width, found)


def _within(data: bytes, at: int, end: int) -> bytes:
    if end > len(data):
        raise Problem("a value is cut off")
    return data[at:end]


def _bytes(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    return _within(data, at, at + size), at + size


def _text(data: bytes, at: int, size: int) -> tuple[str, int]:
    return _within(data, at, at + size).decode("utf-8"), at + size


def _several(data: bytes, at: int, count: int) -> tuple[list[Any], int]:
    found = []
    for _ in range(count):
        value, at = decode(data, at)
        found.append(value)
    return found, at


def _map(data: bytes, at: int, count: int) -> tuple[dict[str, Any], int]:
    found, end = _several(data, at, 2 * count)
    if not all(isinstance(key, str) for key in found[::2]):
        raise Problem("a map has a key that is no text")
    return dict(zip(found[::2], found[1::2])), end


_FIXED = {0xC0: None, 0xC2: False, 0xC3: True}
_SIZED: dict[int, Callable[[bytes, int, int], tuple[Any, int]]] = {
    0x80: _text,
    0x90: _several,
    0xA0: _map,
}
_LONG: dict[int, Callable[[bytes, int, int], tuple[Any, int]]] = {
    0xCC: _bytes,
    0xD0: _text,
    0xD4: _several,
    0xD8: _map,
}


# --- typed JSON -----------------------------------------------------------------------------------

_SECOND = 1000000000
_EPOCH = date(1970, 1, 1).toordinal()


def typed(value: Any) -> Any:
    """A value as JSON can hold it; see archive-format.md, "Typed JSON"."""
    if isinstance(value, Structure):
        return _typed_structure(value)
    if isinstance(value, float) and not math.isfinite(value):
        text = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return _wrapped("Float", text)
    if isinstance(value, bytes):
        return _wrapped("Base64", base64.b64encode(value).decode())
    if isinstance(value, list):
        return [typed(each) for each in value]
    if isinstance(value, dict):
        inner = {key: typed(each) for key, each in value.items()}
        return _wrapped("Map", inner) if "$type" in inner else inner
    return value


def _wrapped(name: str, value: Any) -> dict[str, Any]:
    return {"$type": name, "_value": value}


def _typed_structure(value: Structure) -> dict[str, Any]:
    form = _STRUCTURES.get(value.tag)
    if form is not None and len(form[1]) == len(value.fields):
        name, kinds, text = form
        if all(map(_of_kind, value.fields, kinds)):
            return _wrapped(name, text(*value.fields))
    fields = [typed(each) for each in value.fields]
    return _wrapped("Structure", {"tag": value.tag, "fields": fields})


def _of_kind(field: Any, kind: str) -> bool:
    """An integer (i), nanoseconds of a second (n) or of a day (d), a float (f), a text (s)."""
    if kind in "fs":
        return isinstance(field, float if kind == "f" else str)
    if not isinstance(field, int) or isinstance(field, bool):
        return False
    limit = {"n": _SECOND, "d": 86400 * _SECOND}.get(kind)
    return limit is None or 0 <= field < limit


def _date(days: int) -> str:
    cycles, rest = divmod(days + _EPOCH - 1, 146097)
    day = date.fromordinal(rest + 1)
    year = day.year + 400 * cycles
    sign = "-" if year < 0 else "+" if year > 9999 else ""
    return "%s%04d-%02d-%02d" % (sign, abs(year), day.month, day.day)


def _clock(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, _SECOND)
    minutes, second = divmod(seconds, 60)
    return "%02d:%02d:%02d%s" % (minutes // 60, minutes % 60, second, _fraction(rest))


def _fraction(nanoseconds: int) -> str:
    return (".%09d" % nanoseconds).rstrip("0") if nanoseconds else ""


def _offset(seconds: int) -> str:
    if not seconds:
        return "Z"
    minutes, second = divmod(abs(seconds), 60)
    text = "%s%02d:%02d" % ("-" if seconds < 0 else "+", minutes // 60, minutes % 60)
    return "%s:%02d" % (text, second) if second else text


def _local(seconds: int, nanoseconds: int) -> str:
    days, second = divmod(seconds, 86400)
    return _date(days) + "T" + _clock(second * _SECOND + nanoseconds)


def _duration(months: int, days: int, seconds: int, nanoseconds: int) -> str:
    total = seconds * _SECOND + nanoseconds
    sign = -1 if total < 0 else 1
    minutes, rest = divmod(abs(total), 60 * _SECOND)
    years = abs(months) // 12 * (-1 if months < 0 else 1)
    calendar = _units((years, "Y"), (months - 12 * years, "M"), (days, "D"))
    clock = _units((sign * (minutes // 60), "H"), (sign * (minutes % 60), "M"))
    if rest:
        second, rest = divmod(rest, _SECOND)
        clock += "%s%d%sS" % ("-" if sign < 0 else "", second, _fraction(rest))
    return "P" + calendar + ("T" + clock if clock else "" if calendar else "T0S")


def _units(*amounts: tuple[int, str]) -> str:
    return "".join("%d%s" % amount for amount in amounts if amount[0])


_STRUCTURES: dict[int, tuple[str, str, Callable[..., str]]] = {
    0x44: ("Date", "i", _date),
    0x54: ("Time", "di", lambda nanos, offset: _clock(nanos) + _offset(offset)),
    0x74: ("LocalTime", "d", _clock),
    0x49: ("OffsetDateTime", "ini", lambda s, n, offset: _local(s + offset, n) + _offset(offset)),
    0x69: ("ZonedDateTime", "ins", lambda s, n, zone: _local(s, n) + "Z[" + zone + "]"),
    0x64: ("LocalDateTime", "in", _local),
    0x45: ("Duration", "iiin", _duration),
    0x58: ("Point", "iff", lambda srid, x, y: "SRID=%d;POINT (%r %r)" % (srid, x, y)),
    0x59: ("Point", "ifff", lambda srid, *at: "SRID=%d;POINT Z (%r %r %r)" % (srid, *at)),
}


# --- objects --------------------------------------------------------------------------------------


class _Stream:
    """Bytes in pieces, taken in lengths."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = b""
        self._at = 0

    def take(self, length: int) -> bytes:
        while len(self._buffer) - self._at < length:
            piece = next(self._chunks, None)
            if piece is None:
                raise Problem("it is cut off")
            self._buffer, self._at = self._buffer[self._at :] + piece, 0
        self._at += length
        return self._buffer[self._at - length : self._at]

    def frame(self) -> bytes:
        length = int.from_bytes(self.take(4), "big")
        if length > LONGEST:
            raise Problem("it has a record of %d bytes" % length)
        return self.take(length)

    def ended(self) -> bool:
        return self._at == len(self._buffer) and not any(self._chunks)


def frames(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The header, then every record of a part."""
    stream, count = _Stream(chunks), 0
    if stream.take(len(MAGIC)) != MAGIC:
        raise Problem("it does not begin as a part does")
    yield stream.frame()
    while True:
        record = stream.frame()
        if not record:
            break
        count += 1
        yield record
    told = int.from_bytes(stream.take(8), "big")
    if told != count:
        raise Problem("it says that it has %d records and has %d" % (told, count))
    if not stream.ended():
        raise Problem("there is something behind its end")


def rows(path: str, part: dict[str, Any], export: str, identity: str) -> Iterator[dict[str, Any]]:
    """The rows of an object; the last one is told only when all digests were right."""
    try:
        yield from _checked_rows(path, part, export, identity)
    except _BROKEN as error:
        raise Problem("it cannot be read (%s: %s)" % (type(error).__name__, error)) from error


def _checked_rows(
    path: str, part: dict[str, Any], export: str, identity: str
) -> Iterator[dict[str, Any]]:
    digest, size = hashlib.sha256(), 0

    def hashed(chunks: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            yield chunk

    count, held = 0, None
    with ExitStack() as stack:
        found = frames(hashed(_plain(path, identity, stack)))
        header = json.loads(next(found))
        _require_header(header, part, export)
        names = FIELDS.get(header["kind"], header["fields"])
        for record in found:
            if held is not None:
                yield held
            held = _row(record, names)
            count += 1
    if part and (count, size, digest.hexdigest()) != (
        part["rows"],
        part["plain_bytes"],
        part["plain_sha256"],
    ):
        raise Problem("what is in it is not what the manifest says")
    if held is not None:
        yield held


def _require_header(header: dict[str, Any], part: dict[str, Any], export: str) -> None:
    told = (header["format"], header["kind"], header["number"], header["export_id"])
    if header["format"] != 1:
        raise Problem("its format is later than this script")
    if part and told != (1, part["kind"], part["number"], export):
        raise Problem("it is another part, or another export's")


def _row(record: bytes, names: list[str]) -> dict[str, Any]:
    values, end = decode(record)
    if not isinstance(values, list) or len(values) != len(names) or end != len(record):
        raise Problem("it has a record that is none")
    return {
        name: {key: typed(each) for key, each in value.items()}
        if name == "properties"
        else typed(value)
        for name, value in zip(names, values)
    }


def _plain(path: str, identity: str, stack: ExitStack) -> Iterator[bytes]:
    """An object's bytes, decrypted and decompressed."""
    file = stack.enter_context(open(path, "rb"))
    source: IO[bytes] = file
    programs = []
    if path.endswith(".age"):
        programs.append(("age", _started(_age(path, identity), file, stack)))
        source = _output(programs[0][1])
    if path.endswith((".zst", ".zst.age")):
        own = _library()
        program = shutil.which("zstd")
        if own is not None:
            yield from _by_library(own, source)
        elif program:
            programs.append(("zstd", _started([program, "-dc"], source, stack)))
            yield from _pieces(_output(programs[-1][1]))
        else:
            yield from unzstd(source)
    else:
        yield from _pieces(source)
    for name, process in programs:
        if process.wait():
            raise Problem("%s could not read it (it says why above)" % name)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while True:
        piece = file.read(CHUNK)
        if not piece:
            return
        yield piece


def _library() -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore] # 3.14 on
    except ImportError:
        return None
    return zstd


def _by_library(zstd: Any, file: IO[bytes]) -> Iterator[bytes]:
    decompressor = zstd.ZstdDecompressor()
    try:
        for piece in _pieces(file):
            if decompressor.eof:
                raise Problem("there is something behind its end")
            yield decompressor.decompress(piece, CHUNK)
            while not decompressor.needs_input and not decompressor.eof:
                yield decompressor.decompress(b"", CHUNK)
    except zstd.ZstdError as error:
        raise Problem(str(error)) from error
    if not decompressor.eof or decompressor.unused_data:
        raise Problem("it is cut off, or has something behind its end")


def _age(path: str, identity: str) -> list[str]:
    program = shutil.which("age")
    if program and identity:
        return [program, "-d", "-i", identity]
    missing = "the program `age` (apt-get install age)" if not program else "--identity FILE"
    plain = path[: -len(".age")]
    raise Problem(
        "it is encrypted, and this needs %s. By hand: age -d -i IDENTITY_FILE -o %s %s"
        % (missing, plain, path)
    )


def _started(command: list[str], source: IO[bytes], stack: ExitStack) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE)
    stack.callback(process.wait)
    stack.callback(process.kill)
    stack.callback(_output(process).close)
    return process


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdout is None:
        raise Problem("a program was started without a pipe")
    return process.stdout


# --- exports --------------------------------------------------------------------------------------


class Export(NamedTuple):
    """A manifest, and the folder that it lies in."""

    folder: str
    manifest: dict[str, Any]

    def parts(self, kind: str = "") -> list[dict[str, Any]]:
        """Its parts in order: nodes before relationships."""
        found = [part for part in self.manifest["parts"] if kind in ("", part["kind"])]
        return sorted(found, key=lambda part: (part["kind"], part["number"]))

    def path(self, part: dict[str, Any]) -> str:
        """Where a part lies: beside the manifest, wherever the folder was copied to."""
        name = part["key"].rpartition("/")[2]
        if name in ("", ".", "..") or "\\" in name:
            raise Problem("the manifest names no object by %r" % part["key"])
        return os.path.join(self.folder, name)


def read_export(path: str) -> Export:
    """The export at a folder or manifest."""
    if os.path.isdir(path):
        path = os.path.join(path, MANIFEST)
    try:
        with open(path, encoding="utf-8") as file:
            manifest = json.load(file)
        found = manifest["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem("%s is no manifest (%s)" % (path, error)) from error
    if found != FORMAT:
        raise Problem("%s has the format %s; this script reads %s" % (path, found, FORMAT))
    return Export(os.path.dirname(path), manifest)


def check_stored(path: str, part: dict[str, Any]) -> None:
    """Compare an object as it lies there with the manifest."""
    digest, size = hashlib.sha256(), 0
    try:
        with open(path, "rb") as file:
            for piece in _pieces(file):
                digest.update(piece)
                size += len(piece)
    except FileNotFoundError:
        raise Problem("it is missing") from None
    if size != part["stored_bytes"]:
        raise Problem("it has %d bytes instead of %d" % (size, part["stored_bytes"]))
    if digest.hexdigest() != part["stored_sha256"]:
        raise Problem("its SHA-256 is another one")


def _list(arguments: argparse.Namespace) -> int:
    for folder, _, names in sorted(os.walk(arguments.folder)):
        if MANIFEST in names:
            try:
                print(_summary(read_export(folder)))
            except (Problem, KeyError, TypeError) as error:
                print("%s\tDAMAGED: %s" % (folder, error))
    return 0


def _summary(export: Export) -> str:
    told = export.manifest
    when = told["snapshot"]["timestamp"] if told["snapshot"] else told["began_at"]
    rows_of = {
        kind: sum(part["rows"] for part in export.parts(kind))
        for kind in ("nodes", "relationships")
    }
    return "\t".join(
        (
            export.folder,
            "%s (%s)" % (told["instance"]["name"], told["instance"]["id"]),
            when,
            "%d nodes" % rows_of["nodes"],
            "%d relationships" % rows_of["relationships"],
            "%d bytes" % sum(part["stored_bytes"] for part in export.parts()),
            "encrypted" if told["recipients"] else "not encrypted",
        )
    )


def _verify(arguments: argparse.Namespace) -> int:
    export, damaged = read_export(arguments.export), 0
    for part in export.parts():
        path = export.path(part)
        try:
            check_stored(path, part)
            if arguments.deep and part["kind"] in FIELDS:
                for _ in rows(path, part, export.manifest["export_id"], arguments.identity):
                    pass
            print("ok\t" + path)
        except Problem as problem:
            damaged += 1
            print("DAMAGED\t%s\t%s" % (path, problem))
    return 1 if damaged else 0


def _rows(arguments: argparse.Namespace) -> int:
    for path, part, export_id in _wanted(arguments.path, arguments.kind):
        try:
            if part and os.path.basename(path) == part["key"].rpartition("/")[2]:
                check_stored(path, part)
            for row in rows(path, part, export_id, arguments.identity):
                print(json.dumps(row, ensure_ascii=False, allow_nan=False))
        except Problem as problem:
            raise Problem("%s: %s" % (path, problem)) from problem
    return 0


def _wanted(path: str, kind: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Objects, each with what the manifest says of it, if there is one."""
    if os.path.isdir(path) or os.path.basename(path) == MANIFEST:
        export = read_export(path)
        for part in export.parts(kind):
            if part["kind"] in FIELDS:
                yield export.path(part), part, export.manifest["export_id"]
        return
    beside = os.path.join(os.path.dirname(path), MANIFEST)
    name = os.path.basename(path)
    if os.path.exists(beside):
        export = read_export(beside)
        for part in export.parts():
            if part["key"].rpartition("/")[2] in (name, name + ".age", name + ".zst"):
                yield path, part, export.manifest["export_id"]
                return
    print("%s: no manifest names it, so nothing is compared" % path, file=sys.stderr)
    yield path, {}, ""


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="the exports below a folder")
    listing.add_argument("folder")
    listing.set_defaults(run=_list)
    verify = commands.add_parser("verify", help="compare an export's objects with its manifest")
    verify.add_argument("export")
    verify.add_argument("--deep", action="store_true", help="read every row as well")
    verify.set_defaults(run=_verify)
    show = commands.add_parser("rows", help="print rows as JSON lines")
    show.add_argument("path")
    show.add_argument("--kind", choices=sorted(FIELDS), default="")
    show.set_defaults(run=_rows)
    for command in (verify, show):
        command.add_argument("--identity", default=os.environ.get(IDENTITY, ""), metavar="FILE")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = _arguments(words)
    try:
        return int(arguments.run(arguments))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Problem, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.exit(main())
