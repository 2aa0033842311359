"""What any Aura must do for our client: one suite, whatever stands behind the URL.

A subclass gives the fixture `world`: a client, a project it may create in, and how patient to be.
Nothing here looks behind the API.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.aura.waiting import (
    Waiter,
    wait_for_idle,
    wait_for_snapshot,
    wait_for_status,
    when_not_busy,
)
from pulumi_neo4j_aura.domain.instance import CreatedInstance, InstanceChanges, NewInstance
from pulumi_neo4j_aura.errors import BadCredentials, Busy, Forbidden, NotFound, Rejected
from pulumi_neo4j_aura.settings import Credentials


class RealClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class World:
    """An Aura to test against."""

    client: AuraClient
    project_id: str
    waiter: Waiter
    #: Makes a client with other credentials.
    other_client: Callable[[Credentials], AuraClient]

    def create(self, name: str = "contract", **changes: Any) -> CreatedInstance:
        """Ask for a small instance."""
        small = NewInstance(
            project_id=self.project_id,
            name=name,
            cloud_provider="gcp",
            region="europe-west1",
            type="professional-db",
            version="5",
            memory="2GB",
        )
        return self.client.instances.create(replace(small, **changes))

    def running(self, name: str = "contract", **changes: Any) -> str:
        """The id of a small instance that runs."""
        made = self.create(name, **changes)
        wait_for_status(
            self.client,
            made.id,
            {"running"},
            began=None,
            from_status="creating",
            waiter=self.waiter,
        )
        return made.id

    def snapshot(self, instance_id: str) -> str:
        """The id of a completed on-demand snapshot."""
        taken = when_not_busy(
            lambda: self.client.snapshots.take(instance_id), self.waiter, instance_id
        )
        return wait_for_snapshot(self.client, instance_id, taken, self.waiter).id


class AuraContract:
    """The suite."""

    def test_a_project_is_listed_and_shows_what_it_offers(self, world: World) -> None:
        """List, get, and the combination that the suite creates is among the offers."""
        assert world.project_id in {row.id for row in world.client.projects.list()}
        project = world.client.projects.get(world.project_id)
        assert project.id == world.project_id
        offers = {(it.type, it.memory, it.cloud_provider) for it in project.configurations}
        assert ("professional-db", "2GB", "gcp") in offers
        assert all(it.region and it.version for it in project.configurations)

    def test_an_unknown_project_is_not_found(self, world: World) -> None:
        """Or forbidden: Aura may not tell the two apart to strangers."""
        with pytest.raises((NotFound, Forbidden)):
            world.client.projects.get("00000000-0000-4000-8000-00000000dead")

    def test_an_instance_is_created_followed_and_deleted(self, world: World) -> None:
        """The answer has id and password; it is listed; it runs; deleting ends in 404 or 410."""
        made = world.create("contract-life")
        assert made.id
        assert made.password
        assert made.username == "neo4j"
        assert made.project_id == world.project_id
        seen = wait_for_status(
            world.client,
            made.id,
            {"running"},
            began=None,
            from_status="creating",
            waiter=world.waiter,
        )
        assert (seen.name, seen.memory, seen.type) == ("contract-life", "2GB", "professional-db")
        assert seen.connection_url
        assert seen.created_at is not None
        assert seen.created_at.tzinfo is UTC
        listed = world.client.instances.list(world.project_id)
        assert made.id in {row.id for row in listed}
        assert made.id in {row.id for row in world.client.instances.list()}
        self._delete(world, made.id)

    def _delete(self, world: World, instance_id: str) -> None:
        gone = when_not_busy(
            lambda: world.client.instances.delete(instance_id), world.waiter, instance_id
        )
        assert gone is None or gone.status == "destroying"
        for _ in range(200):
            try:
                world.client.instances.get(instance_id)
            except NotFound:
                break
            time.sleep(world.waiter.seconds)
        with pytest.raises(NotFound):
            world.client.instances.delete(instance_id)

    def test_a_rename_and_a_resize_are_followed(self, world: World) -> None:
        """Each shows as done only when it is."""
        ident = world.running()
        began = world.client.instances.update(ident, InstanceChanges(name="contract-new"))
        seen = wait_for_status(
            world.client,
            ident,
            {"running"},
            began=began,
            from_status="running",
            waiter=world.waiter,
            changed=lambda it: it.name == "contract-new",
        )
        assert seen.name == "contract-new"
        changes = InstanceChanges(memory="4GB", storage="8GB")
        began = world.client.instances.update(ident, changes)
        seen = wait_for_status(
            world.client,
            ident,
            {"running"},
            began=began,
            from_status="running",
            waiter=world.waiter,
            changed=lambda it: it.memory == "4GB",
        )
        assert (seen.memory, seen.storage) == ("4GB", "8GB")

    def test_pause_and_resume_are_followed(self, world: World) -> None:
        """And what does not apply is rejected for good, not busy."""
        ident = world.running()
        self._idle(world, ident)
        began = when_not_busy(lambda: world.client.instances.pause(ident), world.waiter, ident)
        seen = wait_for_status(
            world.client,
            ident,
            {"paused"},
            began=began,
            from_status="running",
            waiter=world.waiter,
        )
        assert seen.status == "paused"
        with pytest.raises(Rejected) as caught:
            world.client.instances.pause(ident)
        assert caught.value.status == 409
        began = world.client.instances.resume(ident)
        assert began.connection_url is None or began.connection_url
        seen = wait_for_status(
            world.client,
            ident,
            {"running"},
            began=began,
            from_status="paused",
            waiter=world.waiter,
        )
        assert seen.status == "running"

    def test_a_busy_instance_says_so(self, world: World) -> None:
        """409 for as long as it is created."""
        made = world.create("contract-busy")
        with pytest.raises(Busy) as caught:
            world.client.instances.pause(made.id)
        assert made.id in str(caught.value)
        assert caught.value.request_id

    def test_a_snapshot_is_taken_listed_and_restored(self, world: World) -> None:
        """Take, follow, list by day, restore in place."""
        ident = world.running()
        taken = world.snapshot(ident)
        seen = world.client.snapshots.get(ident, taken)
        assert seen.completed
        assert seen.profile == "AdHoc"
        assert seen.timestamp is not None
        days = [seen.timestamp.date() + timedelta(days=it) for it in (-1, 0, 1)]
        listed = {row.id for day in days for row in world.client.snapshots.list(ident, day)}
        assert taken in listed
        began = when_not_busy(
            lambda: world.client.snapshots.restore(ident, taken), world.waiter, ident
        )
        seen_after = wait_for_status(
            world.client,
            ident,
            {"running"},
            began=began,
            from_status="running",
            waiter=world.waiter,
        )
        assert seen_after.status == "running"

    def test_an_instance_is_cloned_and_overwritten(self, world: World) -> None:
        """A new one from a snapshot; then back over the first."""
        source = world.running("contract-source")
        taken = world.snapshot(source)
        clone = world.running("contract-clone", source_instance_id=source, source_snapshot_id=taken)
        self._idle(world, clone)
        began = when_not_busy(
            lambda: world.client.instances.overwrite(clone, source, taken), world.waiter, clone
        )
        seen = wait_for_status(
            world.client,
            clone,
            {"running"},
            began=began,
            from_status="running",
            waiter=world.waiter,
        )
        assert seen.status == "running"

    def test_an_overwrite_into_a_smaller_instance_is_rejected(self, world: World) -> None:
        """Aura's 500 is a refusal."""
        source = world.running("contract-big", memory="4GB")
        taken = world.snapshot(source)
        small = world.running("contract-small")
        self._idle(world, small)
        with pytest.raises(Rejected) as caught:
            when_not_busy(
                lambda: world.client.instances.overwrite(small, source, taken),
                world.waiter,
                small,
            )
        assert "Resize the destination" in caught.value.way_out

    def test_an_upgrade_keeps_the_id(self, world: World) -> None:
        """Professional to Business Critical."""
        ident = world.running()
        self._idle(world, ident)
        began = when_not_busy(lambda: world.client.instances.upgrade(ident), world.waiter, ident)
        seen = wait_for_status(
            world.client,
            ident,
            {"running"},
            began=began,
            from_status="running",
            waiter=world.waiter,
            changed=lambda it: it.type == "business-critical",
        )
        assert (seen.id, seen.type) == (ident, "business-critical")

    def test_a_size_is_estimated(self, world: World) -> None:
        """For the analytics types."""
        seen = world.client.instances.size(
            node_count=1_000_000,
            relationship_count=5_000_000,
            instance_type="professional-ds",
            algorithm_categories=["node-embedding"],
        )
        assert seen.recommended_size.endswith("GB")

    def test_an_impossible_create_is_rejected(self, world: World) -> None:
        """And nothing is made."""
        with pytest.raises(Rejected):
            world.create("contract-impossible", memory="3GB")
        names = {row.name for row in world.client.instances.list(world.project_id)}
        assert "contract-impossible" not in names

    def test_unknown_things_are_not_found(self, world: World) -> None:
        """Instance and snapshot, by get and by act."""
        with pytest.raises(NotFound):
            world.client.instances.get("00dead00")
        with pytest.raises(NotFound):
            world.client.instances.pause("00dead00")
        ident = world.running()
        with pytest.raises(NotFound):
            world.client.snapshots.get(ident, "00000000-0000-4000-8000-00000000dead")

    def test_wrong_credentials_are_told(self, world: World) -> None:
        """By the token endpoint; the secret does not show."""
        client = world.other_client(Credentials("nobody", "canary-wrong-secret"))
        with client, pytest.raises(BadCredentials) as caught:
            client.projects.list()
        assert "canary" not in str(caught.value)
        assert "AURA_CLIENT_SECRET" in str(caught.value)

    @staticmethod
    def _idle(world: World, ident: str) -> None:
        """A new instance takes a snapshot by itself, during which actions are refused."""
        wait_for_idle(world.client, ident, world.waiter)
