"""The script behind `make up` and `make down`: the whole story, step by step.

Without credentials it starts the local Aura emulator. With AURA_CLIENT_ID and AURA_CLIENT_SECRET
set, the same programs run against the Aura of AURA_API_URL, after an explicit yes, because
instances cost money.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # as Pulumi sees it when it runs the programs

from stacks import shop  # noqa: E402 - found by the line above

LOCAL = ROOT / ".pulumi-local"
EMULATOR = LOCAL / "emulator"
VAULT = LOCAL / "vault"
SHOWN_VAULT = str(VAULT.relative_to(ROOT))
NEO4J = ROOT / "tools" / "neo4j" / "ensure.py"
#: The emulator's usual port; another one where a second demo runs on the same machine.
PORT = int(os.environ.get("AURA_DEMO_PORT", "9810"))
STACKS = ("production", "staging", "development")
#: How far `up` moves the emulator's clock, once, to show what a week and a half without anybody is.
HOLIDAY = 10 * 86_400

#: The emulator's first project and built-in credentials (`aura-backup emulator --help`).
EMULATOR_PROJECT = "a0000000-0000-4000-8000-000000000001"

CONFIRMATION = "yes, this costs money"

console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo runs: the emulator or a real Aura."""

    real: bool
    environment: Mapping[str, str]
    #: In front of the stacks' names, so that a real Aura never shares a state with the emulator.
    prefix: str
    #: Whether drivers can connect to the instances.
    databases: bool


class StopDemo(Exception):
    """The demo cannot go on; the text says why and what to do."""


def main(arguments: list[str]) -> int:
    """`up` or `down`."""
    actions = {"up": up, "down": down}
    if len(arguments) != 1 or arguments[0] not in actions:
        console.print("usage: demo.py up|down")
        return 2
    try:
        actions[arguments[0]]()
    except StopDemo as stop:
        console.print(f"[bold red]Stopped:[/] {stop}")
        return 1
    return 0


def up() -> None:
    """Production with data, a snapshot, environments from it, and backups for ten days."""
    place = choose_place()
    began = time.monotonic()
    for stack in STACKS:
        pulumi(place, "stack", "select", "--create", place.prefix + stack)
    steps = tuple(each for each in STEPS if each.due(place))
    for number, step in enumerate(steps, start=1):
        console.rule(f"[bold]{number} of {len(steps)}: {step.title}")
        step.run(place)
    console.print(summary(place, time.monotonic() - began))


def open_shop(place: Place) -> None:
    """Production, and the shop's data in it before there is any snapshot."""
    empty = replace(place, environment={**place.environment, "AURA_DEMO_EMPTY": "1"})
    pulumi(empty, "up", *_QUIETLY, "--stack", place.prefix + "production")
    shop.load(*login(place, "production"))
    console.print(f"Loaded {shop.DATASET.name}: {_numbers(place, 'production')}.")


def take_snapshot(place: Place) -> None:
    """The snapshot and a copy of it; right after it production goes on writing."""
    fresh = place.databases and not has_snapshot(place)
    pulumi(place, "up", *_QUIETLY, "--stack", place.prefix + "production")
    if fresh:
        shop.place_late_order(*login(place, "production"))
        console.print(f"Placed another order afterwards: {_numbers(place, 'production')}.")


def build_staging(place: Place) -> None:
    """Staging, from that snapshot."""
    pulumi(place, "up", *_QUIETLY, "--stack", place.prefix + "staging")


def build_development(place: Place) -> None:
    """Development, from the newest snapshot of production."""
    pulumi(place, "up", *_QUIETLY, "--stack", place.prefix + "development")


def protect(place: Place) -> None:
    """What the three policies ask for now, and how the instances stand then."""
    backup(place, "apply", "--target", SHOWN_VAULT)
    backup(place, "status", "--target", SHOWN_VAULT)


def come_back_after_ten_days(place: Place) -> None:
    """Nobody looked after anything for ten days; what fell short, and how it is mended."""
    ask_emulator("/clock", {"advance_seconds": HOLIDAY})
    later = replace(place, environment={**place.environment, **clock_offset()})
    console.print("The emulator's clock was moved by ten days; no daemon was running.")
    backup(later, "status", "--target", SHOWN_VAULT, ends_with=(2,))
    protect(later)


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the story; `due` says whether it is still to be told."""

    title: str
    run: Callable[[Place], None]
    due: Callable[[Place], bool] = lambda _place: True


STEPS = (
    Step(
        "production: an instance, and data in it",
        open_shop,
        lambda place: place.databases and not has_snapshot(place),
    ),
    Step("production: a snapshot of it, and a copy of that in a vault", take_snapshot),
    Step("staging: an instance from that snapshot", build_staging),
    Step("development: an instance from the newest snapshot", build_development),
    Step("backups: what the policies ask for", protect, lambda place: place.databases),
    Step(
        "ten days later",
        come_back_after_ten_days,
        lambda place: place.databases and not place.real and not had_its_holiday(),
    ),
)


def had_its_holiday() -> bool:
    """Whether an earlier `up` moved the clock."""
    return float(ask_emulator("/clock")["offset_seconds"]) > HOLIDAY / 2


def backup(place: Place, *arguments: str, ends_with: tuple[int, ...] = (0,)) -> None:
    """Run `aura-backup`, its output shown as it comes."""
    console.print(f"[dim]$ aura-backup {' '.join(arguments)}[/]")
    result = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "pulumi_neo4j_aura.cli", *arguments],
        env={**os.environ, **place.environment},
        cwd=ROOT,
        check=False,
    )
    if result.returncode not in ends_with:
        raise StopDemo(
            f"`aura-backup {arguments[0]}` ended with {result.returncode}; the reason is above. "
            "Running `make up` again goes on where it stopped."
        )


def has_snapshot(place: Place) -> bool:
    """Whether an earlier `up` came as far as the snapshot."""
    return "snapshot_id" in outputs(place, "production")


def login(place: Place, stack: str) -> tuple[str, str]:
    """URL and password of a stack's instance."""
    found = outputs(place, stack, "--show-secrets")
    return found["connection_url"], found["password"]


def _numbers(place: Place, stack: str) -> str:
    found = shop.orders(*login(place, stack))
    return f"{len(found)} orders, {found[0]} to {found[-1]}" if found else "no orders"


#: Lines for what happens, no dots for time that passes.
_QUIETLY = ("--yes", "--skip-preview", "--suppress-progress")


def down() -> None:
    """Destroy what `up` made, newest first, and stop the emulator."""
    place = choose_place()
    for stack in reversed(STACKS):
        destroy(place, place.prefix + stack)
    if not place.real:
        stop_emulator()
        shutil.rmtree(EMULATOR, ignore_errors=True)
        shutil.rmtree(VAULT, ignore_errors=True)
    console.print("Everything that `make up` made is gone.")
    if VAULT.exists():
        console.print(f"But for the copies in {VAULT}, which are yours.")


def destroy(place: Place, stack: str) -> None:
    """Destroy one stack. Production is protected, and lifting that takes an `up` of its own."""
    if stack not in known_stacks(place):
        return
    console.rule(f"[bold]destroying {stack}")
    unprotected = replace(place, environment={**place.environment, "AURA_DEMO_TEARDOWN": "1"})
    if stack.endswith("production"):
        pulumi(unprotected, "up", *_QUIETLY, "--stack", stack)
    pulumi(place, "destroy", *_QUIETLY, "--stack", stack)
    pulumi(place, "stack", "rm", "--yes", "--preserve-config", stack)


# --- where ---------------------------------------------------------------------------------------


def choose_place() -> Place:
    """The Aura of the user's credentials, else the emulator (started if need be)."""
    if os.environ.get("AURA_CLIENT_ID") and os.environ.get("AURA_CLIENT_SECRET"):
        return real_place()
    start_emulator()
    databases = data_plane() == "neo4j"
    return Place(
        real=False,
        environment={
            **({"AURA_DEMO_VAULT": str(VAULT)} if databases else {}),
            "AURA_API_URL": f"http://127.0.0.1:{PORT}",
            "AURA_CLIENT_ID": "emulator-client",
            "AURA_CLIENT_SECRET": "emulator-secret",
            "AURA_PROJECT_ID": EMULATOR_PROJECT,
            "AURA_POLL_SECONDS": "0.5",
            "AURA_CALLS_PER_MINUTE": "1000",
            "AURA_GONE_SECONDS": "0.5",
            "PULUMI_CONFIG_PASSPHRASE": "",
            **clock_offset(),
        },
        prefix="",
        databases=databases,
    )


def real_place() -> Place:
    """Ask before anything that costs money."""
    if not os.environ.get("AURA_PROJECT_ID"):
        raise StopDemo("set AURA_PROJECT_ID to the project that the instances shall be in.")
    if not (
        os.environ.get("PULUMI_CONFIG_PASSPHRASE")
        or os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    ):
        raise StopDemo(
            "set PULUMI_CONFIG_PASSPHRASE: the passwords of real instances are encrypted with it."
        )
    url = os.environ.get("AURA_API_URL", "https://api.neo4j.io")
    console.print(
        f"AURA_CLIENT_ID is set: this creates [bold]three billed instances[/] at {url}, project "
        f"{os.environ['AURA_PROJECT_ID']}, and for some minutes others that are read for the "
        f"copies in {VAULT}. `make down` deletes the instances again."
    )
    if not confirmed():
        raise StopDemo("nothing was done. Unset AURA_CLIENT_ID to use the emulator.")
    for stack in STACKS:
        copy_settings(stack)
    vault = {"AURA_DEMO_VAULT": str(VAULT)}
    return Place(real=True, environment=vault, prefix="aura-", databases=True)


def confirmed() -> bool:
    """A typed sentence, or the same in AURA_DEMO_CONFIRM where nobody can type."""
    given = os.environ.get("AURA_DEMO_CONFIRM")
    if given is None and sys.stdin.isatty():
        given = console.input(f"Type [bold]{CONFIRMATION}[/] to go on: ")
    return given == CONFIRMATION


def copy_settings(stack: str) -> None:
    """Real stacks get settings of their own, with a salt of the user's own passphrase."""
    target = ROOT / "stacks" / f"Pulumi.aura-{stack}.yaml"
    if target.exists():
        return
    lines = (ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text().splitlines(keepends=True)
    kept = "".join(line for line in lines if not line.startswith("encryptionsalt"))
    target.write_text(kept.replace("/production\n", "/aura-production\n"))


# --- the emulator --------------------------------------------------------------------------------


def start_emulator() -> None:
    """Start the emulator in the background, unless ours is running already."""
    if answers():
        console.print(f"The Aura emulator runs at http://127.0.0.1:{PORT}.")
        return
    databases = find_neo4j()
    EMULATOR.mkdir(parents=True, exist_ok=True)
    log = EMULATOR / "emulator.log"
    # What takes minutes in Aura takes seconds here, so calls come many times as often.
    command = [sys.executable, "-m", "aura_emulator", "--port", str(PORT), "--rate-limit", "2000"]
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [*command, *databases, "--state", str(EMULATOR / "state")],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    (EMULATOR / "pid").write_text(str(process.pid))
    for _ in range(100):
        if answers():
            console.print(f"Started the Aura emulator at http://127.0.0.1:{PORT} (log: {log}).")
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise StopDemo(f"the emulator did not start; its last words are in {log}.")


def find_neo4j() -> list[str]:
    """Options for real databases; none where this machine cannot have them, and then it says so."""
    console.print("Looking for Neo4j and a Java for it; the first time brings them: a minute.")
    found = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(NEO4J)], capture_output=True, text=True, check=False
    )
    if found.returncode:
        console.print(
            f"[bold yellow]No databases:[/] {found.stderr.strip()}\nThe demo goes on with the "
            "control plane alone: instances and snapshots, but no data in them."
        )
        return []
    return ["--data-plane", "neo4j", "--neo4j-home", found.stdout.strip()]


def answers() -> bool:
    """Whether an Aura emulator answers on our port."""
    return data_plane() is not None


def data_plane() -> str | None:
    """What stands behind the emulator's instances; None if none answers."""
    try:
        return str(ask_emulator("")["data_plane"])
    except (urllib.error.URLError, OSError, ValueError, KeyError):
        return None


def ask_emulator(path: str, body: Mapping[str, float] | None = None) -> dict[str, Any]:
    """One call of the emulator's own API; a POST where there is a body."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/emulator{path}",
        data=json.dumps(body).encode() if body else None,
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30 if body else 2) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found


def clock_offset() -> dict[str, str]:
    """The setting with which our programs live in the emulator's time."""
    offset = float(ask_emulator("/clock")["offset_seconds"])
    return {"AURA_CLOCK_OFFSET_SECONDS": f"{offset:.0f}"} if offset else {}


def stop_emulator() -> None:
    """End the emulator that `up` started, by its process id; never anybody else's."""
    recorded = EMULATOR / "pid"
    if recorded.exists() and is_our_emulator(pid := int(recorded.read_text())):
        os.kill(pid, signal.SIGTERM)
        wait_for_end(pid)
        console.print("Stopped the Aura emulator.")
    if answers():
        raise StopDemo(
            f"an Aura emulator still answers at port {PORT}, and it is not the one that `make up` "
            "started here; stop it where it was started."
        )


def wait_for_end(pid: int) -> None:
    """Ten seconds at most."""
    for _ in range(100):
        if not is_our_emulator(pid):
            return
        time.sleep(0.1)


def is_our_emulator(pid: int) -> bool:
    """Whether this process id still is the emulator, and not a stranger that got its number."""
    ps = shutil.which("ps")
    if ps is None:
        return Path(f"/proc/{pid}").exists()
    seen = subprocess.run(  # noqa: S603 - a fixed command
        [ps, "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "aura_emulator" in seen.stdout and str(EMULATOR) in seen.stdout


# --- pulumi --------------------------------------------------------------------------------------


def pulumi(place: Place, *arguments: str) -> None:
    """Run the engine, its output shown as it comes."""
    result = subprocess.run(  # noqa: S603 - the engine on PATH
        _command(*arguments), env={**os.environ, **place.environment}, check=False
    )
    if result.returncode:
        raise StopDemo(
            f"`pulumi {' '.join(arguments)}` ended with {result.returncode}; the reason is above. "
            "Running `make up` again goes on where it stopped."
        )


def _command(*arguments: str) -> list[str]:
    return ["pulumi", "-C", str(ROOT), "--non-interactive", *arguments]  # the user's or ours


def answer(place: Place, *arguments: str) -> str:
    """What the engine printed."""
    done = subprocess.run(  # noqa: S603 - the engine on PATH
        _command(*arguments),
        env={**os.environ, **place.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else "[]"


def known_stacks(place: Place) -> set[str]:
    """Names of the stacks in the backend."""
    return {row["name"] for row in json.loads(answer(place, "stack", "ls", "--json"))}


def outputs(place: Place, stack: str, *options: str) -> dict[str, str]:
    """A stack's outputs, secrets hidden unless asked for."""
    found: dict[str, str] = json.loads(
        answer(place, "stack", "output", "--json", "--stack", place.prefix + stack, *options)
    )
    return found


def summary(place: Place, seconds: float) -> Panel:
    """What exists now, and where its data came from."""
    production, staging, development = (outputs(place, stack) for stack in STACKS)
    provenance = json.loads(json.dumps(staging["provenance"]))
    text = (
        f"production  [bold]{production['instance_id']}[/]  {production['connection_url']}\n"
        f"staging     [bold]{staging['instance_id']}[/]  {staging['connection_url']}\n"
        f"development [bold]{development['instance_id']}[/]  {development['connection_url']}\n\n"
        f"staging came from snapshot {provenance['snapshot_id']}\n"
        f"of instance {provenance['instance_id']}, taken {provenance['snapshot_timestamp']}\n"
        f"{holdings(place)}{copy_of(production)}\n"
        "Passwords: pulumi stack output password --show-secrets\n"
        "Again: `make up` changes nothing. Clean up: `make down`."
    )
    return Panel(text, title=f"ready after {seconds:.0f} s", expand=False)


def copy_of(production: Mapping[str, str]) -> str:
    """Where the copy of production lies, and how to look at it."""
    if "export_manifest" not in production:
        return ""
    # Instance and the beginning of the snapshot: the instance alone has several exports soon.
    short = production["export_id"][:13]
    return (
        f"\na copy of the snapshot lies in {SHOWN_VAULT}: look at it with\n"
        f"  .venv/bin/aura-backup ls --target {SHOWN_VAULT}\n"
        f"  .venv/bin/aura-backup cat {short} --target {SHOWN_VAULT}\n"
        f"  .venv/bin/aura-backup prune --target {SHOWN_VAULT}\n"
    )


def holdings(place: Place) -> str:
    """What both databases hold now: staging has the snapshot's moment and no later order."""
    if not place.databases:
        return ""
    return (
        f"\nproduction holds {_numbers(place, 'production')}\n"
        f"staging holds    {_numbers(place, 'staging')}\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
