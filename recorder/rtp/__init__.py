"""RTP and RTCP (RFC 3550) and the payload formats cameras send. Pure, sans-I/O.

What belongs here: packets, access units out of packets, media time, wall time. What does not: how
packets travel (`recorder.rtsp`) and what is done with access units (`recorder.ingest`). No object
is made per packet: packets are positions in the buffer they arrived in. See docs/design/time.md.
"""
