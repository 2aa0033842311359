"""Things that go wrong on purpose, and the record of what was asked."""
