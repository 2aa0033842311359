"""The only place that builds real clients, journals and clocks."""

from __future__ import annotations

import atexit
import functools
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pulumi_neo4j_aura import policy_document
from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.aura.transport import HttpxSender
from pulumi_neo4j_aura.domain.policy import Policy
from pulumi_neo4j_aura.errors import AuraError, NotFound, Transient
from pulumi_neo4j_aura.execution import clones
from pulumi_neo4j_aura.execution.actions.world import World
from pulumi_neo4j_aura.execution.listing import Listing
from pulumi_neo4j_aura.execution.progress import Lines, Progress
from pulumi_neo4j_aura.execution.projects import Projects
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.observation.memory import VaultMemory
from pulumi_neo4j_aura.observation.observer import Observer
from pulumi_neo4j_aura.reconciler.passes import Reconciler
from pulumi_neo4j_aura.settings import Settings
from pulumi_neo4j_aura.vault import policies
from pulumi_neo4j_aura.vault.archive import companions
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES, Identities, read_identities
from pulumi_neo4j_aura.vault.journal import Journal
from pulumi_neo4j_aura.vault.shared_journal import SharedJournal
from pulumi_neo4j_aura.vault.store import check_url, folder_of, open_store
from pulumi_neo4j_aura.vault.vault import Vault

Line = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock; moved with a local emulator's, if that was moved."""

    offset: timedelta = timedelta()

    def now(self) -> datetime:
        """The time of day in UTC."""
        return datetime.now(UTC) + self.offset

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Really wait."""
        time.sleep(seconds)


def clock_of(settings: Settings) -> SystemClock:
    """The clock that these settings live by."""
    return SystemClock(timedelta(seconds=settings.clock_offset_seconds))


@functools.cache
def _client(settings: Settings) -> AuraClient:
    """One client per settings and process: the rate budget must be shared by all threads."""
    client = AuraClient(
        api_url=settings.api_url,
        credentials=settings.credentials,
        clock=clock_of(settings),
        calls_per_minute=settings.calls_per_minute,
        timeout_seconds=settings.timeout_seconds,
    )
    atexit.register(client.close)  # it lives as long as the process does
    return client


@functools.cache
def _listing(settings: Settings) -> Listing:
    return Listing(_client(settings).instances.list, clock_of(settings))


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
    clock = clock_of(settings)
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


# --- policies ---------------------------------------------------------------------------------


def publish(settings: Settings, found: Iterable[Policy], report: Line, *, claim: bool) -> None:
    """Publish each policy at its target, where another version or none is published.

    Args:
        settings: whose clock says when.
        found: the policies.
        report: told of what was published.
        claim: make a target a vault, if it is none yet.

    Raises:
        AuraError: a target cannot be written, or is no vault.
    """
    for policy in found:
        place = _publishable(policy.target, claim=claim)
        version = policy_document.version_of(policy)
        there = {each.name: each.version for each in policies.current(place)}
        if there.get(policy.name) != version:
            document = policy_document.to_document(policy)
            policies.publish(place, policy.name, version, document, clock_of(settings).now())
            report(f"published policy {policy.name} ({version}) at {policy.target}")


def _publishable(url: str, *, claim: bool) -> Vault:
    if claim:
        return claimed_vault(url)[0]
    found = vault(url)
    try:
        found.id()
    except NotFound as error:
        raise NotFound(
            f"The target {url} is no vault.",
            way_out="Correct it; or make it one with `aura-backup apply --claim`, once: a place "
            "that is only not mounted must not be filled with second copies.",
        ) from error
    return found


def reconciler(
    settings: Settings,
    found: tuple[Policy, ...],
    report: Line,
    warn: Line,
    *,
    patience_seconds: float = 3600.0,
) -> Reconciler:
    """Everything that reconciling these policies needs. Nothing is asked of anybody yet.

    A target that cannot be opened is left out: what lies there is then unknown.
    """
    limited = replace(settings, calls_per_minute=_calls(settings, found))
    here, clock = services(limited, report, warn), clock_of(settings)
    vaults = _opened(found, warn)
    by_vault = {url: _in_vault(here, each) for url, each in vaults.items()}
    return Reconciler(
        policies=found,
        observer=Observer(
            services=here,
            vaults=vaults,
            memory=VaultMemory(next(iter(vaults.values()), None)),
            owns_clone=lambda owner: any(clones.owned(each, owner) for each in by_vault.values()),
        ),
        world=World(
            services=by_vault,
            vaults=vaults,
            identities=identities(settings),
            passwords=_passwords(os.environ),
            clone_ages={policy.name: policy.limits.max_clone_age for policy in found},
            patience_seconds=patience_seconds,
            progress=lambda title: _progress(title, report, clock),
        ),
        clock=clock,
        holder=f"{socket.gethostname()}:{os.getpid()}",
        report=report,
    )


def _in_vault(here: Services, place: Vault) -> Services:
    """The same services with a journal that another machine can read."""
    journal = SharedJournal(here.journal.root, here.clock, place.store)
    return replace(here, journal=journal)


def _calls(settings: Settings, found: tuple[Policy, ...]) -> int:
    asked = [policy.limits.api_calls_per_minute for policy in found]
    return min([settings.calls_per_minute, *asked])


def _opened(found: tuple[Policy, ...], warn: Line) -> dict[str, Vault]:
    opened: dict[str, Vault] = {}
    for url in sorted({policy.target for policy in found}):
        try:
            opened[url] = vault(url)
        except AuraError as error:
            warn(str(error))
    return opened


def _progress(title: str, report: Line, clock: SystemClock) -> Progress:
    return Lines(lambda line: report(f"{title}: {line}"), clock)


def _passwords(environ: Mapping[str, str]) -> Callable[[str], tuple[str, ...]]:
    """Passwords for reading live: the instance's own variable, then the common one."""

    def of(instance_id: str) -> tuple[str, ...]:
        names = (f"AURA_BACKUP_PASSWORD_{instance_id.upper()}", "AURA_BACKUP_PASSWORD")
        return tuple(value for name in names if (value := environ.get(name)))

    return of


def plain_sender() -> HttpxSender:
    """What sends notifications, which are not Aura's business: with this machine's proxies."""
    return HttpxSender(clock=SystemClock(), timeout_seconds=10.0, use_environment=True)
