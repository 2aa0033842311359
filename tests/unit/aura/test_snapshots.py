from datetime import UTC, date, datetime

import pytest

from pulumi_neo4j_aura.aura.wire import NoAnswer
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.errors import Busy, LostAnswer, NotFound, Rejected, Unavailable
from unit.aura.fakes import FakeHttp, answer, client_for, data, error, instance_json

ROW = {
    "instance_id": "ab12cd34",
    "profile": "Scheduled",
    "snapshot_id": "snap-1",
    "status": "Completed",
    "timestamp": "2026-01-20T13:44:42Z",
    "exportable": False,
}
SEEN = Snapshot(
    "snap-1",
    "ab12cd34",
    "Completed",
    "Scheduled",
    datetime(2026, 1, 20, 13, 44, 42, tzinfo=UTC),
    exportable=False,
)


def test_the_list_is_of_one_day():
    """The date goes out as YYYY-MM-DD; without one nothing is sent."""
    http = FakeHttp(data([ROW]))
    snapshots = client_for(http).snapshots

    assert snapshots.list("ab12cd34") == (SEEN,)
    snapshots.list("ab12cd34", date(2026, 1, 2))
    assert [call.params for call in http.calls] == [None, {"date": "2026-01-02"}]
    assert http.calls[0].path == "/v1/instances/ab12cd34/snapshots"


def test_a_snapshot_is_shown():
    """What Aura leaves out is None; the instance is the one asked about."""
    http = FakeHttp(data({"snapshot_id": "snap-1", "status": "inprogress"}))

    seen = client_for(http).snapshots.get("ab12cd34", "snap-1")

    assert seen == Snapshot("snap-1", "ab12cd34", "InProgress")
    assert http.calls[0].path == "/v1/instances/ab12cd34/snapshots/snap-1"


def test_an_unknown_snapshot_status_stays_text():
    """And is not taken for completed."""
    seen = client_for(FakeHttp(data({**ROW, "status": "Archived"}))).snapshots.get("i", "snap-1")
    assert seen.status == "Archived"
    assert not seen.completed


def test_taking_returns_the_id():
    """POST with an empty JSON object."""
    http = FakeHttp(data({"snapshot_id": "snap-2"}, 202))
    assert client_for(http).snapshots.take("ab12cd34") == "snap-2"
    assert (http.calls[0].method, http.calls[0].body) == ("POST", {})


@pytest.mark.parametrize("item", [NoAnswer("x"), error(503), data({}), answer(202, body=b"{")])
def test_taking_is_never_repeated_when_it_may_have_worked(item):
    """One snapshot at a time; a second would be refused or push another out."""
    http = FakeHttp(item)
    with pytest.raises(LostAnswer):
        client_for(http).snapshots.take("ab12cd34")
    assert len(http.calls) == 1


def test_taking_while_another_runs_is_busy():
    """The reason that was seen live."""
    with pytest.raises(Busy):
        client_for(FakeHttp(error(409, "snapshot-not-allowed"))).snapshots.take("ab12cd34")


def test_taking_without_payment_is_rejected():
    """402, with the way out."""
    with pytest.raises(Rejected, match="billing details"):
        client_for(FakeHttp(answer(402, body=b""))).snapshots.take("ab12cd34")


def test_restoring_returns_the_instance():
    """202 with the instance under restore."""
    http = FakeHttp(data(instance_json(status="restoring"), 202))
    assert client_for(http).snapshots.restore("ab12cd34", "snap-1").status == "restoring"
    assert http.calls[0].path == "/v1/instances/ab12cd34/snapshots/snap-1/restore"


def test_an_unknown_snapshot_is_not_found():
    """The message names snapshot and instance."""
    with pytest.raises(NotFound, match="Snapshot snap-9 of instance ab12cd34"):
        client_for(FakeHttp(error(404, "snapshot-not-found"))).snapshots.get("ab12cd34", "snap-9")


def test_a_row_without_an_id_breaks_the_list():
    """It is repeated, then Unavailable; never a shorter list."""
    rows = [ROW, {**ROW, "snapshot_id": None}]
    with pytest.raises(Unavailable, match="snapshot_id"):
        client_for(FakeHttp(data(rows))).snapshots.list("ab12cd34")
