"""kill -9 of a recording process: only the open group of pictures may be missing."""

import asyncio
import signal
import sys
from itertools import pairwise
from pathlib import Path

import av
import pytest

from recorder.spool import open_spool
from tests.fakes.units import encode_pictures
from vms.core.media.fmp4 import parse_fragment, parse_init

ROOT = Path(__file__).resolve().parents[2]
VICTIM = """
import asyncio, sys
from pathlib import Path
from recorder.segmenter import Segmenter
from recorder.spool import open_spool
from tests.fakes.units import encode_pictures

async def main(folder):
    segmenter = Segmenter(3, 7, segment_seconds=5)
    async with open_spool(Path(folder), max_bytes=1 << 30) as spool:
        for unit in encode_pictures(count=1000):
            for step in segmenter.push(unit):
                await spool.write(step)
                await asyncio.sleep(0.02)
            print(unit.pts, flush=True)

asyncio.run(main(sys.argv[1]))
"""


async def record_until(folder: Path, pts: int) -> int:
    """Start the recorder, kill it when it has taken the picture at `pts`; the last one it took."""
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VICTIM, str(folder), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert victim.stdout is not None
    last = 0
    while last < pts:
        line = await asyncio.wait_for(victim.stdout.readline(), 60)
        assert line, "the recorder ended by itself"
        last = int(line)
    victim.send_signal(signal.SIGKILL)
    rest = (await victim.stdout.read()).split()
    await victim.wait()
    return int(rest[-1]) if rest else last


@pytest.mark.parametrize("killed_at", [30, 400, 777])
async def test_after_kill_9_at_most_the_open_group_is_missing(
    killed_at: int, tmp_path: Path
) -> None:
    last = await record_until(tmp_path, killed_at * 3600)
    async with open_spool(tmp_path, max_bytes=1 << 30) as spool:
        segments = await spool.recover()
        units = []
        for segment in segments:
            data = spool.path(segment).read_bytes()
            init = parse_init(data)
            for gop in segment.gops:
                units += parse_fragment(data[gop.offset : gop.offset + gop.size], init)
            with av.open(str(spool.path(segment))) as container:
                assert sum(1 for _ in container.decode(video=0)) == 25 * len(segment.gops)

    sent = encode_pictures(count=1000)
    assert units == sent[: len(units)]
    assert last - units[-1].pts <= 2 * 25 * 3600
    assert all(a.range.end == b.range.start for a, b in pairwise(segments))
    assert all(a.sha256 == b.prev_sha256 for a, b in pairwise(segments))
