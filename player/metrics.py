"""What a player counts. Shown by the process's `/metrics`; nothing here decides anything."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

VIEWERS = Gauge("vms_player_viewers", "Peer connections open now")
FEEDS = Gauge("vms_player_feeds", "Live feeds held open now")
PACKETS = Counter("vms_player_packets", "RTP packets sent, retransmissions not counted")
SENT_BYTES = Counter("vms_player_sent_bytes", "Bytes of these packets, with headers and tags")
RETRANSMITTED = Counter("vms_player_retransmitted_packets", "RTP packets sent again on request")
SKIPPED = Counter(
    "vms_player_skipped_pictures", "Live pictures not sent to viewers too slow for them"
)
IGNORED = Counter("vms_player_ignored_messages", "Control messages not understood")
OFFERS = Counter("vms_player_offers", "Offers by outcome", ["outcome"])
LAG = Histogram(
    "vms_player_loop_lag_seconds",
    "How late the event loop wakes",
    buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1),
)
