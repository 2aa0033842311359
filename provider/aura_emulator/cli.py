"""The command line: arguments in, one server out. Imports nothing heavy before it must."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aura_emulator import load_command
from aura_emulator import settings as defaults
from aura_emulator.settings import Settings
from aura_emulator.switches import SwitchError, Switches

if TYPE_CHECKING:
    from collections.abc import Sequence

_USAGE_ERROR = 2


def main(argv: Sequence[str]) -> int:
    """Run the emulator until it is told to stop; the exit code: 0, 1 (cannot start), 2 (usage).

    `load` as the first word puts data into an instance of an emulator that runs.
    """
    if argv[:1] == ["load"]:
        return load_command.main(argv[1:])
    arguments = _parser().parse_args(argv)
    try:
        switches = _switches(arguments)
    except SwitchError as error:
        return _refuse(f"{error}.")
    settings = Settings(
        state=arguments.state,
        host=arguments.host,
        port=arguments.port,
        data_plane=arguments.data_plane,
        neo4j_home=arguments.neo4j_home,
        heap_megabytes=arguments.heap_megabytes,
        client_id=arguments.client_id,
        client_secret=arguments.client_secret,
        verbose=arguments.verbose,
        switches=switches,
    )
    from aura_emulator.serving import serve  # noqa: PLC0415 - `--help` need not load a web server

    return serve(settings)


def default_state() -> Path:
    """`$XDG_STATE_HOME/pulumi-neo4j-aura/emulator`."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "pulumi-neo4j-aura" / "emulator"


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"aura_emulator: {sentence}\n")
    return _USAGE_ERROR


def _switches(arguments: argparse.Namespace) -> Switches:
    switches = Switches()
    for name in ("operation_seconds", "rate_limit", "token_seconds", "expired_token_status"):
        if getattr(arguments, name) is not None:
            switches.change(name, getattr(arguments, name))
    for assignment in arguments.switch:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise SwitchError(f"--switch takes NAME=VALUE, not {assignment!r}")
        switches.change(name, value)
    return switches


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aura_emulator",
        description="A local Neo4j Aura API with a clock that can be moved.",
        epilog="aura_emulator load --help: put data into an instance.",
    )
    add = parser.add_argument
    add("--host", default=defaults.DEFAULT_HOST, help="address to listen on (%(default)s)")
    add("--port", type=int, default=defaults.DEFAULT_PORT, help="0 takes a free one (%(default)s)")
    add("--state", type=Path, default=default_state(), help="folder that is kept (%(default)s)")
    add(
        "--data-plane",
        choices=("none", "neo4j"),
        default="none",
        help="neo4j: a real server behind each running instance (%(default)s)",
    )
    add("--neo4j-home", type=Path, help="a Neo4j Community 5.26 or newer (NEO4J_HOME)")
    add(
        "--heap-megabytes",
        type=int,
        default=defaults.DEFAULT_HEAP_MEGABYTES,
        help="Java heap of each server (%(default)s)",
    )
    add("--client-id", default=defaults.DEFAULT_CLIENT_ID, help="%(default)s")
    add("--client-secret", default=defaults.DEFAULT_CLIENT_SECRET, help="%(default)s")
    add("--operation-seconds", metavar="S", help="how long an operation takes (2)")
    add("--rate-limit", metavar="N", help="requests a minute and credential; 0 is none (125)")
    add("--token-seconds", metavar="S", help="how long a token lives (3600)")
    add("--expired-token-status", metavar="CODE", help="401 or 403 (403)")
    add("--switch", metavar="NAME=VALUE", action="append", default=[], help="see the reference")
    add("--verbose", action="store_true", help="log every request")
    return parser
