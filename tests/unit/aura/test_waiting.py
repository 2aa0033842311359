from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.aura.models import instance
from pulumi_neo4j_aura.aura.waiting import (
    Done,
    Failed,
    KeepWaiting,
    Unclear,
    Waiter,
    wait_for_idle,
    wait_for_snapshot,
    wait_for_status,
    when_not_busy,
)
from pulumi_neo4j_aura.aura.wire import HttpAnswer
from pulumi_neo4j_aura.domain.instance import Instance
from pulumi_neo4j_aura.errors import (
    BadCredentials,
    Busy,
    LostAnswer,
    NotFound,
    OperationFailed,
    Throttled,
    TimedOut,
    Unavailable,
)
from support.clock import FakeClock
from unit.aura.fakes import (
    FakeHttp,
    Sent,
    answer,
    client_for,
    data,
    error,
    instance_json,
    token_answer,
)

ID = "ab12cd34"


def shown(status: str, **changes: object) -> HttpAnswer:
    return data(instance_json(status=status, **changes))


def was(status: str) -> Instance:
    return instance(shown(status))


class Story:
    """Answers by time: what the instance shows from which second on."""

    def __init__(self, clock: FakeClock, *chapters: tuple[float, HttpAnswer | str]) -> None:
        self.clock, self.chapters = clock, chapters
        self.looks: list[float] = []

    def __call__(self, _sent: Sent) -> HttpAnswer:
        self.looks.append(self.clock.passed)
        told = [item for at, item in self.chapters if at <= self.clock.passed]
        last = told[-1]
        return shown(last) if isinstance(last, str) else last


def follow(
    *chapters: tuple[float, HttpAnswer | str],
    targets: Collection[str] = ("running",),
    began: str | None = "restoring",
    from_status: str | None = None,
    **options: Any,
) -> tuple[Instance, FakeClock, Story, list[str]]:
    """Wait through a story; the instance, the clock, the story and the reported lines."""
    clock = FakeClock()
    lines: list[str] = []
    story = Story(clock, *chapters)
    waiter_options = {
        name: options.pop(name) for name in ("patience", "missing_seconds") if name in options
    }
    waiter = Waiter(clock, report=lines.append, **waiter_options)
    seen = wait_for_status(
        client_for(FakeHttp(story, tokens=[token_answer(life=600)]), clock),
        ID,
        targets,
        began=was(began) if began else None,
        from_status=from_status,
        waiter=waiter,
        **options,
    )
    return seen, clock, story, lines


def test_an_operation_is_followed_to_its_end():
    """The busy status in the 202 counts as seen; the end is the first target after it."""
    seen, clock, _story, lines = follow((0, "restoring"), (20, "running"))
    assert seen.status == "running"
    assert clock.passed == 21.0
    assert lines[0] == "orders (ab12cd34): restoring, 3 s"


def test_seeing_the_target_proves_nothing_before_the_operation_was_seen():
    """Running at first means that the restore has not begun; then it is seen, then it ends."""
    seen, clock, _story, _lines = follow(
        (0, "running"), (10, "restoring"), (30, "running"), began="running", from_status="running"
    )
    assert seen.status == "running"
    assert clock.passed >= 30


@pytest.mark.parametrize("began", [None, "running"])
def test_an_operation_that_is_never_seen_is_unclear(began):
    """Not done and not failed: it is unknown whether it ran, and the error says so."""
    with pytest.raises(TimedOut) as caught:
        follow((0, "running"), began=began, from_status="running")
    assert "never seen under way; last seen: running" in caught.value.message
    assert "unknown whether the operation ran" in caught.value.way_out
    assert ID in caught.value.message


def test_the_patience_for_the_start_is_a_parameter():
    """Seconds."""
    with pytest.raises(TimedOut, match=r"after 1\d s"):
        follow((0, "running"), began=None, from_status="running", start_patience=10)


@pytest.mark.parametrize(
    ("before", "target"), [("paused", "running"), ("running", "paused"), ("creating", "running")]
)
def test_a_state_that_differs_from_before_is_provably_new(before, target):
    """After a resume, a pause, a create: the busy status need not have been seen."""
    seen, clock, _story, _lines = follow(
        (0, target), targets=[target.upper()], began=None, from_status=before
    )
    assert seen.status == target
    assert clock.passed == 3.0


def test_leaving_another_operations_status_proves_nothing():
    """Asked for while the instance was updating: running then only says that the update ended."""
    seen, clock, _story, _lines = follow(
        (0, "running"), (20, "restoring"), (40, "running"), began="running", from_status="updating"
    )
    assert seen.status == "running"
    assert clock.passed >= 40


def test_a_state_that_is_as_before_is_not_new():
    """A resume that has not begun shows paused, then resuming, then running."""
    seen, clock, _story, lines = follow(
        (0, "paused"), (9, "resuming"), (30, "running"), began=None, from_status="Paused"
    )
    assert seen.status == "running"
    assert clock.passed >= 30
    assert "has not shown yet" in lines[0]


def test_a_property_that_differs_is_proof():
    """A resize so quick that nobody saw it."""
    seen, clock, _story, _lines = follow(
        (0, "running"),
        (8, shown("running", memory="8GB")),
        began="running",
        from_status="running",
        changed=lambda it: it.memory == "8GB",
    )
    assert seen.memory == "8GB"
    assert clock.passed == 9.0


def test_an_unknown_status_is_under_way():
    """New words of Aura's mean: keep waiting."""
    seen, clock, _story, _lines = follow(
        (0, "defragmenting"), (40, "running"), began=None, from_status="running"
    )
    assert seen.status == "running"
    assert clock.passed >= 40


@pytest.mark.parametrize(
    "status", ["loading failed", "Loading_Failed", "suspended", "encryption key deleted"]
)
def test_a_failed_operation_is_an_error_of_its_own(status):
    """With id, status, duration, way out."""
    with pytest.raises(OperationFailed) as caught:
        follow((0, "loading"), (10, status), began="loading")
    assert ID in caught.value.message
    assert status in caught.value.message
    assert "after 12 s" in caught.value.message
    assert caught.value.way_out


def test_a_failed_state_from_before_is_not_the_operations():
    """An overwrite may be what mends it."""
    seen, _clock, _story, _lines = follow(
        (0, "loading failed"),
        (10, "overwriting"),
        (30, "running"),
        began=None,
        from_status="loading failed",
    )
    assert seen.status == "running"


def test_a_failed_state_that_is_new_ends_the_wait():
    """It differs from before, so that nobody has to have seen the operation."""
    with pytest.raises(OperationFailed):
        follow((0, "loading failed"), began=None, from_status="running")


@pytest.mark.parametrize("before", [None, "suspended"])
def test_a_failed_state_that_may_be_from_before_is_unclear_in_the_end(before):
    """Nobody saw the operation, so that nobody knows whether it ran."""
    with pytest.raises(TimedOut, match="never seen under way"):
        follow((0, "suspended"), began=None, from_status=before)


def test_a_failed_state_after_another_operation_is_a_failure():
    """Whosever failure it is, the instance is not in the state that was waited for."""
    with pytest.raises(OperationFailed):
        follow((0, "loading failed"), began=None, from_status="updating")


def test_a_failed_state_can_be_a_target():
    """Whoever waits for it gets it."""
    seen, _clock, _story, _lines = follow(
        (0, "suspended"), targets=["suspended"], began="suspending"
    )
    assert seen.status == "suspended"


@pytest.mark.parametrize("status", ["destroying", "deleting"])
def test_an_instance_on_its_way_out_ends_the_wait(status):
    """Nothing is left to wait for."""
    with pytest.raises(OperationFailed, match="being deleted"):
        follow((0, "restoring"), (5, status))
    with pytest.raises(OperationFailed, match="being deleted"):
        follow((0, status), began=None)


def test_another_idle_state_than_the_target_is_waited_out():
    """Seen restoring, now paused: someone may resume it; in the end patience says so."""
    with pytest.raises(TimedOut, match="last seen: paused"):
        follow((0, "restoring"), (5, "paused"), patience=60)


def test_running_out_of_patience_says_all_one_needs():
    """Id, last status, duration, and that nothing was undone; looked at to the very end."""
    with pytest.raises(TimedOut) as caught:
        follow((0, "restoring"), patience=100)
    assert caught.value.message == (
        "orders (ab12cd34): stopped waiting after 100 s, last seen: restoring."
    )
    assert "Nothing was undone" in caught.value.way_out


@settings(deadline=None, max_examples=60)
@given(st.floats(1, 1500))
def test_an_end_is_noticed_at_most_three_seconds_or_a_tenth_late(ends):
    """And it takes few calls: some forty for ten minutes."""
    _seen, clock, story, _lines = follow((0, "restoring"), (ends, "running"))
    assert ends <= clock.passed <= ends + max(3.0, 0.1 * ends) + 0.001
    assert len(story.looks) <= 70


@pytest.mark.parametrize(
    "trouble", [error(503), error(500), error(429, retry_after="2"), answer(200, body=b"<html>")]
)
def test_trouble_during_a_wait_is_endured(trouble):
    """An outage of five minutes ends with what is seen after it."""
    seen, clock, _story, lines = follow((0, "restoring"), (60, trouble), (360, "running"))
    assert seen.status == "running"
    assert clock.passed >= 360
    assert any("no usable answer, last seen: restoring" in line for line in lines)


def test_trouble_that_stays_is_chained_to_the_time_out():
    """The last thing that went wrong with looking."""
    with pytest.raises(TimedOut) as caught:
        follow((0, "restoring"), (60, error(503)), patience=300)
    assert isinstance(caught.value.__cause__, Unavailable)
    assert "last seen: restoring" in caught.value.message


def test_a_wish_to_wait_is_honoured_between_looks():
    """Retry-After beyond what one call waits for."""
    _seen, _clock, story, _lines = follow(
        (0, "restoring"), (30, error(503, retry_after="200")), (100, "running")
    )
    assert story.looks[-1] - story.looks[-2] >= 200


def test_trouble_that_is_over_is_forgotten():
    """Neither its wish to wait nor itself as a cause outlives the next good look."""
    with pytest.raises(TimedOut) as caught:
        follow(
            (0, "restoring"), (30, error(503, retry_after="200")), (100, "restoring"), patience=600
        )
    assert caught.value.__cause__ is None


def test_a_token_that_ends_during_a_wait_is_invisible():
    """Renewed on the way: the story's tokens live ten minutes."""
    seen, clock, _story, _lines = follow((0, "restoring"), (1500, "running"))
    assert seen.status == "running"
    assert clock.passed >= 1500


def test_credentials_that_are_refused_end_a_wait():
    """Only trouble is endured."""
    with pytest.raises(BadCredentials):
        follow((0, "restoring"), (60, answer(401)), (80, "running"))


GONE = error(404, "db-not-found")


def test_a_new_instance_may_be_unknown_for_a_minute():
    """Seen live: reads lag behind a create."""
    seen, _clock, _story, _lines = follow(
        (0, GONE), (50, "creating"), (100, "running"), began=None, from_status="creating"
    )
    assert seen.status == "running"


def test_an_instance_that_stays_unknown_is_not_found():
    """After a minute of nothing but 404, not after the whole patience."""
    with pytest.raises(NotFound, match=ID):
        follow((0, "restoring"), (300, GONE))


def test_single_404s_in_a_wait_are_not_believed():
    """One lagging read is no proof; the minute begins anew each time."""
    seen, _clock, _story, _lines = follow(
        (0, "restoring"), (30, GONE), (34, "restoring"), (90, GONE), (95, "restoring"),
        (120, "running"),
    )  # fmt: skip
    assert seen.status == "running"


def test_idle_is_running_or_paused_and_looked_at_at_once():
    """Nobody waits for an instance that is idle."""
    for status in ("running", "Paused"):
        clock = FakeClock()
        client = client_for(FakeHttp(shown(status)), clock)
        assert wait_for_idle(client, ID, Waiter(clock)).status == status
        assert clock.sleeps == []


def test_idle_waits_through_whatever_is_under_way():
    """Known or unknown."""
    clock = FakeClock()
    story = Story(clock, (0, "updating"), (10, "mystery"), (20, "running"))
    client = client_for(FakeHttp(story), clock)
    assert wait_for_idle(client, ID, Waiter(clock)).status == "running"


@pytest.mark.parametrize("status", ["loading failed", "destroying"])
def test_idle_fails_where_nothing_gets_better(status):
    """Naming the instance."""
    clock = FakeClock()
    with pytest.raises(OperationFailed, match="instance ab12cd34"):
        wait_for_idle(client_for(FakeHttp(shown(status)), clock), ID, Waiter(clock))


def snapshot_json(status: str | None) -> HttpAnswer:
    return data({"instance_id": ID, "snapshot_id": "snap-1", "status": status})


def test_a_snapshot_is_followed_until_it_is_completed():
    """Pending, in progress, a 404 in between, completed."""
    clock = FakeClock()
    story = Story(
        clock,
        (0, error(404, "snapshot-not-found")),
        (5, snapshot_json("Pending")),
        (10, snapshot_json("InProgress")),
        (15, snapshot_json(None)),
        (20, snapshot_json("Completed")),
    )
    seen = wait_for_snapshot(client_for(FakeHttp(story), clock), ID, "snap-1", Waiter(clock))
    assert seen.completed


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "failed"])
def test_a_snapshot_that_ends_otherwise_has_failed(status):
    """With both ids."""
    clock = FakeClock()
    client = client_for(FakeHttp(snapshot_json(status)), clock)
    with pytest.raises(OperationFailed, match="snapshot snap-1 of instance ab12cd34") as caught:
        wait_for_snapshot(client, ID, "snap-1", Waiter(clock))
    assert "Take another" in caught.value.way_out


def test_a_snapshot_that_stays_pending_runs_out_of_patience():
    """Half an hour by default."""
    clock = FakeClock()
    client = client_for(FakeHttp(snapshot_json("Pending")), clock)
    with pytest.raises(TimedOut, match="1800 s, last seen: Pending"):
        wait_for_snapshot(client, ID, "snap-1", Waiter(clock))


class Calls:
    """A call with a script."""

    def __init__(self, *script: Exception | str) -> None:
        self.script, self.count = list(script), 0

    def __call__(self) -> str:
        self.count += 1
        item = self.script[min(self.count, len(self.script)) - 1]
        if isinstance(item, Exception):
            raise item
        return item


def test_a_busy_call_is_made_again():
    """At once first; then after gaps, until it is taken."""
    clock = FakeClock()
    lines: list[str] = []
    call = Calls(Busy("b", reason="ongoing"), Busy("b"), "done")
    waiter = Waiter(clock, report=lines.append)
    assert when_not_busy(call, waiter, "orders (ab12cd34)") == "done"
    assert clock.sleeps == [3.0, 3.0]
    assert lines[0] == "orders (ab12cd34): busy (ongoing), 0 s"


def test_a_call_that_stays_busy_times_out():
    """Chained: the last Busy."""
    clock = FakeClock()
    with pytest.raises(TimedOut, match=r"ab12cd34.*busy") as caught:
        when_not_busy(Calls(Busy("b")), Waiter(clock, patience=30), "orders (ab12cd34)")
    assert isinstance(caught.value.__cause__, Busy)
    assert clock.passed == 30


@pytest.mark.parametrize("other", [LostAnswer("l"), Throttled("t"), NotFound("n")])
def test_other_errors_are_not_made_again(other):
    """A lost answer above all."""
    call = Calls(other)
    with pytest.raises(type(other)):
        when_not_busy(call, Waiter(FakeClock()), "x")
    assert call.count == 1


@pytest.mark.parametrize("inner", [LostAnswer("l"), TimedOut("t")])
def test_a_look_that_acted_or_gave_up_is_not_endured(inner):
    """It is no answer to a look."""
    call = Calls(inner, "never")
    with pytest.raises(type(inner)):
        Waiter(FakeClock()).until(call, lambda _seen: Done(), "x")
    assert call.count == 1


def test_the_first_look_is_after_a_gap_unless_told_otherwise():
    """Right after a request there is nothing to see yet."""
    for look_first, slept in ((False, [3.0]), (True, [])):
        clock = FakeClock()
        seen = Waiter(clock).until(lambda: None, lambda _: Done(), "x", look_first=look_first)
        assert seen is None
        assert clock.sleeps == slept


def test_a_wait_without_patience_looks_once_if_told_to_look_first():
    """Zero patience is a question, not a wait."""
    clock = FakeClock()
    with pytest.raises(TimedOut, match="last seen: not yet"):
        Waiter(clock, patience=0).until(
            lambda: 1, lambda _: KeepWaiting("not yet"), "x", look_first=True
        )
    assert clock.sleeps == []


def test_a_gap_of_zero_does_not_spin():
    """Time must pass between looks."""
    clock = FakeClock()
    with pytest.raises(TimedOut):
        Waiter(clock, seconds=0, fraction=0, patience=1).until(
            lambda: 1, lambda _: KeepWaiting("not yet"), "x"
        )
    assert len(clock.sleeps) <= 21


@pytest.mark.parametrize(
    ("verdict", "kind"), [(Failed("broke", "mend it"), OperationFailed),
                          (Unclear("who knows", "mend it"), TimedOut)]
)  # fmt: skip
def test_bad_verdicts_are_errors_with_their_way_out(verdict, kind):
    """Failed and unclear are different errors."""
    with pytest.raises(kind, match="mend it") as caught:
        Waiter(FakeClock()).until(lambda: 1, lambda _: verdict, "thing x")
    assert caught.value.message == f"thing x: {verdict.reason}, after 3 s."
