"""Which fault a request meets."""

from aura_emulator.faults.rules import Fault, Rules


def met(rules, method="GET", path="/v1/instances"):
    """The rule that applies to a request, counted."""
    found = rules.next(method, path)
    if found is not None:
        found.applied += 1
    return found


def test_what_is_spent_is_shown_and_applies_no_more():
    """The next one does then."""
    rules = Rules()
    first, second = rules.add(Fault("html")), rules.add(Fault("status", times=2))
    assert [met(rules) for _ in range(4)] == [first, second, second, None]
    assert rules.rules == [first, second]
    third = rules.add(Fault("html"))
    assert met(rules) is third


def test_what_was_taken_back_applies_no_more():
    """One, or all."""
    rules = Rules()
    first, second = rules.add(Fault("html", times=0)), rules.add(Fault("status", times=0))
    assert met(rules) is first
    assert rules.remove(first.id)
    assert not rules.remove(first.id)
    assert met(rules) is second
    rules.clear()
    assert met(rules) is None
