"""A value that must not be printed: camera passwords, keys, tickets."""

from __future__ import annotations

import hmac


class Secret:
    """Holds a string that shows only by `reveal()`; repr, str and format give `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')" if self._value else "Secret('')"

    def __str__(self) -> str:
        return "***" if self._value else ""

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(
            self._value.encode(), other._value.encode()
        )

    def __hash__(self) -> int:
        return hash(self._value)


NO_SECRET = Secret("")
"""Where a camera, a store or a server asks for none."""
