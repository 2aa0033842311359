"""Values of the archive as plain Python values that JSON can hold: Neo4j's typed JSON.

What JSON has itself stands as it is: null, true and false, integers (whole, however many digits),
finite floats, text, lists, maps. The rest is `{"$type": …, "_value": …}` with the names of Neo4j's
Query API: `Float` (NaN and the infinities), `Base64`, `Date`, `Time`, `LocalTime`,
`OffsetDateTime`, `ZonedDateTime`, `LocalDateTime`, `Duration`, `Point`. A structure without a
meaning here is `Structure`, with its tag and its fields, so that nothing is lost.

No zone database is asked: a `ZonedDateTime` is its moment in UTC and the name of its zone.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from pulumi_neo4j_aura.domain.packstream import Structure, Value

TYPE, VALUE = "$type", "_value"

_DAY: Final = 86_400
_SECOND: Final = 1_000_000_000
#: 400 years of the Gregorian calendar have the same number of days, wherever they begin.
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097
_EPOCH: Final = date(1970, 1, 1).toordinal()


def typed(value: Value) -> Any:
    """A decoded value as typed JSON."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else _wrapped("Float", _odd_float(value))
        case bytes():
            return _wrapped("Base64", base64.b64encode(value).decode())
        case list():
            return [typed(each) for each in value]
        case dict():
            inner = {key: typed(each) for key, each in value.items()}
            return _wrapped("Map", inner) if TYPE in inner else inner
        case Structure():
            return _structure(value)
        case _:
            raise TypeError(f"an archive has no value of type {type(value).__name__}")


def properties(value: Mapping[str, Value]) -> dict[str, Any]:
    """A row's properties: a map whose keys are names, even one that is called `$type`."""
    return {key: typed(each) for key, each in value.items()}


def _wrapped(name: str, value: Any) -> dict[str, Any]:
    return {TYPE: name, VALUE: value}


def _odd_float(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


# --- structures -----------------------------------------------------------------------------------


def _structure(value: Structure) -> dict[str, Any]:
    name, form, text = _STRUCTURES.get(value.tag, ("", "", None))
    if text is None or not _fits(value.fields, form):
        fields = [typed(each) for each in value.fields]
        return _wrapped("Structure", {"tag": value.tag, "fields": fields})
    return _wrapped(name, text(*value.fields))


def _fits(fields: tuple[Value, ...], form: str) -> bool:
    return len(fields) == len(form) and all(map(_of_kind, fields, form))


def _of_kind(field: Value, kind: str) -> bool:
    """Whether it is an integer (i), nanoseconds of a second (n) or day (d), float (f), text (s)."""
    if kind in "fs":
        return isinstance(field, float if kind == "f" else str)
    if not isinstance(field, int) or isinstance(field, bool):
        return False
    limit = {"n": _SECOND, "d": _DAY * _SECOND}.get(kind)
    return limit is None or 0 <= field < limit


def _date(days: int) -> str:
    cycles, rest = divmod(days + _EPOCH - 1, _CYCLE_DAYS)
    day = date.fromordinal(rest + 1)
    year = day.year + cycles * _CYCLE_YEARS
    sign = "-" if year < 0 else "+" if year > 9999 else ""  # noqa: PLR2004 - ISO 8601's four digits
    return f"{sign}{abs(year):04d}-{day.month:02d}-{day.day:02d}"


def _local_time(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, _SECOND)
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}{_fraction(rest)}"


def _fraction(nanoseconds: int) -> str:
    return f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""


def _offset(seconds: int) -> str:
    if not seconds:
        return "Z"
    minutes, second = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{second:02d}" if second else text


def _local(seconds: int, nanoseconds: int) -> str:
    days, second = divmod(seconds, _DAY)
    return f"{_date(days)}T{_local_time(second * _SECOND + nanoseconds)}"


def _time(nanoseconds: int, offset: int) -> str:
    return _local_time(nanoseconds) + _offset(offset)


def _offset_date_time(seconds: int, nanoseconds: int, offset: int) -> str:
    return _local(seconds + offset, nanoseconds) + _offset(offset)


def _zoned(seconds: int, nanoseconds: int, zone: str) -> str:
    return f"{_local(seconds, nanoseconds)}Z[{zone}]"


def _duration(months: int, days: int, seconds: int, nanoseconds: int) -> str:
    years, months = _towards_zero(months, 12)
    total = seconds * _SECOND + nanoseconds
    minutes, rest = _towards_zero(total, 60 * _SECOND)
    hours, minutes = _towards_zero(minutes, 60)
    calendar = _units((years, "Y"), (months, "M"), (days, "D"))
    clock = _units((hours, "H"), (minutes, "M")) + _seconds(rest)
    return f"P{calendar}T{clock}" if clock else f"P{calendar or 'T0S'}"


def _towards_zero(number: int, unit: int) -> tuple[int, int]:
    whole, rest = divmod(abs(number), unit)
    return (whole, rest) if number >= 0 else (-whole, -rest)


def _units(*amounts: tuple[int, str]) -> str:
    return "".join(f"{amount}{unit}" for amount, unit in amounts if amount)


def _seconds(nanoseconds: int) -> str:
    second, rest = divmod(abs(nanoseconds), _SECOND)
    sign = "-" if nanoseconds < 0 else ""
    return f"{sign}{second}{_fraction(rest)}S" if nanoseconds else ""


def _point2d(srid: int, x: float, y: float) -> str:
    return f"SRID={srid};POINT ({x!r} {y!r})"


def _point3d(srid: int, x: float, y: float, z: float) -> str:
    return f"SRID={srid};POINT Z ({x!r} {y!r} {z!r})"


#: Tag → name, kinds of its fields, and its text. From Neo4j's Bolt specification (structure
#: semantics, versions from 5.0 on: date-times count from 1970 in UTC).
_STRUCTURES: Final[Mapping[int, tuple[str, str, Callable[..., str]]]] = {
    0x44: ("Date", "i", _date),
    0x54: ("Time", "di", _time),
    0x74: ("LocalTime", "d", _local_time),
    0x49: ("OffsetDateTime", "ini", _offset_date_time),
    0x69: ("ZonedDateTime", "ins", _zoned),
    0x64: ("LocalDateTime", "in", _local),
    0x45: ("Duration", "iiin", _duration),
    0x58: ("Point", "iff", _point2d),
    0x59: ("Point", "ifff", _point3d),
}
