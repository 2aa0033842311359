"""The only place that builds real clients, journals and clocks."""

from __future__ import annotations

import atexit
import functools
import time
from collections.abc import Callable
from datetime import UTC, datetime

from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.errors import NotFound, Transient
from pulumi_neo4j_aura.execution.listing import Listing
from pulumi_neo4j_aura.execution.projects import Projects
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.settings import Settings
from pulumi_neo4j_aura.vault.archive import companions
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES, Identities, read_identities
from pulumi_neo4j_aura.vault.journal import Journal
from pulumi_neo4j_aura.vault.store import check_url, folder_of, open_store
from pulumi_neo4j_aura.vault.vault import Vault

Line = Callable[[str], None]


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time of day in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Really wait."""
        time.sleep(seconds)


@functools.cache
def _client(settings: Settings) -> AuraClient:
    """One client per settings and process: the rate budget must be shared by all threads."""
    client = AuraClient(
        api_url=settings.api_url,
        credentials=settings.credentials,
        clock=SystemClock(),
        calls_per_minute=settings.calls_per_minute,
        timeout_seconds=settings.timeout_seconds,
    )
    atexit.register(client.close)  # it lives as long as the process does
    return client


@functools.cache
def _listing(settings: Settings) -> Listing:
    return Listing(_client(settings).instances.list, SystemClock())


@functools.cache
def _projects(settings: Settings) -> Projects:
    return Projects(_client(settings).projects.get)


def vault(url: str) -> Vault:
    """The vault behind a URL, for looking; a folder that is not there is not made.

    Raises:
        Transient: the folder is not there; perhaps its disk is not mounted.
        Permanent: the URL makes no sense.
    """
    check_url(url)
    folder = folder_of(url)
    if folder is not None and not folder.is_dir():
        raise Transient(
            f"The folder of the target {url} is not there, so it is unknown what lies in it.",
            way_out="Correct the path, or mount its disk; if the vault is really gone, make the "
            "empty folder.",
        )
    return Vault(open_store(url))


def claimed_vault(url: str) -> tuple[Vault, bool]:
    """The vault behind a URL, made one if the place is none yet; and whether it was none.

    A place that becomes a vault is first proven to be fit for one.

    Raises:
        AuraError: what does not work there; exports would run into it.
    """
    found = Vault(open_store(url))
    try:
        found.id()
    except NotFound:
        found.probe()
        found.claim(SystemClock().now(), companions())
        return found, True
    return found, False


def identities(settings: Settings) -> Identities:
    """The age keys of the settings; none when there is no file.

    Raises:
        Permanent: the file cannot be read or holds no key.
    """
    return (
        read_identities(settings.age_identity_file) if settings.age_identity_file else NO_IDENTITIES
    )


def services(settings: Settings, report: Line, warn: Line) -> Services:
    """Everything that effects need, for these settings."""
    clock = SystemClock()
    return Services(
        client=_client(settings),
        journal=Journal(settings.state_dir / "journal", clock),
        clock=clock,
        settings=settings,
        listing=_listing(settings),
        projects=_projects(settings),
        report=report,
        warn=warn,
    )
