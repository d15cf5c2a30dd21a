"""RTSP 1.0 (RFC 2326) as a client: messages, SDP, authentication, the asyncio connection.

What belongs here: how a session with a camera is opened, kept alive and ended, media interleaved in
the same TCP connection. What does not: what the media mean (`recorder.rtp`). Everything but
`client` is pure. See docs/design/recording.md.
"""
