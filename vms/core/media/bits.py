"""Reading bit fields and Exp-Golomb codes from a NAL unit's payload. Pure."""

from __future__ import annotations

from vms.core.errors import Corrupt


class BitReader:
    """Reads from the most significant bit on. Every read past the end raises Corrupt."""

    __slots__ = ("_left", "_value")

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    @property
    def left(self) -> int:
        """Bits not yet read."""
        return self._left

    def u(self, count: int) -> int:
        """`count` bits, unsigned."""
        if count > self._left:
            raise Corrupt("bit field reaches past the end", wanted=count, left=self._left)
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        return self.u(1) == 1

    def skip(self, count: int) -> None:
        self.u(count)

    def ue(self) -> int:
        """Unsigned Exp-Golomb (H.264 9.1), at most 32 bits as the standard says."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 32:
                raise Corrupt("Exp-Golomb code longer than 32 bits")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """Signed Exp-Golomb (H.264 9.1.1)."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
