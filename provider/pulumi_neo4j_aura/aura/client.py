"""`AuraClient`: everything Aura v1 offers for projects, instances and snapshots."""

from __future__ import annotations

import logging
import secrets
from importlib import metadata
from typing import TYPE_CHECKING, Self

from pulumi_neo4j_aura.aura.auth import TokenSource
from pulumi_neo4j_aura.aura.bodies import Cleaner
from pulumi_neo4j_aura.aura.budget import RateBudget
from pulumi_neo4j_aura.aura.exchange import Exchange
from pulumi_neo4j_aura.aura.instances import Instances
from pulumi_neo4j_aura.aura.projects import Projects
from pulumi_neo4j_aura.aura.retries import Repeater
from pulumi_neo4j_aura.aura.snapshots import Snapshots
from pulumi_neo4j_aura.aura.transport import HttpxSender, Transport, checked_url

if TYPE_CHECKING:
    from types import TracebackType

    from pulumi_neo4j_aura.aura.wire import HttpSender
    from pulumi_neo4j_aura.domain.clock import Clock
    from pulumi_neo4j_aura.settings import Credentials

_log = logging.getLogger(__name__)

DISTRIBUTION = "pulumi-neo4j-aura"


def default_user_agent() -> str:
    """Name and version of this package, for Aura's logs."""
    try:
        return f"{DISTRIBUTION}/{metadata.version(DISTRIBUTION)}"
    except metadata.PackageNotFoundError:
        # Run from a checkout that was never installed.
        return f"{DISTRIBUTION}/0"


class AuraClient:
    """Everything Aura v1 offers for projects, instances and snapshots. Thread-safe.

    Share one between all threads of a process: it holds the rate budget, the token and the
    connections. Nothing is sent before the first call.

    Attributes:
        api_url: root of the API that it speaks to, without a slash at its end.
        projects: calls about projects.
        instances: calls about instances.
        snapshots: calls about snapshots.
    """

    def __init__(
        self,
        *,
        api_url: str,
        credentials: Credentials,
        clock: Clock,
        calls_per_minute: int = 100,
        timeout_seconds: float = 60.0,
        http: HttpSender | None = None,
        user_agent: str = "",
    ) -> None:
        """Assemble a client.

        Args:
            api_url: root of the API without a version, such as https://api.neo4j.io.
            credentials: of one Aura user. Missing ones are an error of the first call.
            clock: for waiting, measuring and dates.
            calls_per_minute: of this client over all threads; adapts down when Aura objects.
            timeout_seconds: until one HTTP call is given up.
            http: what sends; httpx when None. One that is passed in is not closed here.
            user_agent: this package's name and version when empty.

        Raises:
            Permanent: the address or the limit makes no sense.
            Refused: the credentials would travel unencrypted.
        """
        self.api_url = checked_url(api_url)
        self._owns_sender = http is None
        self._sender = self._open(clock, timeout_seconds) if http is None else http
        budget = RateBudget(clock, calls_per_minute, _log.warning)
        exchange = Exchange(
            api_url=self.api_url,
            sender=self._sender,
            budget=budget,
            clock=clock,
            cleaner=Cleaner(),
            user_agent=user_agent or default_user_agent(),
        )
        repeater = Repeater(clock.sleep, secrets.SystemRandom().random)
        transport = Transport(
            exchange=exchange,
            tokens=TokenSource(credentials, exchange, repeater, clock),
            repeater=repeater,
        )
        self.projects = Projects(transport)
        self.instances = Instances(transport)
        self.snapshots = Snapshots(transport)

    def _open(self, clock: Clock, timeout_seconds: float) -> HttpxSender:
        # On this machine a proxy from the environment would be wrong, and would see everything.
        encrypted = self.api_url.startswith("https:")
        return HttpxSender(clock=clock, timeout_seconds=timeout_seconds, use_environment=encrypted)

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        if self._owns_sender:
            self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
