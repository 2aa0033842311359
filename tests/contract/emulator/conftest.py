"""Fixtures for the emulator's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.emulator.beta import Beta
from contract.emulator.world import World
from support.emulator import EmulatorProcess, running_emulator

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def world() -> Iterator[World]:
    """A fresh emulator in this process, its clock standing still."""
    fresh = World()
    yield fresh
    fresh.close()


@pytest.fixture
def beta(world: World) -> Iterator[Beta]:
    """The same emulator through v2beta1."""
    with Beta(world) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def shared_process() -> Iterator[EmulatorProcess]:
    """One emulator process for all tests that only need a real connection."""
    with running_emulator() as process:
        yield process


@pytest.fixture
def process(shared_process: EmulatorProcess) -> EmulatorProcess:
    """The shared process as after its first start."""
    shared_process.control.reset()
    return shared_process
