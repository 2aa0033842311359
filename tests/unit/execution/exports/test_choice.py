"""What an export is of and how it is made, settled before anything is paid for."""

from datetime import timedelta

import pytest

from pulumi_neo4j_aura.domain.snapshot import FAILED
from pulumi_neo4j_aura.errors import NotFound, Permanent, Refused
from pulumi_neo4j_aura.execution.exports.choice import (
    CLONE,
    LIVE,
    Request,
    checked_method,
    choose,
)

ID = "ab12cd34"
FREE = "free-db"


@pytest.fixture
def orders(aura):
    return aura.add()


def snapshot(aura, clock, **fields):
    usual = {"id": "snapshot-0", "timestamp": clock.now() - timedelta(hours=1)}
    return aura.add_snapshot(**usual | fields)


def test_the_newest_snapshot_that_can_be_cloned_is_chosen(aura, services, clock, orders):
    """The reason and those passed over come with it."""
    snapshot(aura, clock)
    snapshot(aura, clock, id="snapshot-1", timestamp=clock.now(), status=FAILED)
    chosen = choose(services, Request(ID))
    assert chosen.snapshot is not None
    assert (chosen.snapshot.id, chosen.method) == ("snapshot-0", CLONE)
    assert [each.snapshot_id for each in chosen.skipped] == ["snapshot-1"]
    assert chosen.export_id == f"{ID}-snapshot-0"
    assert aura.sent("instances.create") == []


def test_without_one_it_is_refused_and_the_way_out_named(services, orders):
    """Nothing is taken unless that is asked for."""
    with pytest.raises(Refused, match="has no exportable snapshot") as caught:
        choose(services, Request(ID))
    assert "take" in caught.value.way_out


def test_one_is_taken_when_that_is_asked_for(aura, services, orders):
    """And waited for."""
    chosen = choose(services, Request(ID, snapshot_id="take"))
    assert chosen.snapshot is not None
    assert chosen.snapshot.completed
    assert len(aura.sent("snapshots.take")) == 1


def test_a_named_one_must_be_usable(aura, services, clock, orders):
    """Its age does not matter."""
    snapshot(aura, clock, timestamp=clock.now() - timedelta(days=6))
    chosen = choose(services, Request(ID, snapshot_id="snapshot-0"))
    assert chosen.snapshot is not None
    snapshot(aura, clock, id="snapshot-1", exportable=False)
    with pytest.raises(Refused, match=r"snapshot-1 of instance orders .* is not exportable"):
        choose(services, Request(ID, snapshot_id="snapshot-1"))
    with pytest.raises(NotFound):
        choose(services, Request(ID, snapshot_id="another"))


def test_a_free_instance_is_read_live_by_itself(aura, services):
    """It cannot be cloned; the reason says so."""
    aura.add(type=FREE)
    chosen = choose(services, Request(ID, occasion="2026-W47"))
    assert (chosen.method, chosen.snapshot) == (LIVE, None)
    assert "cannot be cloned" in chosen.reason
    assert chosen.export_id == f"{ID}-live-2026-W47"


def test_a_free_instance_is_not_cloned_on_demand(aura, services):
    """Aura would refuse it after a minute."""
    aura.add(type=FREE)
    with pytest.raises(Refused, match="which Aura does not clone"):
        choose(services, Request(ID, method=CLONE))


def test_without_an_occasion_the_time_tells_live_reads_apart(services, clock, orders):
    """So that each is an export of its own."""
    chosen = choose(services, Request(ID, method=LIVE))
    assert chosen.copy_id == f"live-{clock.now():%Y%m%dT%H%M%SZ}"


def test_a_snapshot_cannot_be_read_live(services, orders):
    """A live read is of now."""
    with pytest.raises(Refused, match="cannot be read live"):
        choose(services, Request(ID, method=LIVE, snapshot_id="snapshot-0"))


def test_only_a_running_instance_is_read_live(aura, services):
    """A paused one answers nobody."""
    aura.add(status="paused")
    with pytest.raises(Refused, match="is paused; only a running one"):
        choose(services, Request(ID, method=LIVE))


def test_methods_have_names():
    """A typing mistake is told with the names that there are."""
    assert checked_method("auto") == "auto"
    with pytest.raises(Permanent, match="'copy'"):
        checked_method("copy")
