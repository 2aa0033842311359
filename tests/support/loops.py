"""Event loops that Pulumi's SDK leaves open: in worker threads, and after inline programs."""

from __future__ import annotations

import asyncio
import gc


def close_stray_loops(kept: asyncio.AbstractEventLoop | None = None) -> None:
    """Close every idle event loop but `kept`, in the place of those who made them."""
    loops = [each for each in gc.get_objects() if isinstance(each, asyncio.AbstractEventLoop)]
    for loop in loops:
        if loop is not kept and not loop.is_running():
            loop.close()
