"""What `doctor` looks at: each a sentence, none of them changes anything but a probe object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pulumi_neo4j_aura.domain.words import counted
from pulumi_neo4j_aura.errors import AuraError, NotFound, Permanent, Refused
from pulumi_neo4j_aura.execution.exports import contents
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.vault import lease
from pulumi_neo4j_aura.vault.encryption import Identities
from pulumi_neo4j_aura.vault.manifest import FILE, Manifest
from pulumi_neo4j_aura.vault.vault import Vault


class Result(StrEnum):
    """How one check ended."""

    GOOD = "good"
    FAILED = "failed"
    #: It could not be told.
    UNKNOWN = "unknown"
    #: Nothing to check.
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    result: Result
    message: str


def run(
    services: Services,
    targets: Iterable[str],
    open_vault: Callable[[str], Vault],
    identities: Callable[[], Identities],
) -> tuple[Check, ...]:
    """Look at everything, one after the other; a failure ends nothing."""
    return tuple(_all(services, targets, open_vault, identities))


def _all(
    services: Services,
    targets: Iterable[str],
    open_vault: Callable[[str], Vault],
    identities: Callable[[], Identities],
) -> Iterator[Check]:
    yield _checked("credentials", lambda: _credentials(services))
    yield _checked("project", lambda: _project(services))
    yield _checked("quota", lambda: _quota(services))
    yield _rate(services)
    yield _checked("journal", lambda: _journal(services))
    for url in targets:
        yield _checked(f"target {url}", lambda url=url: _target(open_vault(url)))  # type: ignore[misc]
        yield _checked(f"lease {url}", lambda url=url: _lease(open_vault(url)))  # type: ignore[misc]
        yield _key(url, open_vault, identities)


def _checked(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, Result.GOOD, look())
    except (Permanent, Refused) as error:
        return Check(name, Result.FAILED, str(error))
    except AuraError as error:
        return Check(name, Result.UNKNOWN, str(error))


def _credentials(services: Services) -> str:
    found = services.client.projects.list()
    names = ", ".join(f"{each.name} ({each.id})" for each in found) or "none"
    return f"{services.client.api_url} accepts them; projects that they see: {names}"


def _project(services: Services) -> str:
    wanted = services.settings.project_id
    rows = services.client.instances.list(wanted or None)
    where = f"project {wanted}" if wanted else "all projects"
    return (
        f"{counted(len(rows), 'instance')} can be listed in {where}; whether creating is "
        "allowed only shows when it is done"
    )


def _quota(services: Services) -> str:
    if not services.settings.project_id:
        return "no AURA_PROJECT_ID is set, so no project's offers were looked at"
    project = services.client.projects.get(services.settings.project_id)
    types = sorted({each.type for each in project.configurations})
    return f"{project.name} offers {', '.join(types) or 'nothing'}"


def _rate(services: Services) -> Check:
    calls = services.settings.calls_per_minute
    text = (
        f"at most {calls} calls a minute are made (AURA_CALLS_PER_MINUTE); Aura allows 125 with a "
        "paid plan and 25 without, and is believed when it says otherwise"
    )
    return Check("rate", Result.GOOD, text)


def _journal(services: Services) -> str:
    folder = services.settings.state_dir
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".probe"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise Permanent(
            f"{folder} cannot be written ({error.strerror}).",
            way_out="Make it writable, or set XDG_STATE_HOME to a folder that is.",
        ) from error
    return f"{folder} can be written"


def _target(vault: Vault) -> str:
    found = vault.id()
    vault.probe()
    return f"is the vault {found}; it can be written, read, not overwritten, and deleted from"


def _lease(vault: Vault) -> str:
    seen = lease.holder(vault.store)
    return "nobody ever reconciled here" if seen is None else str(seen)


def _key(url: str, open_vault: Callable[[str], Vault], keys: Callable[[], Identities]) -> Check:
    """Whether the key at hand opens the newest encrypted export: a key that does not is no key."""
    name = f"key {url}"
    try:
        newest = _newest_encrypted(open_vault(url))
        if newest is None:
            return Check(name, Result.SKIPPED, "no export there is encrypted")
        found = keys()
        if not found:
            text = "AURA_BACKUP_AGE_IDENTITY_FILE is not set, so it is not known that a key exists"
            return Check(name, Result.UNKNOWN, text)
        _open(open_vault(url), newest, found)
    except NotFound as error:
        return Check(name, Result.UNKNOWN, str(error))
    except AuraError as error:
        return Check(name, Result.FAILED, str(error))
    return Check(name, Result.GOOD, f"opens {newest.export_id}, the newest encrypted export")


def _newest_encrypted(vault: Vault) -> Manifest | None:
    rows = [row.manifest for row in vault.exports() if row.manifest is not None]
    fitting = [each for each in rows if each.encrypted and each.method != FILE]
    return max(fitting, key=lambda each: (each.moment, each.export_id), default=None)


def _open(vault: Vault, made: Manifest, keys: Identities) -> None:
    part = min(made.parts, key=lambda each: each.stored_bytes)
    next(iter(contents.rows_of(vault.store, made, part, keys)), None)
