"""Calls about snapshots of one instance. Aura's API neither deletes nor downloads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_neo4j_aura.aura import models
from pulumi_neo4j_aura.aura.retries import Safety, Subject
from pulumi_neo4j_aura.aura.transport import Call, path

if TYPE_CHECKING:
    from datetime import date

    from pulumi_neo4j_aura.aura.transport import Transport
    from pulumi_neo4j_aura.domain.instance import Instance
    from pulumi_neo4j_aura.domain.snapshot import Snapshot


class Snapshots:
    """The snapshots of instances that the credentials' user can see."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, instance_id: str, date: date | None = None) -> tuple[Snapshot, ...]:
        """The snapshots of one day; of today without a date.

        The API has no other list. In which time zone a day begins is not documented: near
        midnight ask for both days.
        """
        params = {"date": f"{date:%Y-%m-%d}"} if date else None
        subject = Subject(f"Snapshots of instance {instance_id}", "list")
        where = path("instances", instance_id, "snapshots")
        call = Call("GET", where, subject, Safety.READ, params)
        return self._transport.request(call, models.snapshot_rows(instance_id))

    def get(self, instance_id: str, snapshot_id: str) -> Snapshot:
        """One snapshot as it is now.

        Raises:
            NotFound: Aura does not know it, or no longer.
        """
        where = path("instances", instance_id, "snapshots", snapshot_id)
        call = Call("GET", where, _subject(instance_id, snapshot_id, "get"), Safety.READ)
        return self._transport.request(call, models.snapshot_of(instance_id))

    def take(self, instance_id: str) -> str:
        """Start a snapshot; its id.

        Raises:
            Busy: another snapshot or operation is under way.
            LostAnswer: one may be under way: look at today's list before taking another.
        """
        where = path("instances", instance_id, "snapshots")
        subject = Subject(f"Instance {instance_id}", "take snapshot")
        call = Call("POST", where, subject, Safety.EFFECT)
        return self._transport.request(call, models.taken)

    def restore(self, instance_id: str, snapshot_id: str) -> Instance:
        """Start replacing all data of the instance with that of its own snapshot.

        Raises:
            Busy: another operation is under way.
            LostAnswer: it may be under way: look at the instance before restoring again.
        """
        where = path("instances", instance_id, "snapshots", snapshot_id, "restore")
        subject = _subject(instance_id, snapshot_id, "restore")
        call = Call("POST", where, subject, Safety.EFFECT)
        return self._transport.request(call, models.instance)


def _subject(instance_id: str, snapshot_id: str, action: str) -> Subject:
    return Subject(f"Snapshot {snapshot_id} of instance {instance_id}", action)
