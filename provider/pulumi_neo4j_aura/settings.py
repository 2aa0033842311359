"""Every setting with its unit and the reason for its default. The only reader of the environment.

Precedence, highest first: an explicit provider resource, the environment, stack configuration, the
default. What comes from stack configuration reaches Pulumi's state (encrypted): prefer the
environment for the secret.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from pulumi_neo4j_aura.errors import Permanent

DEFAULT_API_URL = "https://api.neo4j.io"

#: Keys in stack configuration and on an explicit provider carry this namespace.
CONFIG_NAMESPACE = "neo4jaura"


@dataclass(frozen=True, slots=True)
class Credentials:
    """API credentials of one Aura user: they inherit that user's roles (Aura docs, API keys)."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)

    @property
    def complete(self) -> bool:
        """Whether both halves are there."""
        return bool(self.client_id and self.client_secret)


@dataclass(frozen=True, slots=True)
class Polling:
    """How a wait asks: the gap between two looks is `max(seconds, fraction * waited)`."""

    #: Seconds between the first looks. 3: noticing a short operation three seconds late hurts
    #: nobody, and a shorter gap spends the rate budget.
    seconds: float = 3.0
    #: Share of the time already waited. 0.1: an operation of ten minutes is noticed at most a
    #: minute late and costs about 40 calls instead of 200.
    fraction: float = 0.1


@dataclass(frozen=True, slots=True)
class Settings:
    """What varies between users, machines and tests."""

    #: Root of the Aura API, without a version.
    api_url: str = DEFAULT_API_URL
    credentials: Credentials = Credentials()
    #: Project (Aura's v1 API: tenant) used where a resource names none.
    project_id: str = ""
    #: Calls a minute over all threads. 100: Aura allows 125 a credential, and other processes
    #: share it. Adapts down when Aura answers 429 (trial credentials get 25).
    calls_per_minute: int = 100
    #: Seconds until one HTTP call is given up. 60: Aura's slowest answers (create) stay under 30.
    timeout_seconds: float = 60.0
    polling: Polling = Polling()
    #: Seconds between the two readings that must agree before something counts as gone. 5: longer
    #: than the delays seen on fresh instances would be kinder, shorter is one glitch seen twice.
    gone_seconds: float = 5.0
    #: Seconds during which a create without an answer is looked for in the list. 30: a new
    #: instance may be missing from reads for some seconds (seen by published clients).
    look_seconds: float = 30.0
    #: Where this machine remembers what it was about to do.
    state_dir: Path = Path("~/.local/state/pulumi-neo4j-aura")
    #: Show tracebacks in `pulumi up` instead of one paragraph.
    debug: bool = False
    #: Instance creations, updates and deletions one plugin process runs at once. 64: with four,
    #: the SDK's default, a hundred instances queue for hours.
    threads: int = 64
    #: The file with the private age key that opens encrypted exports; None: there is none. Only
    #: from the environment: what stands in stack configuration reaches Pulumi's state, and reading
    #: backups back is no business of a stack. Writing them needs no private key.
    age_identity_file: Path | None = None
    #: Seconds by which the clock of a local emulator was moved, so that this program lives in the
    #: same time. Only from the environment, and refused for a real Aura: a wrong time of day would
    #: decide what is kept and what is pruned.
    clock_offset_seconds: float = 0.0


def _number(name: str, text: str, kind: Callable[[str], float]) -> float:
    try:
        value = kind(text)
    except ValueError:
        raise Permanent(
            f"Setting {name} must be a number, not {text!r}.", way_out=f"Correct or unset {name}."
        ) from None
    if not math.isfinite(value) or value < 0:
        raise Permanent(
            f"Setting {name} must be finite and not negative.", way_out=f"Correct {name}."
        )
    return value


def _truth(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes", "on"}


#: Setting → (environment variable, key in stack configuration). One table, so that the docs, the
#: explicit provider and the tests cannot disagree with the code.
NAMES: Mapping[str, tuple[str, str]] = {
    "api_url": ("AURA_API_URL", "apiUrl"),
    "client_id": ("AURA_CLIENT_ID", "clientId"),
    "client_secret": ("AURA_CLIENT_SECRET", "clientSecret"),
    "project_id": ("AURA_PROJECT_ID", "projectId"),
    "calls_per_minute": ("AURA_CALLS_PER_MINUTE", "callsPerMinute"),
    "timeout_seconds": ("AURA_TIMEOUT_SECONDS", "timeoutSeconds"),
    "poll_seconds": ("AURA_POLL_SECONDS", "pollSeconds"),
    "gone_seconds": ("AURA_GONE_SECONDS", "goneSeconds"),
    "look_seconds": ("AURA_LOOK_SECONDS", "lookSeconds"),
    "threads": ("AURA_THREADS", "threads"),
    "debug": ("AURA_DEBUG", "debug"),
}

#: The settings that only the environment has, on purpose.
AGE_IDENTITY_FILE = "AURA_BACKUP_AGE_IDENTITY_FILE"
CLOCK_OFFSET = "AURA_CLOCK_OFFSET_SECONDS"

#: Set by `Provider` on an explicit provider resource, whose values then win over the environment.
EXPLICIT_KEY = "explicit"


def _first(*values: str | None) -> str | None:
    return next((value for value in values if value), None)


def _collect(environ: Mapping[str, str], config: Callable[[str], str | None]) -> dict[str, str]:
    explicit = _truth(config(EXPLICIT_KEY) or "")
    found: dict[str, str] = {}
    for setting, (variable, key) in NAMES.items():
        inside, outside = config(key), environ.get(variable)
        value = _first(inside, outside) if explicit else _first(outside, inside)
        if value is not None:
            found[setting] = value
    return found


def _state_dir(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "pulumi-neo4j-aura"


def _file(environ: Mapping[str, str], variable: str) -> Path | None:
    text = environ.get(variable, "").strip()
    return Path(text).expanduser() if text else None


def _clock_offset(environ: Mapping[str, str], api_url: str) -> float:
    offset = _number(CLOCK_OFFSET, environ.get(CLOCK_OFFSET, "").strip() or "0", float)
    # Without TLS there is only this machine: the client refuses everything else.
    if offset and not api_url.strip().startswith("http:"):
        raise Permanent(
            f"{CLOCK_OFFSET} is for a local emulator whose clock was moved, and AURA_API_URL is "
            f"{api_url}.",
            way_out=f"Unset {CLOCK_OFFSET}.",
        )
    return offset


def load(
    config: Callable[[str], str | None] = lambda _key: None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings from environment and configuration.

    Args:
        config: returns the text configured under a key of `NAMES` (without namespace), or None.
        environ: the environment; the process's own when None.

    Raises:
        Permanent: a value is not of its kind (the message names the setting, never a secret).
    """
    environ = os.environ if environ is None else environ
    found = _collect(environ, config)

    def number(setting: str, default: float, kind: Callable[[str], float] = float) -> float:
        text = found.get(setting)
        return default if text is None else _number(NAMES[setting][0], text, kind)

    blank = Settings()
    return Settings(
        api_url=found.get("api_url", blank.api_url).strip().rstrip("/"),
        credentials=Credentials(found.get("client_id", ""), found.get("client_secret", "")),
        project_id=found.get("project_id", ""),
        calls_per_minute=int(number("calls_per_minute", blank.calls_per_minute, int)),
        timeout_seconds=number("timeout_seconds", blank.timeout_seconds),
        polling=Polling(number("poll_seconds", blank.polling.seconds), blank.polling.fraction),
        gone_seconds=number("gone_seconds", blank.gone_seconds),
        look_seconds=number("look_seconds", blank.look_seconds),
        state_dir=_state_dir(environ),
        debug=_truth(found.get("debug", "")),
        threads=int(number("threads", blank.threads, int)),
        age_identity_file=_file(environ, AGE_IDENTITY_FILE),
        clock_offset_seconds=_clock_offset(environ, found.get("api_url", blank.api_url)),
    )


def names() -> tuple[str, ...]:
    """All field names of `Settings`, for the documentation's completeness test."""
    return tuple(item.name for item in fields(Settings))
