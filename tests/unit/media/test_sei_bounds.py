"""What the SEI of a hostile camera may cost."""

from __future__ import annotations

import time

from vms.core.media.h264 import is_random_access, is_whole_sei, sei_messages
from vms.core.media.h265 import is_random_access as is_random_access_h265

LARGE = 15 * 1024 * 1024


def test_an_sei_of_fifteen_megabytes_of_empty_messages_costs_next_to_nothing() -> None:
    empty = b"\x09\x00" * (LARGE // 2)
    escaped = b"\0\0\x03" * (LARGE // 3)
    begun = time.process_time()
    for body in (empty, escaped, b"\xff" * LARGE):
        assert len(sei_messages(b"\x06" + body)) <= 256
        is_whole_sei(b"\x06" + body)
        assert not is_random_access([b"\x06" + body])
        assert not is_random_access_h265([b"\x4e\x01" + body])
    assert (
        time.process_time() - begun < 20
    )  # less than one on a quiet machine, hours without bounds
