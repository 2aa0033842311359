"""Make one export: choose, clone, stream, read back, commit, and delete the clone.

The manifest is the commit: an export exists when its manifest exists, and only after every object
that it names was read back. The export's id says what it is of, so that the same export twice is
one export, on whatever machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pulumi_neo4j_aura.aura.client import default_user_agent
from pulumi_neo4j_aura.aura.waiting import wait_for_idle
from pulumi_neo4j_aura.errors import AuraError, Damaged, OperationFailed, TimedOut
from pulumi_neo4j_aura.execution import clones
from pulumi_neo4j_aura.execution.databases import Database, log_in
from pulumi_neo4j_aura.execution.exports import archiving
from pulumi_neo4j_aura.execution.exports.archiving import Archived, Place
from pulumi_neo4j_aura.execution.exports.choice import CLONE, Choice, Request, choose
from pulumi_neo4j_aura.execution.ledger import Ledger
from pulumi_neo4j_aura.execution.progress import Progress
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.vault import archive, encryption, layout
from pulumi_neo4j_aura.vault.manifest import InstanceFacts, Manifest, SnapshotFacts
from pulumi_neo4j_aura.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Exported:
    """An export that exists. `made`: by this run; else it was there already."""

    manifest: Manifest
    made: bool
    choice: Choice
    seconds: float
    #: What the clone was billed for, as far as its size is known.
    gigabyte_hours: float | None = None
    #: From asking for the clone until it could be read: what restoring this snapshot takes. None:
    #: no clone was made by this run.
    restore_seconds: float | None = None


def export(services: Services, request: Request, vault: Vault, progress: Progress) -> Exported:
    """Make the export exist, or find that it does; its clone is gone afterwards.

    Raises:
        Refused: there is nothing to export this way, or another machine is at work on it.
        AuraError: it could not be made now. Finished parts are kept for the next run, and so is
            the clone where there are any; the message says so.
    """
    began = services.clock.monotonic()
    encryption.check_recipients(request.recipients)
    vault.id()
    choice = choose(services, request)
    run = _Run(services, request, choice, vault, progress)
    there = vault.find(choice.export_id, choice.origin.id)
    made = there is None
    found = run.make() if there is None else there
    run.clean_up(found)
    seconds = services.clock.monotonic() - began
    hours = None
    if made and choice.method == CLONE:
        hours = clones.gigabyte_hours(request.clone_memory or choice.origin.memory, seconds)
    return Exported(found, made, choice, seconds, hours, max(run.restored, default=None))


@dataclass(frozen=True, slots=True)
class _Run:
    services: Services
    request: Request
    choice: Choice
    vault: Vault
    progress: Progress
    #: How long it took until the clone could be read, where one was made.
    restored: list[float] = field(default_factory=list)

    def make(self) -> Manifest:
        """Archive what is to be exported and commit it."""
        began = self.services.clock.now()
        place = Place(
            self.vault.store,
            self._folder(began),
            self.choice.export_id,
            self.request.recipients,
            self.request.part_bytes,
        )
        # The commit as well: whatever fails decides what becomes of the clone.
        with self._source() as (database, source):
            archived = self._archive(database, place, source)
            return self._commit(archived, place.folder, began)

    def _archive(self, database: Database, place: Place, source: str) -> Archived:
        try:
            ledger = self._ledger(source)
            return archiving.archive_database(database, place, ledger, self.progress)
        except AuraError:
            self._discard(place.folder)
            raise

    def _discard(self, folder: str) -> None:
        """Nothing goes on with the parts of a live read: they are of a moment that is over."""
        if self.choice.method == CLONE:
            return
        self._ledger("").forget()
        with suppress(AuraError):
            for each in tuple(self.vault.store.list(folder)):
                self.vault.store.delete(each.key)

    def clean_up(self, manifest: Manifest) -> None:
        """The export exists: its clone, its ledger and what earlier tries left may go."""
        clone = self._clone()
        if clone is not None:
            self._remove(clone)
        self._ledger("").forget()
        self.vault.sweep(manifest)

    # --- where from ---------------------------------------------------------------------------

    @contextmanager
    def _source(self) -> Iterator[tuple[Database, str]]:
        """The database to read, and what its ids belong to."""
        if self.choice.method != CLONE or self.choice.snapshot is None:
            origin = self.choice.origin
            url, passwords = origin.connection_url, self.request.passwords
            # Read live, an interrupted run's parts are of another moment.
            yield self._log_in(url, passwords, origin.id), f"live {self.services.clock.now()}"
            return
        began, known = self.services.clock.monotonic(), self._clone()
        created = clones.make(
            self.services,
            self.choice.origin,
            self.choice.snapshot.id,
            self.choice.export_id,
            memory=self.request.clone_memory,
            patience_seconds=self.request.patience_seconds,
        )
        try:
            waiter = self.services.waiter(self.request.patience_seconds)
            live = wait_for_idle(self.services.client, created.id, waiter)
            passwords = (created.password, *self.request.passwords)
            database = self._log_in(live.connection_url, passwords, created.id)
            if known != created.id:
                self.restored.append(self.services.clock.monotonic() - began)
            yield database, created.id
        except AuraError as error:
            self._after_failure(created.id, error)
            raise

    def _clone(self) -> str | None:
        return clones.known(self.services, self.choice.export_id)

    def _log_in(self, url: str | None, passwords: tuple[str, ...], instance_id: str) -> Database:
        gap = self.services.settings.polling.seconds
        return log_in(self.services.clock, url, passwords, f"Instance {instance_id}", gap)

    def _after_failure(self, clone_id: str, error: AuraError) -> None:
        """Delete the clone, or keep it for the next run; the error's way out says which."""
        begun = bool(self._ledger(clone_id).done())
        if isinstance(error, TimedOut) or (begun and not isinstance(error, OperationFailed)):
            error.way_out = (
                f"{error.way_out} The clone {clone_id} is kept for the next run, which goes on "
                "where this one stopped; `aura-backup clones` shows and removes it."
            ).strip()
            return
        try:
            self._remove(clone_id)
        except AuraError as left:
            error.way_out = f"{error.way_out} The clone {clone_id} still exists: {left}".strip()

    def _remove(self, clone_id: str) -> None:
        clones.remove(
            self.services,
            self.choice.origin.project_id,
            clone_id,
            self.choice.export_id,
            self.request.patience_seconds,
        )

    # --- where to -----------------------------------------------------------------------------

    def _folder(self, began: datetime) -> str:
        origin, snapshot = self.choice.origin, self.choice.snapshot
        moment = (snapshot.timestamp if snapshot else None) or began
        return layout.export_folder(origin.id, origin.name, moment, self.choice.copy_id)

    def _ledger(self, source: str) -> Ledger:
        folder = self.services.settings.state_dir / "exports" / self.choice.export_id
        facts = {"vault": self.vault.store.url, "source": source}
        return Ledger(folder, facts | {"recipients": ",".join(self.request.recipients)})

    def _commit(self, archived: Archived, folder: str, began: datetime) -> Manifest:
        """Read everything back, and only then write the manifest."""
        made = self._manifest(archived, folder, began)
        self.progress.stage("reading back")
        for part in made.parts:
            try:
                archive.check_part(self.vault.store, part)
            except Damaged:
                # Whoever made the same export first has removed what it does not name. Otherwise
                # nothing of what lies there may be built on.
                first = self._first()
                if first is None:
                    self._ledger("").forget()
                    raise
                return first
            self.progress.advance(part.rows, part.stored_bytes)
        if self.vault.commit(made):
            return made
        return self._first() or made

    def _first(self) -> Manifest | None:
        return self.vault.find(self.choice.export_id, self.choice.origin.id)

    def _manifest(self, archived: Archived, folder: str, began: datetime) -> Manifest:
        origin, snapshot = self.choice.origin, self.choice.snapshot
        return Manifest(
            key=f"{folder}/{layout.MANIFEST}",
            export_id=self.choice.export_id,
            instance=InstanceFacts(
                id=origin.id,
                name=origin.name,
                project_id=origin.project_id,
                type=origin.type,
                memory=origin.memory or "",
                cloud_provider=origin.cloud_provider,
                region=origin.region,
            ),
            snapshot=None
            if snapshot is None
            else SnapshotFacts(
                snapshot.id, (snapshot.timestamp or began).isoformat(), snapshot.profile
            ),
            method=self.choice.method,
            consistent=self.choice.method == CLONE,
            began_at=began.isoformat(),
            completed_at=self.services.clock.now().isoformat(),
            parts=archived.parts,
            schema=archived.schema.to_dict(),
            counts=_counts(archived),
            fingerprint=archived.fingerprint.to_dict(),
            recipients=tuple(self.request.recipients),
            tool=default_user_agent(),
        )


def _counts(archived: Archived) -> dict[str, Any]:
    nodes = sum(part.rows for part in archived.parts if part.kind == archiving.NODES)
    between = sum(part.rows for part in archived.parts if part.kind == archiving.RELATIONSHIPS)
    return {"nodes": nodes, "relationships": between}
