"""A short run of the fuzzing that `python -m tests.fuzz` does for as long as it is let."""

from __future__ import annotations

import pytest

from tests.fuzz.runner import Failure, one
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_spoiled_input_neither_crashes_nor_hangs_what_reads_it(target: Target) -> None:
    for seed in range(150):
        one(target, seed)


def test_a_crash_is_told_with_what_makes_it_again() -> None:
    def crash(data: bytes, _: object) -> None:
        raise IndexError(len(data))

    with pytest.raises(Failure) as caught:
        one(Target("crashing", [b"abc"], crash), 5)
    with pytest.raises(Failure) as again:
        one(Target("crashing", [b"abc"], crash), 5)
    assert (caught.value.seed, caught.value.data) == (5, again.value.data)
    assert isinstance(caught.value.__cause__, IndexError)
