"""The calls that Neo4j's own command line makes: v2beta1 and v1 in turns, on one world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.emulator.beta import INSTANCES, PROJECTS, Beta, bare, wanted, wrong_fields
from contract.emulator.world import checked
from support.emulator import PRODUCTION_PROJECT_ID

if TYPE_CHECKING:
    from contract.emulator.world import World


class CommandLine:
    """Speaks like `neo4j-cli`: before anything else it looks for its project."""

    def __init__(self, beta: Beta) -> None:
        self.world = beta.world
        self.beta = beta

    def _begin(self) -> None:
        assert PRODUCTION_PROJECT_ID in [row["id"] for row in self.beta.get(PROJECTS)]

    def names(self) -> list[str]:
        self._begin()
        return [row["name"] for row in self.beta.get(INSTANCES)]

    def create(self) -> tuple[str, str]:
        """Named by the number of those there are; the id and the password."""
        name = f"Instance{len(self.names()) + 1:02}"
        made = self.beta.post(INSTANCES, wanted(name=name))
        return made["id"], made["password"]

    def status(self, instance: str) -> str:
        self._begin()
        return str(self.beta.get(f"{INSTANCES}/{instance}")["legacy_status"])

    def delete(self, instance: str) -> str:
        self._begin()
        gone = checked(self.beta.api.delete(f"{INSTANCES}/{instance}"), 202)
        return str(gone["legacy_status"])

    def act(self, instance: str, action: str) -> str:
        """An action of v1 by a POST of length 0, on an instance of the project."""
        self._begin()
        shown = self.world.get(f"/instances/{instance}")
        assert shown["tenant_id"] == PRODUCTION_PROJECT_ID
        answer = self.world.api.post(f"/instances/{instance}/{action}")
        assert answer.request.headers["content-length"] == "0"
        assert answer.request.headers["content-type"] == "application/json"
        done = checked(answer, 202)
        return str(done["snapshot_id"] if action == "snapshots" else done["status"])

    def wait(self, instance: str, while_: str) -> str:
        """Poll until the status is another than the one waited for."""
        assert self.status(instance) == self.world.status(instance) == while_
        for _ in range(60):
            if (status := self.status(instance)) != while_:
                return status
            self.world.wait(20)
        pytest.fail(f"still {while_}")


@pytest.fixture
def command_line(beta: Beta) -> CommandLine:
    """The command line with the default credential."""
    return CommandLine(beta)


def test_an_instance_lives_through_both_apis(command_line: CommandLine, world: World) -> None:
    """Created, snapshotted, restored, paused, resumed and deleted; busy at once in both."""
    instance, password = command_line.create()
    assert password
    assert command_line.wait(instance, "creating") == "running"
    assert command_line.names() == ["Instance01"]
    world.wait()
    snapshot = command_line.act(instance, "snapshots")
    world.wait()
    assert world.get(f"/instances/{instance}/snapshots/{snapshot}")["status"] == "Completed"
    for action, busy, then in (
        (f"snapshots/{snapshot}/restore", "restoring", "running"),
        ("pause", "pausing", "paused"),
        ("resume", "resuming", "running"),
    ):
        assert command_line.act(instance, action) == busy
        assert command_line.wait(instance, busy) == then
    assert command_line.delete(instance) == "destroying"
    assert world.status(instance) == "destroying"
    world.wait()
    assert command_line.names() == []
    assert bare(command_line.beta.api.get(f"{INSTANCES}/{instance}")) == (404, "db-not-found")


def test_a_second_one_is_named_after_those_there_are(
    command_line: CommandLine, world: World
) -> None:
    """The list has what either API made, so that the next number is free."""
    world.create(name="Instance01")
    command_line.create()
    assert command_line.names() == ["Instance01", "Instance02"]


def test_a_backup_through_v2beta1_can_be_the_source_of_a_v1_create(
    command_line: CommandLine, world: World
) -> None:
    """One store: v1 clones from what v2beta1 took."""
    instance, _ = command_line.create()
    world.wait(20)
    world.wait(20)
    beta = command_line.beta
    backup = beta.post(f"{beta.database(instance)}/backups")["id"]
    world.wait()
    clone = world.create(source_instance_id=instance, source_snapshot_id=backup, name="clone")
    assert command_line.status(clone) == "running"


def test_a_key_that_v2beta1_does_not_take_is_not_lost_in_silence(beta: Beta) -> None:
    """The command line sends it all the same: dropped, the instance would use another key."""
    key = "b0000000-0000-4000-8000-000000000001"
    body = wanted("virtual-dedicated-cloud", customer_managed_key_id=key)
    assert wrong_fields(beta.api.post(INSTANCES, json=body)) == ["customer_managed_key_id"]
