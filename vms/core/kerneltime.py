"""Whether somebody disciplines this machine's clock: what the kernel was told by NTP or PTP."""

from __future__ import annotations

import ctypes

_UNSYNCHRONISED = 0x0040  # STA_UNSYNC, <sys/timex.h>
_LARGEST_ERROR_MICROS = 1_000_000
_PADDING = 44
"""Fields we do not read, and room for those of later kernels."""


class _Timex(ctypes.Structure):
    """`struct timex` up to what is read here (adjtimex(2))."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * _PADDING),
    )


def kernel_vouches() -> bool | None:
    """Whether the kernel holds its civil time to be right to the second; None: it does not say.

    A clock that was just set by hand is not vouched for until NTP has looked at it: the kernel
    forgets its synchronisation at every step. Reads only (`modes` 0), needs no right.
    """
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    told = _Timex()
    if adjtimex(ctypes.byref(told)) < 0:
        return None
    return not told.status & _UNSYNCHRONISED and told.maxerror < _LARGEST_ERROR_MICROS
