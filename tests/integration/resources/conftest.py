"""Fixtures of the tests of the resources' cores; see support/resources.py."""

from support.resources import (
    at_once,
    control,
    machine,
    one_emulator,
    other_machine,
    sender,
    services,
)

__all__ = ["at_once", "control", "machine", "one_emulator", "other_machine", "sender", "services"]
