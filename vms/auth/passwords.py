"""Passwords: Argon2id (RFC 9106), in a thread, and the same work for a user who is not there."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from functools import cached_property
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from vms.core.errors import Exhausted, Invalid
from vms.core.secret import Secret

P = ParamSpec("P")
T = TypeVar("T")

SHORTEST = 8
LONGEST = 256
"""Characters. The upper bound keeps hashing cheap for us, not secure for them."""

AT_ONCE = 2
"""Hashes made at the same time: each takes 64 MiB and a core for tens of milliseconds."""
WAITING = 100
"""Beyond so many who wait for theirs, the next is refused."""


class Passwords:
    """Makes and checks hashes. `hasher`: tests pass a cheap one."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: Secret) -> str:
        """Raises Invalid when it is too short or too long, Exhausted when too many wait."""
        check_length(password)
        return await self._in_turn(self._hasher.hash, password.reveal())

    async def verify(self, password: Secret, hashed: str | None) -> bool:
        """Whether it is the one. `hashed` None, a user who is not there: False, as slowly."""
        matches = await self._in_turn(self._matches, password, hashed or self._nobody)
        return matches and hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    async def _in_turn(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        if self._waiting >= WAITING:
            raise Exhausted("too many sign in at once: wait a moment", retry_after_seconds=2)
        self._waiting += 1
        try:
            async with self._room:
                return await asyncio.to_thread(work, *given, **named)
        finally:
            self._waiting -= 1

    def _matches(self, password: Secret, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password.reveal()[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_hex(16))


def check_length(password: Secret) -> None:
    length = len(password.reveal())
    if length < SHORTEST:
        raise Invalid(
            f"a password has at least {SHORTEST} characters",
            field="password",
            code="password-short",
        )
    if length > LONGEST:
        raise Invalid(
            f"a password has at most {LONGEST} characters", field="password", code="too-long"
        )


def generated() -> Secret:
    """A password for a person to type: 4 groups of 4 letters and digits, about 80 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
    return Secret("-".join(groups))
