"""What every test starts with."""

import asyncio

import pytest

#: For programs against Pulumi's mocks. Never closed: their worker threads, which belong to it, hold
#: loops of their own that would then be dropped unclosed.
_LOOPS: list[asyncio.AbstractEventLoop] = []


@pytest.fixture(autouse=True)
def event_loop_of_this_thread() -> None:
    """Pulumi's SDK asks for the thread's loop; a test that ran one of its own leaves none."""
    if not _LOOPS:
        _LOOPS.append(asyncio.new_event_loop())
    asyncio.set_event_loop(_LOOPS[0])
