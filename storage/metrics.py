"""What storage counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

COMMIT_SECONDS = Histogram(
    "vms_storage_commit_seconds", "From a sealed file to its row in the index, or to the failure"
)
COMMITTED_BYTES = Counter("vms_storage_committed_bytes", "Of segments that entered the archive")
EXPIRED_SEGMENTS = Counter("vms_storage_expired_segments", "Moved out of the archive by age")
DELETED_BYTES = Counter("vms_storage_deleted_bytes", "Of objects deleted from the store")
MOVED_BYTES = Counter("vms_storage_moved_bytes", "Of segments that went to the cold store")
MOVE_FAILURES = Counter(
    "vms_storage_move_failures", "Segments that stay because their object is damaged or missing"
)
HELD_OBJECTS = Gauge("vms_storage_held_objects", "That the store itself holds, because of locks")
DAY_SECONDS = Gauge(
    "vms_storage_day_seconds",
    "Of the newest 24 h of a stream, by what became of it: stored, pending, excused, missing,"
    " unexplained; the last but one and two by cause",
    ("stream", "state", "cause"),
)
RETENTION_LAG_SECONDS = Gauge(
    "vms_storage_retention_lag_seconds",
    "By which the most overdue video is older than it may be; locked video and events aside",
)
FORECAST_DAYS = Gauge(
    "vms_storage_forecast_days", "Until the store is full at today's rate; +Inf: never, or unknown"
)
CAMERA_FORECAST_DAYS = Gauge(
    "vms_storage_camera_forecast_days", "How far back a camera will reach at its rate", ("camera",)
)
MINIMUM_AT_RISK = Gauge(
    "vms_storage_minimum_at_risk_cameras", "For whose min_days there is no room at today's rate"
)
SWEEP_SECONDS = Gauge("vms_storage_sweep_seconds", "How long the last pass of retention took")
FILL_RATIO = Gauge("vms_storage_fill_ratio", "Of the store's bytes, taken by anything")
PROTECTED_RATIO = Gauge(
    "vms_storage_protected_ratio",
    "Of the store's bytes, taken by what must stay: locked, too young",
)
RESTING_CAMERAS = Gauge(
    "vms_storage_resting_cameras", "Not recorded because the store is full of what must stay"
)
