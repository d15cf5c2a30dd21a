"""The second engine: everything that is not RTSP, by FFmpeg's libraries through PyAV.

Files, MPEG-TS over UDP or HTTP, RTMP, HTTP; RTSP too, for a stream that is set to it. libavformat
blocks, so each stream is read in a thread of its own, of which there are at most MOST_READERS.
Nothing is decoded here. `av` is imported when the first such stream is opened: it costs 30 MB.
"""

from recorder.pyav.address import SCHEMES
from recorder.pyav.source import PyavSource

__all__ = ["SCHEMES", "PyavSource"]
