"""What the recorder counts, for Prometheus. Names: `vms_recorder_<noun>_<unit>`.

Streams add what they counted every two seconds, not per access unit.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from vms.core.clock import Clock

UNITS = Counter("vms_recorder_units_total", "Access units received", ("stream",))
BYTES = Counter("vms_recorder_received_bytes_total", "Bytes received from cameras", ("stream",))
LOST = Counter("vms_recorder_lost_total", "Packets and access units lost on the way", ("stream",))
SKIPPED = Counter(
    "vms_recorder_skipped_units_total", "Access units that no decoder could use", ("stream",)
)
HELD_DROPPED = Counter(
    "vms_recorder_held_dropped_groups_total", "Groups held for an event that had no room any more"
)
GAPS = Counter("vms_recorder_gaps_total", "Gaps that began, by cause", ("cause",))
RECONNECTS = Counter("vms_recorder_reconnects_total", "Runs that ended, by cause", ("cause",))
CAMERA_OFFSET = Gauge(
    "vms_recorder_camera_clock_offset_seconds", "How far the camera's clock is ahead", ("stream",)
)
CLOCK_STEPS = Counter(
    "vms_recorder_clock_steps_total", "Clocks that were set, by whose", ("clock",)
)
SERVER_OFFSET = Gauge(
    "vms_recorder_server_clock_offset_seconds", "How far recording's time is ahead of the server's"
)
STREAMS = Gauge("vms_recorder_streams", "Streams by condition", ("condition",))
LEASES = Gauge("vms_recorder_leases", "Cameras this recorder holds")
MEMBERS = Gauge("vms_recorder_members", "Recorders alive, as this one sees it")
HANDOVERS = Counter("vms_recorder_handovers_total", "Cameras taken from a living one", ("how",))
WATCHERS = Gauge("vms_recorder_watchers", "Feeds that are being sent")
SPOOL_BYTES = Gauge("vms_recorder_spool_bytes", "Bytes recorded and not archived yet")
ARCHIVED = Counter("vms_recorder_archived_segments_total", "Segments handed to the archive")
REFUSED = Counter("vms_recorder_refused_segments_total", "Segments the archive will not take")
DROPPED = Counter(
    "vms_recorder_dropped_segments_total", "Segments dropped for cameras of higher priority"
)
JOURNAL_DROPPED = Counter("vms_recorder_dropped_gap_notes_total", "Gap notes lost, index away")
LOOP_LAG = Histogram(
    "vms_recorder_loop_lag_seconds",
    "How late the event loop is",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
_LAG_EVERY_SECONDS = 0.05


async def measure_lag(clock: Clock) -> None:
    """Until cancelled: how much later than asked for the loop wakes a sleeper."""
    while True:
        asked = clock.monotonic() + _LAG_EVERY_SECONDS
        await clock.sleep(_LAG_EVERY_SECONDS)
        LOOP_LAG.observe(max(0.0, clock.monotonic() - asked))
