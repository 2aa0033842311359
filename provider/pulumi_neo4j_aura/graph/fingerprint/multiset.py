"""The digest of a multiset: whatever order its members come in, and however they are split.

Every member is hashed to a number of 2048 bits; the sum modulo 2^2048 stands for all of them. What
is published is a hash of the sum. Why a sum, and why that wide: docs/reference/fingerprint.md.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

#: Bytes of a member's number. SHAKE128 gives this many, and 48 more, for the price of fewer.
WIDTH: Final = 256
_MODULUS: Final = 1 << (8 * WIDTH)
_DIGEST_BYTES: Final = 32


def published(total: int, members: int, what: bytes) -> str:
    """The digest of a sum: 64 hexadecimal digits.

    Args:
        total: the sum of the members' numbers, reduced or not.
        members: how many there are.
        what: what they are, up to 16 bytes, so that equal sums of different things differ.
    """
    content = (total % _MODULUS).to_bytes(WIDTH, "little") + members.to_bytes(8, "little")
    return blake2b(content, digest_size=_DIGEST_BYTES, person=what).hexdigest()
