"""`aura-backup cat`: the rows of an export, for people and for other programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from pulumi_neo4j_aura.cli import places
from pulumi_neo4j_aura.cli.frame import TargetOption, ending

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

Rows = Callable[[], Iterator[bytes]]

_JSONL, _CSV, _PARQUET = "jsonl", "csv", "parquet"


def run(
    export: Annotated[str, typer.Argument(help="An export's id, or its beginning.")],
    target: TargetOption,
    *,
    kind: Annotated[
        str, typer.Option(help="'nodes', 'relationships' or 'schema'; all if left out.")
    ] = "",
    form: Annotated[
        str, typer.Option("--format", help=f"'{_JSONL}', '{_CSV}' or '{_PARQUET}'.")
    ] = _JSONL,
    output: Annotated[
        Path | None, typer.Option(help="A file; standard output if left out.")
    ] = None,
) -> None:
    """Print the rows of an export. CSV and Parquet need --kind, and Parquet --output."""
    with ending(as_json=False):
        _check(kind, form, output)
        try:
            _write(_rows(export, target), kind, form, output)
        except BrokenPipeError:  # `| head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _check(kind: str, form: str, output: Path | None) -> None:
    from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.execution.exports.contents import KINDS  # noqa: PLC0415

    wrong = {
        f"--format {form!r} is none of {_JSONL}, {_CSV}, {_PARQUET}": form
        not in {_JSONL, _CSV, _PARQUET},
        f"--kind {kind!r} is none of {', '.join(KINDS)}": kind not in {"", *KINDS},
        f"--format {form} has one table and needs --kind": form != _JSONL and not kind,
        "--format parquet is no text and needs --output": form == _PARQUET and output is None,
    }
    for problem, applies in wrong.items():
        if applies:
            raise Permanent(f"{problem}.", way_out="`aura-backup cat --help` tells more.")


def _rows(export: str, target: str) -> Callable[[str], Rows]:
    """For each kind a function that begins its rows anew."""
    from pulumi_neo4j_aura.execution.exports import contents  # noqa: PLC0415 - not for `--help`

    vault, keys = places.vault_at(target), places.identities()
    manifest = vault.get(export)

    def of_kind(kind: str) -> Rows:
        def rows() -> Iterator[bytes]:
            for part in manifest.of_kind(kind):
                yield from contents.rows_of(vault.store, manifest, part, keys)

        return rows

    return of_kind


def _write(rows: Callable[[str], Rows], kind: str, form: str, output: Path | None) -> None:
    from pulumi_neo4j_aura.execution.exports.contents import KINDS  # noqa: PLC0415
    from pulumi_neo4j_aura.reporting import tables  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.reporting.rows import write_json_lines  # noqa: PLC0415

    if form == _PARQUET and output is not None:
        with output.open("wb") as file:
            tables.write_parquet(rows(kind), kind, file)
        return
    with _sink(output) as sink:
        if form == _CSV:
            tables.write_csv(rows(kind), kind, sink)
            return
        for each in (kind,) if kind else KINDS:
            write_json_lines(rows(each)(), each, sink)


def _sink(output: Path | None) -> AbstractContextManager[IO[str]]:
    """Where text goes; line ends are left as they are."""
    if output is None:
        return nullcontext(sys.stdout)
    return output.open("w", encoding="utf-8", newline="")
