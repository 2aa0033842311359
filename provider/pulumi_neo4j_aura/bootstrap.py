"""The only place that builds real clients, journals and clocks."""

from __future__ import annotations

import atexit
import functools
import time
from collections.abc import Callable
from datetime import UTC, datetime

from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.execution.listing import Listing
from pulumi_neo4j_aura.execution.projects import Projects
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.settings import Settings
from pulumi_neo4j_aura.vault.journal import Journal

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
