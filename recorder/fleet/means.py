"""What every stream's care stands on: there is one of each in a process. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from recorder.config import RecordConfig
from recorder.disk import SpoolDisk
from recorder.feed import Feed
from recorder.fleet.awake import Awake
from recorder.fleet.gate import Gate
from recorder.gapbook import GapBook
from recorder.pinbook import PinBook
from recorder.rtsp.intake import Intake
from recorder.runbook import RunBook
from recorder.spool import Spool
from storage.archive import Archive
from vms.core.bus import Bus
from vms.core.clock import Clock


@dataclass(frozen=True, slots=True)
class Means:
    """What every stream's care stands on."""

    config: RecordConfig
    archive: Archive
    bus: Bus
    clock: Clock
    spool: Spool
    feed: Feed
    book: GapBook
    runs: RunBook
    disk: SpoolDisk
    gate: Gate
    intake: Intake
    pins: PinBook
    awake: Awake
