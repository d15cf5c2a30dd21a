"""The recorder: from cameras to sealed segments, and live access units to whoever watches.

What belongs here: RTSP and RTP, time mapping, segments, the spool, uploading, the feed. What does
not: SQL, HTTP, anything a viewer sees. `recorder.fleet.record` owns every task.
"""
