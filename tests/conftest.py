"""What every test starts with."""

import asyncio
from collections.abc import Iterator

import pytest

from support.loops import close_stray_loops


@pytest.fixture(scope="session")
def event_loop_of_pulumi() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for all programs against Pulumi's mocks, which leave work on it until they end."""
    loop = asyncio.new_event_loop()
    yield loop
    close_stray_loops(loop)
    loop.close()


@pytest.fixture(autouse=True)
def event_loop_of_this_thread(event_loop_of_pulumi: asyncio.AbstractEventLoop) -> None:
    """Pulumi's SDK asks for the thread's loop; a test that ran one of its own leaves none."""
    asyncio.set_event_loop(event_loop_of_pulumi)
