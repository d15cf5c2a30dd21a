"""What must live for ever is supervised: a bug costs one job for a moment, not the process.

This is the only place with `except Exception`.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

from vms.core.clock import Clock
from vms.core.errors import VmsError

log = logging.getLogger(__name__)

T = TypeVar("T")


async def supervise(
    name: str,
    job: Callable[[], Awaitable[object]],
    *,
    clock: Clock,
    first_pause_seconds: float = 0.5,
    longest_pause_seconds: float = 30.0,
) -> NoReturn:
    """Run `job` for ever. When it returns or raises, log why, pause with jitter, run it again.

    The pause doubles up to `longest_pause_seconds` and starts over once a run has lasted longer
    than that. Only cancellation ends it.
    """
    pause = first_pause_seconds
    while True:
        started = clock.monotonic()
        try:
            await job()
            log.warning("%s ended; starting it again in %.1f s", name, pause)
        except VmsError as error:
            log.warning("%s failed: %s; again in %.1f s", name, error, pause)
        except Exception:
            log.exception("%s failed unexpectedly; again in %.1f s", name, pause)
        if clock.monotonic() - started > longest_pause_seconds:
            pause = first_pause_seconds
        await clock.sleep(pause * random.uniform(0.8, 1.2))
        pause = min(pause * 2, longest_pause_seconds)


async def contained(name: str, job: Callable[[], Awaitable[T]], *, otherwise: T) -> T:
    """Run `job` once for somebody else: a bug in it is logged and gives `otherwise`.

    For one request of many, where a bug must not cost the others. VmsErrors and cancellation pass.
    """
    try:
        return await job()
    except VmsError:
        raise
    except Exception:
        log.exception("%s failed unexpectedly", name)
        return otherwise
