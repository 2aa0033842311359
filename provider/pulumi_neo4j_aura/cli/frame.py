"""What all commands share: how they end, what they print, and the services that they use.

Results go to standard output, everything else to standard error, so that `--json` can be piped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_neo4j_aura.errors import AuraError, Refused

if TYPE_CHECKING:
    from rich.console import Console

    from pulumi_neo4j_aura.domain.clock import Clock
    from pulumi_neo4j_aura.execution.services import Services

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
TargetOption = Annotated[
    str, typer.Option("--target", help="The vault: a folder, s3://…, az://… or gs://…")
]


class Ending(IntEnum):
    """Exit codes (docs/reference/cli.md)."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    UNKNOWN = 3
    REFUSED = 4


@contextmanager
def ending(*, as_json: bool) -> Iterator[None]:
    """End with one paragraph, or one JSON object, and the right exit code."""
    try:
        yield
    except AuraError as error:
        code = Ending.REFUSED if isinstance(error, Refused) else Ending.FAILED
        if as_json:
            show({"error": _fields(error), "exit_code": int(code)})
        else:
            say(f"{'refused' if code is Ending.REFUSED else 'failed'}: {error}")
        raise typer.Exit(code) from error
    except KeyboardInterrupt:
        say("interrupted; run the same command again to go on where it stopped")
        raise typer.Exit(130) from None


def _fields(error: AuraError) -> dict[str, Any]:
    names = ("message", "way_out", "status", "reason", "request_id")
    told = {name: getattr(error, name) for name in names}
    return {"kind": type(error).__name__, **{key: value for key, value in told.items() if value}}


def say(line: str) -> None:
    """A line for people, on standard error."""
    typer.echo(line, err=True)


def show(result: Mapping[str, Any]) -> None:
    """The result for programs, on standard output."""
    typer.echo(json.dumps(result, indent=2, ensure_ascii=False, default=str))


def size(count: int) -> str:
    """Bytes for people: `812 B`, `1.4 kB`, `9.3 MB`, `2.1 GB`."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:  # noqa: PLR2004 - the step between units
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} GB"


def services(report: Callable[[str], None] = say) -> Services:
    """Client, journal and clock from the environment's settings."""
    from pulumi_neo4j_aura import bootstrap, settings  # noqa: PLC0415 - not for `--help`

    return bootstrap.services(settings.load(), report, lambda line: say(f"warning: {line}"))


def console() -> Console:
    """Where tables for people go: standard output, wide enough that no id is broken."""
    from rich.console import Console  # noqa: PLC0415 - not for `--help`

    return Console(highlight=False, width=max(Console().width, _WIDTH))


#: Columns of a table at least: an id that is broken into pieces cannot be copied.
_WIDTH = 140


def clock() -> Clock:
    """The clock that the environment's settings live by."""
    from pulumi_neo4j_aura import bootstrap, settings  # noqa: PLC0415 - not for `--help`

    return bootstrap.clock_of(settings.load())
