"""Numbers of things, as people write them."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """`1 copy`, `2 copies`, `1,000 nodes`: the thing is given as one of it."""
    if number == 1:
        return f"1 {thing}"
    several = f"{thing[:-1]}ies" if thing.endswith(("py", "cy")) else f"{thing}s"
    return f"{number:,} {several}"
