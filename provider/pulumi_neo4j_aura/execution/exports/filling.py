"""Find the instance and the export, log in, and write the one into the other."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from pulumi_neo4j_aura.domain import status
from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.execution.databases import log_in
from pulumi_neo4j_aura.execution.exports import importing
from pulumi_neo4j_aura.execution.exports.importing import Imported, Job
from pulumi_neo4j_aura.execution.progress import Progress
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES, Identities
from pulumi_neo4j_aura.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Request:
    """One import. `passwords` are tried in this order."""

    instance_id: str
    export_id: str
    passwords: tuple[str, ...] = field(repr=False)
    allow_existing: bool = False


def fill(
    services: Services, request: Request, vault: Vault, identities: Identities, progress: Progress
) -> Imported:
    """Write an export into an instance; what an interrupted run began is gone on with.

    Raises:
        NotFound: there is no such export or instance.
        Refused: the instance does not run, is not empty, or another import's journal is there.
        AuraError: as `importing.import_export`.
    """
    job = _job(services, request, vault, identities)
    return importing.import_export(job, services.clock, progress, services.report)


def prove(services: Services, request: Request, vault: Vault, progress: Progress) -> Imported:
    """Compare what an instance holds with an export that an earlier run brought in.

    Raises:
        NotFound, Refused, AuraError: as `fill`.
        OperationFailed: it holds something else; nothing was changed.
    """
    return importing.prove(_job(services, request, vault, NO_IDENTITIES), progress)


def begun(services: Services, instance_id: str, export_id: str) -> bool:
    """Whether this machine remembers an import that it has not forgotten."""
    return _folder(services, export_id, instance_id).exists()


def forget(services: Services, instance_id: str, export_id: str) -> None:
    """Remove the journal of an import that is complete."""
    shutil.rmtree(_folder(services, export_id, instance_id), ignore_errors=True)


def _job(services: Services, request: Request, vault: Vault, identities: Identities) -> Job:
    manifest = vault.get(request.export_id)
    live = services.client.instances.get(request.instance_id)
    if status.normal(live.status) != status.RUNNING:
        raise Refused(
            f"Instance {live.name} ({live.id}) is {live.status}; only a running one can be written "
            "into.",
            way_out="Resume it, or wait until it is ready.",
        )
    what, gap = f"Instance {live.id}", services.settings.polling.seconds
    database = log_in(services.clock, live.connection_url, request.passwords, what, gap)
    return Job(
        store=vault.store,
        manifest=manifest,
        identities=identities,
        database=database,
        instance_type=live.type,
        state_folder=_folder(services, manifest.export_id, live.id),
        allow_existing=request.allow_existing,
    )


def _folder(services: Services, export_id: str, instance_id: str) -> Path:
    return services.settings.state_dir / "imports" / f"{instance_id}-{export_id}"
