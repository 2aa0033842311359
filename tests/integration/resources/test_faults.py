"""Bad input and faults: each ends in one paragraph of ours that says what to do.

One table. A row arranges a world and gives the call that must fail; what every error must look like
is asserted in one place.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from integration.resources import fault_worlds as worlds
from integration.resources.fault_worlds import WRONG_SECRET, Action, Recorder, World
from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Forbidden,
    NotFound,
    OperationFailed,
    Refused,
    Rejected,
    Throttled,
    TimedOut,
    Transient,
    Unavailable,
)
from support.emulator import CLIENT_SECRET


@pytest.fixture
def world(control, machine, sender):
    return World(control, machine, Recorder(sender))


@dataclass(frozen=True)
class Row:
    """One fault: how it comes about, the error, texts that name the thing, the way out."""

    arrange: Callable[[World], Action]
    family: type[AuraError]
    names: tuple[str, ...]
    way_out: str
    #: Whether Aura answered with a request id.
    request_id: bool = True


INSTANCE = "Instance "
CREATE = "Instance 'orders"
AGAIN = "Try again"

ROWS = {
    "wrong credentials": Row(
        worlds.wrong_credentials, BadCredentials, ("credentials",), "Check AURA_CLIENT_ID", False
    ),
    "missing credentials": Row(
        worlds.missing_credentials, BadCredentials, ("AURA_CLIENT_SECRET",), "Aura Console", False
    ),
    "revoked credentials": Row(
        worlds.revoked_credentials, BadCredentials, ("credentials",), "Check AURA_CLIENT_ID", False
    ),
    "wrong project": Row(worlds.wrong_project, NotFound, ("00000000dead", "orders"), "project id"),
    "another API": Row(
        worlds.another_api,
        Refused,
        ("http://127.0.0.1", "api.neo4j.io"),
        "Set AURA_API_URL=",
        False,
    ),
    "exhausted quota": Row(worlds.exhausted_quota, Rejected, (CREATE, "limit"), "delete one"),
    "no billing details": Row(
        worlds.no_billing, Rejected, (CREATE, "billing"), "Add billing details"
    ),
    "a role that may not": Row(worlds.only_a_viewer, Forbidden, (CREATE,), "role that allows this"),
    "snapshot not exportable": Row(
        worlds.snapshot_not_exportable, Rejected, (CREATE, "snap-1"), "still exportable"
    ),
    "snapshot of another instance": Row(
        worlds.snapshot_of_another_instance, NotFound, (CREATE, "snap-1"), "Check the snapshot id"
    ),
    "source too large": Row(
        worlds.source_too_large,
        Rejected,
        (CREATE, "smaller database"),
        "at least the source's memory",
    ),
    "name clash": Row(worlds.name_clash, Refused, ("'orders'",), "Choose another name", False),
    "busy for too long": Row(
        worlds.busy_for_too_long, TimedOut, ("orders", "busy"), "run the same command again", False
    ),
    "throttled for ten minutes": Row(
        worlds.throttled_for_ten_minutes, Throttled, (CREATE,), "AURA_CALLS_PER_MINUTE"
    ),
    "throttled again and again": Row(
        worlds.throttled_again_and_again, Throttled, (INSTANCE,), "AURA_CALLS_PER_MINUTE"
    ),
    "500 on a read": Row(
        worlds.read_meeting(kind="status", status=500), Unavailable, (INSTANCE,), AGAIN
    ),
    "503 on a read": Row(
        worlds.read_meeting(kind="status", status=503), Unavailable, (INSTANCE,), AGAIN
    ),
    "HTML on a read": Row(
        worlds.read_meeting(kind="html"), Unavailable, (INSTANCE, "HTML"), AGAIN, False
    ),
    "HTML with 200 on a read": Row(
        worlds.read_meeting(kind="html_200"), Unavailable, (INSTANCE, "HTML"), AGAIN, False
    ),
    "truncated JSON on a read": Row(
        worlds.read_meeting(kind="truncated"), Unavailable, (INSTANCE, "cut short"), AGAIN, False
    ),
    "a connection that breaks": Row(
        worlds.read_meeting(kind="drop_request"), Unavailable, (INSTANCE,), AGAIN, False
    ),
    "a time-out": Row(worlds.read_times_out, Unavailable, (INSTANCE, "Timeout"), AGAIN, False),
    "nothing listens": Row(
        worlds.nothing_listens,
        Unavailable,
        ("credentials", "not reached"),
        "Check the network",
        False,
    ),
    "500 on a create": Row(
        worlds.create_meeting(kind="status", status=500), Transient, ("'orders'",), "Run again"
    ),
    "a broken connection on a create": Row(
        worlds.create_meeting(kind="drop_request"), Transient, ("'orders'",), "Run again", False
    ),
    "truncated JSON on a create": Row(
        worlds.create_meeting(kind="truncated"), Refused, ("orders~",), "adopt_instance_id", False
    ),
    "instance ends in a failed state": Row(
        worlds.instance_ends_failed, OperationFailed, ("loading failed",), "Aura Console", False
    ),
    "instance never ends": Row(
        worlds.instance_never_ends, TimedOut, ("creating",), "run the same command again", False
    ),
    "snapshot fails": Row(
        worlds.snapshot_fails,
        OperationFailed,
        ("snapshot", "Failed"),
        "Take another snapshot",
        False,
    ),
    "snapshot needs payment": Row(
        worlds.snapshot_needs_payment, Rejected, ("take snapshot",), "billing details"
    ),
    "snapshot forbidden": Row(
        worlds.snapshot_read_forbidden,
        Forbidden,
        ("Snapshot ", "of instance"),
        "role that allows this",
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_fault_ends_in_one_paragraph_that_says_what_to_do(world, row):
    """Of our family, on one line, with the thing, the way out, the request id, and no secret."""
    action = row.arrange(world)

    with pytest.raises(AuraError) as caught:
        action()

    error, text = caught.value, str(caught.value)
    assert isinstance(error, row.family), type(error)
    assert "\n" not in text
    assert "Traceback" not in text
    for name in row.names:
        assert name in text
    assert row.way_out in error.way_out
    assert error.way_out in text
    assert bool(error.request_id) == row.request_id
    assert error.request_id in text
    for secret in secrets_of(world):
        assert secret not in text


def secrets_of(world: World) -> set[str]:
    """Every secret that an error could have picked up."""
    tokens = {token for token in world.recorder.tokens if token}
    passwords = {
        line.split('"')[3]
        for path in world.machine.journal_files("answer.json")
        for line in path.read_text().splitlines()
        if '"password"' in line
    }
    return tokens | passwords | {CLIENT_SECRET, WRONG_SECRET}


def test_a_password_in_a_broken_answer_is_taken_out(world):
    """An answer that is echoed in an error would show the password of the new instance."""
    create = world.creating()
    body = '{"password": "pa55-of-the-new-one", "token": "'
    world.control.add_fault("status", "POST", "/v1/instances", status=400, body=body)

    with pytest.raises(Rejected) as caught:
        create()

    assert "pa55-of-the-new-one" not in str(caught.value)
