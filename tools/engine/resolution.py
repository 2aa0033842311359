"""Answers that the two ways to an engine share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NotUsable:
    """Why something that was looked at is not the engine."""

    reason: str


class NoEngineError(Exception):
    """No engine here, and none can be made: the text is one sentence that says what to install."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(
            f"There is no Pulumi engine here ({'; '.join(reasons)}): install Pulumi as "
            "https://www.pulumi.com/docs/install/ describes, and run this again."
        )


class BuildFailedError(NoEngineError):
    """Go is there, but the build did not succeed."""
