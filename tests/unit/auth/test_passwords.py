"""Passwords are hashed well, checked in turn, and a user who is not there costs the same work."""

from __future__ import annotations

import asyncio
import re
import threading
from typing import Literal

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from vms.auth.passwords import AT_ONCE, LONGEST, SHORTEST, WAITING, Passwords, generated
from vms.auth.tokens import new_token, session_id, token_sha256
from vms.core.errors import Exhausted, Invalid
from vms.core.secret import Secret


class Counting(PasswordHasher):
    """Counts checks, and can hold them."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = 0
        self.inside = self.most_inside = 0
        self.free = threading.Event()
        self.free.set()

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.verified += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        assert self.free.wait(30)
        self.inside -= 1
        return super().verify(hash, password)


async def test_the_right_password_matches_and_another_does_not() -> None:
    passwords = Passwords(Counting())
    hashed = await passwords.hash(Secret("a-long-password"))
    assert "a-long-password" not in hashed
    assert await passwords.verify(Secret("a-long-password"), hashed)
    assert not await passwords.verify(Secret("a-long-passwore"), hashed)


async def test_a_user_who_is_not_there_costs_the_same_work() -> None:
    hasher = Counting()
    assert not await Passwords(hasher).verify(Secret("a-long-password"), None)
    assert hasher.verified == 1


async def test_a_hash_that_is_none_matches_nothing() -> None:
    assert not await Passwords(Counting()).verify(Secret("a-long-password"), "not a hash")


async def test_the_parameters_are_those_of_rfc_9106() -> None:
    hashed = await Passwords().hash(Secret("a-long-password"))
    found = extract_parameters(hashed)
    assert (found.type, found.time_cost, found.memory_cost) == (Type.ID, 3, 65536)


async def test_an_old_hash_is_noticed() -> None:
    cheap = await Passwords(Counting()).hash(Secret("a-long-password"))
    assert Passwords().is_outdated(cheap)
    assert not Passwords(Counting()).is_outdated(cheap)


@pytest.mark.parametrize("length", [SHORTEST - 1, LONGEST + 1])
async def test_too_short_and_too_long_is_said_beside_the_field(length: int) -> None:
    with pytest.raises(Invalid) as raised:
        await Passwords(Counting()).hash(Secret("x" * length))
    assert raised.value.context["field"] == "password"


async def test_few_are_hashed_at_once_and_a_crowd_is_refused() -> None:
    hasher = Counting()
    passwords = Passwords(hasher)
    hashed = await passwords.hash(Secret("a-long-password"))
    hasher.free.clear()
    async with asyncio.TaskGroup() as tasks:
        crowd = [
            tasks.create_task(passwords.verify(Secret("a-long-password"), hashed))
            for _ in range(WAITING)
        ]
        await asyncio.sleep(0)
        with pytest.raises(Exhausted):
            await passwords.verify(Secret("a-long-password"), hashed)
        hasher.free.set()
    assert all(task.result() for task in crowd)
    assert hasher.most_inside <= AT_ONCE


def test_a_made_password_is_long_and_easy_to_type() -> None:
    made = {generated().reveal() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}", each) for each in made)


def test_a_token_is_known_by_its_hash_only() -> None:
    token = new_token()
    assert len(token_sha256(token)) == 32
    assert token_sha256(token) != token_sha256(new_token())
    assert token.reveal() not in session_id(token_sha256(token))
    assert len(session_id(token_sha256(token))) == 32
