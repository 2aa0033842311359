"""`aura_emulator load`: put data into an instance of an emulator that runs.

Standard library only: it talks to the control API and imports none of the emulator.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aura_emulator import settings as defaults

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEFAULT_URL: Final = f"http://{defaults.DEFAULT_HOST}:{defaults.DEFAULT_PORT}"
_LOOK_SECONDS: Final = 0.2
_ANSWER_SECONDS: Final = 3600


class _RefusedError(Exception):
    """The emulator said no, or nothing; the message is a sentence."""


def main(argv: Sequence[str]) -> int:
    """Load and say what the instance holds then; the exit code: 0, 1 (refused), 2 (usage)."""
    arguments = _parser().parse_args(argv)
    try:
        held = _load(arguments)
    except (_RefusedError, OSError) as error:
        sys.stderr.write(f"aura_emulator load: {error}\n")
        return 1
    if arguments.json:
        sys.stdout.write(json.dumps(held) + "\n")
    else:
        sys.stdout.write(f"{arguments.instance} {_sentence(held)}\n")
    return 0


def _sentence(held: dict[str, Any]) -> str:
    if "nodes" not in held:
        return f"is {held['status']}"
    return f"holds {held['nodes']:,} nodes and {held['relationships']:,} relationships"


def _load(arguments: argparse.Namespace) -> dict[str, Any]:
    instance = f"{arguments.url.rstrip('/')}/emulator/instances/{arguments.instance}"
    if arguments.cypher is not None:
        return _ask(f"{instance}/data", {"cypher": arguments.cypher.read_text(encoding="utf-8")})
    if arguments.graph is not None:
        nodes, relationships = arguments.graph
        return _ask(f"{instance}/data", {"graph": {"nodes": nodes, "relationships": relationships}})
    _ask(f"{instance}/data", {"dump": str(arguments.dump.absolute())})
    return _loaded(arguments.url.rstrip("/"), arguments.instance, instance)


def _loaded(url: str, instance_id: str, instance: str) -> dict[str, Any]:
    """Wait for the end of `loading`."""
    while True:
        shown: Any = _ask(f"{url}/emulator/instances")
        status = next((row["status"] for row in shown if row["id"] == instance_id), "gone")
        if status == "running":
            return {"status": status}
        if status != "loading":
            reason = _ask(f"{instance}/database")["error"]
            raise _RefusedError(f"{instance_id} is {status}: {reason}")
        time.sleep(_LOOK_SECONDS)


def _ask(url: str, body: object = None) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - the user's own URL
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        raise _RefusedError(_message(error)) from error
    except urllib.error.URLError as error:
        raise _RefusedError(f"No emulator answers at {url}: {error.reason}") from error


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return "; ".join(problem["message"] for problem in json.load(error)["errors"])
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aura_emulator load", description="Put data into an instance of a running emulator."
    )
    add = parser.add_argument
    add("instance", help="its id")
    add("--url", default=_DEFAULT_URL, help="of the emulator (%(default)s)")
    add("--json", action="store_true", help="the answer as JSON")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--cypher", type=Path, metavar="FILE", help="statements, ended by ;")
    what.add_argument("--dump", type=Path, metavar="FILE", help="a Neo4j dump; replaces all data")
    what.add_argument(
        "--graph", type=int, nargs=2, metavar=("NODES", "RELATIONSHIPS"),
        help="a generated graph with every type of property, index and constraint",
    )  # fmt: skip
    return parser
