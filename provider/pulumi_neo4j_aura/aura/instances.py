"""Calls about instances."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from pulumi_neo4j_aura.aura import models
from pulumi_neo4j_aura.aura.bodies import Unreadable, parse
from pulumi_neo4j_aura.aura.retries import Safety, Subject
from pulumi_neo4j_aura.aura.transport import Call, path
from pulumi_neo4j_aura.errors import LostAnswer, NotFound, Refused, Transient

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pulumi_neo4j_aura.aura.transport import Transport
    from pulumi_neo4j_aura.aura.wire import HttpAnswer
    from pulumi_neo4j_aura.domain.instance import (
        CreatedInstance,
        Instance,
        InstanceChanges,
        InstanceSummary,
        NewInstance,
        Sizing,
    )


class Instances:
    """The instances that the credentials' user can see.

    Every method that changes something returns when Aura has accepted it; the operation itself
    takes minutes (`waiting`). Such a call raises `Busy` while another operation is under way,
    and `LostAnswer` when it may have been done: look before repeating it.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, project_id: str | None = None) -> tuple[InstanceSummary, ...]:
        """All instances, or those of one project; without their status, which Aura's list lacks.

        Never empty because of a broken answer: that raises `Unavailable`.
        """
        if project_id is None:
            subject, params = Subject("Instances", "list"), None
        else:
            path(project_id)
            subject = Subject(f"Instances of project {project_id}", "list")
            params = {"tenantId": project_id}
        call = Call("GET", path("instances"), subject, Safety.READ, params)
        return self._transport.request(call, models.instance_rows)

    def get(self, instance_id: str) -> Instance:
        """One instance as it is now.

        Raises:
            NotFound: Aura does not know it (once: not proof of absence), or not to this user.
        """
        where = path("instances", instance_id)
        call = Call("GET", where, _subject(instance_id, "get"), Safety.READ)
        return self._transport.request(call, models.instance_named(instance_id))

    def create(self, new: NewInstance) -> CreatedInstance:
        """Start a new, billed instance. The answer is the only place where its password shows.

        Raises:
            LostAnswer: it may exist: look for its name in the project's list before anything else.
        """
        subject = Subject(f"Instance {new.name!r} in project {new.project_id}", "create")
        body = models.body_of_create(new)
        call = Call("POST", path("instances"), subject, Safety.EFFECT, body=body)
        return self._transport.request(call, models.created)

    def update(self, instance_id: str, changes: InstanceChanges) -> Instance:
        """Rename, resize or reconfigure; the instance stays available.

        Raises:
            Refused: `changes` changes nothing.
        """
        body = models.given(asdict(changes))
        if not body:
            raise Refused(
                f"Instance {instance_id}: there is nothing to change.",
                way_out="Name at least one field.",
            )
        where = path("instances", instance_id)
        subject = _subject(instance_id, f"update ({', '.join(sorted(body))})")
        call = Call("PATCH", where, subject, Safety.EFFECT, body=body)
        answered = self._transport.request(call, _updated)
        return answered or self._look_after_update(instance_id)

    def delete(self, instance_id: str) -> Instance | None:
        """Start deleting; nobody can take it back.

        Returns:
            The instance on its way out, or None if Aura accepted without saying more.

        Raises:
            NotFound: it is gone already, for all this one answer says. That is also how a repeat
                ends whose first sending had worked (the v1 document calls both completion).
        """
        where = path("instances", instance_id)
        call = Call("DELETE", where, _subject(instance_id, "delete"), Safety.REMOVE)
        return self._transport.request(call, _deleted)

    def pause(self, instance_id: str) -> Instance:
        """Start pausing a running instance."""
        return self._act(instance_id, "pause")

    def resume(self, instance_id: str) -> Instance:
        """Start resuming a paused instance."""
        return self._act(instance_id, "resume")

    def overwrite(
        self, instance_id: str, source_instance_id: str, source_snapshot_id: str | None = None
    ) -> Instance:
        """Start replacing all data of the instance with a source's.

        Args:
            instance_id: whose data is lost.
            source_instance_id: where the data comes from.
            source_snapshot_id: a snapshot of the source, which must be exportable; without it
                Aura takes one now.

        Raises:
            Rejected: the destination is smaller than the source, a Free instance, or the snapshot
                is not exportable.
        """
        for other in (source_instance_id, source_snapshot_id):
            path("x" if other is None else other)
        body = {"source_instance_id": source_instance_id, "source_snapshot_id": source_snapshot_id}
        return self._act(instance_id, "overwrite", models.given({**body}))

    def upgrade(
        self, instance_id: str, *, memory: str | None = None, storage: str | None = None
    ) -> Instance:
        """Start the upgrade from Professional to Business Critical, resizing it if asked to.

        Raises:
            Refused: one size without the other, which Aura does not take.
        """
        if (memory is None) != (storage is None):
            raise Refused(
                f"Instance {instance_id}: an upgrade takes memory and storage together.",
                way_out="Give both or neither.",
            )
        return self._act(
            instance_id, "upgrade", models.given({"memory": memory, "storage": storage})
        )

    def size(
        self,
        *,
        node_count: int,
        relationship_count: int,
        instance_type: str | None = None,
        algorithm_categories: Collection[str] = (),
    ) -> Sizing:
        """Aura's estimate of the size that a graph of this many nodes and relationships needs."""
        body = models.given(
            {
                "node_count": node_count,
                "relationship_count": relationship_count,
                "instance_type": instance_type,
                "algorithm_categories": [*algorithm_categories] or None,
            }
        )
        subject = Subject("A new instance", "size")
        call = Call("POST", path("instances", "sizing"), subject, Safety.READ, body=body)
        return self._transport.request(call, models.sizing)

    def _act(
        self, instance_id: str, action: str, body: Mapping[str, object] | None = None
    ) -> Instance:
        where = path("instances", instance_id, action)
        call = Call("POST", where, _subject(instance_id, action), Safety.EFFECT, body=body)
        return self._transport.request(call, models.instance)

    def _look_after_update(self, instance_id: str) -> Instance:
        try:
            return self.get(instance_id)
        except (Transient, NotFound) as error:
            # Not as it came: "nothing was changed" would be wrong.
            raise LostAnswer(
                f"Instance {instance_id}: Aura accepted the update, then could not show it.",
                way_out="Look at the instance before sending the change again.",
                status=error.status,
                request_id=error.request_id,
            ) from error


def _subject(instance_id: str, action: str) -> Subject:
    return Subject(f"Instance {instance_id}", action)


def _updated(answer: HttpAnswer) -> Instance | None:
    """The instance in the answer to a PATCH; None for the empty 202 of the v1 document."""
    if not answer.body.strip() or parse(answer.body) == {}:
        return None
    return models.instance(answer)


def _deleted(answer: HttpAnswer) -> Instance | None:
    """The instance in the answer to a DELETE. Never a fault: the status alone says "accepted"."""
    try:
        return models.instance(answer)
    except Unreadable:
        return None
