"""What verification counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

SCRUBBED_BYTES = Counter(
    "vms_storage_scrubbed_bytes", "Of objects read again in the background and compared"
)
DAMAGED = Gauge(
    "vms_storage_damaged_segments", "Segments known to be missing or not what was recorded"
)
PASS_SECONDS = Gauge(
    "vms_storage_scrub_pass_seconds", "How long the last whole pass over the archive took"
)
