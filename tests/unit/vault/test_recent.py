"""What was made of bytes is kept for a while."""

import pytest

from pulumi_neo4j_aura.vault.recent import Recent


def test_the_same_bytes_are_read_once():
    """Other bytes are read."""
    recent, read = Recent[str](), []

    def reading(data):
        read.append(data)
        return data.decode()

    assert [recent.of(data, reading) for data in (b"a", b"a", b"b", b"a")] == ["a", "a", "b", "a"]
    assert read == [b"a", b"b"]


def test_what_was_written_needs_not_be_read():
    """Whoever wrote it knows what it says."""
    recent = Recent[str]()
    recent.keep(b"a", "known")
    assert recent.of(b"a", lambda _data: "read") == "known"


def test_the_oldest_are_forgotten():
    """A daemon runs for years."""
    recent = Recent[str]()
    for number in range(10):
        recent.keep(b"%d" % number, "known")
    assert recent.of(b"9", lambda _data: "read") == "known"
    assert recent.of(b"0", lambda _data: "read") == "read"


def test_bytes_that_cannot_be_read_are_not_kept():
    """The error is told each time."""
    recent = Recent[str]()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            recent.of(b"a", lambda _data: str(1 // 0))
