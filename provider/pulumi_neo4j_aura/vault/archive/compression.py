"""Zstandard: in Python from 3.14 on, from `backports.zstd` before; the same module."""

from __future__ import annotations

import sys
from typing import Any

if sys.version_info >= (3, 14):
    from compression import zstd  # type: ignore[import-not-found, unused-ignore]
else:
    from backports import zstd

#: 1: faster than anything in front of it, and within a tenth of level 3's size (measured).
LEVEL = 1

ZstdError = zstd.ZstdError


def compressor() -> Any:
    """One frame with a checksum of its content."""
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: LEVEL,
        zstd.CompressionParameter.checksum_flag: 1,
    }
    return zstd.ZstdCompressor(options=options)


def decompressor() -> Any:
    """For one frame."""
    return zstd.ZstdDecompressor()
