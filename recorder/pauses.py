"""How long to wait before a camera that failed is tried again. Pure."""

from __future__ import annotations

import random

from vms.core.model import Cause

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 15.0
PASSWORD_PAUSE_SECONDS = 1800.0
"""Cameras lock a user out who comes with a wrong password too often: after the first refusal the
password must change; once in half an hour it is tried whether the camera changed its mind."""
GOOD_RUN_SECONDS = 10.0


class Pauses:
    """How long to wait before the next attempt. Pure."""

    def __init__(self) -> None:
        self._failures = 0

    def after(self, cause: Cause, lasted_seconds: float) -> float:
        """Seconds to wait after a run that ended by `cause`, `lasted_seconds` after its first
        picture (0: it had none). Doubles, with jitter, and starts over after a good run."""
        if cause in (Cause.CONNECTING, Cause.CLOCK_STEP):
            return 0.0  # our own clock was set: the camera is fine
        if lasted_seconds >= GOOD_RUN_SECONDS:
            self._failures = 0
        if cause is Cause.BAD_PASSWORD:
            return PASSWORD_PAUSE_SECONDS * random.uniform(1.0, 1.1)
        self._failures += 1
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures - 1, 16), LONGEST_PAUSE_SECONDS)
        return pause * random.uniform(1.0, 1.4)
