from pulumi_neo4j_aura.domain.instance import CreatedInstance
from pulumi_neo4j_aura.domain.snapshot import DEAD, Snapshot


def test_a_created_instance_never_shows_its_password():
    """It is logged and formatted like any other value."""
    made = CreatedInstance("ab12cd34", "orders", "project-1", None, "neo4j", "canary-password")
    assert "canary-password" not in f"{made!r} {made}"


def test_a_snapshot_is_a_whole_copy_only_when_completed():
    """No other status, known or not, counts as a copy."""
    known = ("Completed", "Pending", "InProgress", "Failed", "Cancelled", "", "odd")
    seen = [status for status in known if Snapshot("1", "ab12cd34", status).completed]
    assert seen == ["Completed"]
    assert "Completed" not in DEAD
