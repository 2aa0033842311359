"""Sets of ids that fit into memory: a bit for each, in pieces made when first needed.

A database gives ids from zero up and reuses those of what was deleted, so ten million nodes take
little more than a megabyte. Ids that lie far apart cost 8 KB each at worst.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Self

#: Ids in one piece; and its size.
_PIECE: Final = 1 << 16
_BYTES: Final = _PIECE // 8
_LOW: Final = _PIECE - 1
_NUMBER: Final = 8
_LENGTH: Final = 2
_BITS: Final = tuple(1 << bit for bit in range(8))


class IdSet:
    """A set of integers from 0 up to 2^63-1."""

    def __init__(self) -> None:
        self._pieces: dict[int, bytearray] = {}
        self._size = 0

    def add(self, number: int) -> bool:
        """Put an id in; whether it was not there before."""
        piece = self._pieces.get(number >> 16)
        if piece is None:
            piece = self._new(number)
        low = number & _LOW
        bit = _BITS[low & 7]
        if piece[low >> 3] & bit:
            return False
        piece[low >> 3] |= bit
        self._size += 1
        return True

    def add_all(self, numbers: Sequence[int]) -> list[int]:
        """Put many ids in; the places of those that were there before, or came before."""
        repeated: list[int] = []
        pieces, bits = self._pieces, _BITS
        current: int | None = None
        piece = bytearray()
        for place, number in enumerate(numbers):
            high = number >> 16
            if high != current:
                piece, current = pieces.get(high) or self._new(number), high
            at, bit = (number & _LOW) >> 3, bits[number & 7]
            if piece[at] & bit:
                repeated.append(place)
            else:
                piece[at] |= bit
        self._size += len(numbers) - len(repeated)
        return repeated

    def merge(self, other: IdSet) -> None:
        """Put in what another set holds."""
        for index, theirs in other._pieces.items():
            piece = self._pieces.setdefault(index, bytearray(_BYTES))
            ours = int.from_bytes(piece)
            both = ours | int.from_bytes(theirs)
            piece[:] = both.to_bytes(_BYTES)
            self._size += both.bit_count() - ours.bit_count()

    def copy(self) -> IdSet:
        """A set of its own with the same ids."""
        made = IdSet()
        made._pieces = {index: bytearray(piece) for index, piece in self._pieces.items()}
        made._size = self._size
        return made

    def without(self, other: IdSet) -> IdSet:
        """The ids that the other set does not hold."""
        left = IdSet()
        for index, ours in self._pieces.items():
            bits = int.from_bytes(ours) & ~int.from_bytes(other._pieces.get(index, b""))
            if bits:
                left._pieces[index] = bytearray(bits.to_bytes(_BYTES))
                left._size += bits.bit_count()
        return left

    def to_bytes(self) -> bytes:
        """Something that `from_bytes` understands; the same for equal sets."""
        return b"".join(self._parts())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The set that was written.

        Raises:
            ValueError: it was cut or is something else.
        """
        found, at, last = cls(), 0, -1
        while at < len(data):
            index = int.from_bytes(data[at : at + _NUMBER])
            begin = at + _NUMBER + _LENGTH
            at = begin + int.from_bytes(data[at + _NUMBER : begin])
            bits = data[begin:at]
            if index <= last or begin > at - 1 or at > len(data) or len(bits) > _BYTES:
                raise ValueError("no set of ids, or not the whole of one")
            found._pieces[index] = bytearray(bits.ljust(_BYTES, b"\0"))
            found._size += int.from_bytes(bits).bit_count()
            last = index
        return found

    def __contains__(self, number: int) -> bool:
        piece = self._pieces.get(number >> 16)
        low = number & _LOW
        return piece is not None and bool(piece[low >> 3] & _BITS[low & 7])

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        """How many, not which."""
        return f"<IdSet of {self._size}>"

    def _new(self, number: int) -> bytearray:
        if not 0 <= number < 1 << 63:
            raise ValueError(f"{number} is no id")
        piece = self._pieces[number >> 16] = bytearray(_BYTES)
        return piece

    def _parts(self) -> Iterator[bytes]:
        for index in sorted(self._pieces):
            bits = bytes(self._pieces[index]).rstrip(b"\0")
            if bits:
                yield index.to_bytes(_NUMBER) + len(bits).to_bytes(_LENGTH) + bits
