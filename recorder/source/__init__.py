"""Where access units come from: the Source protocol and what stands behind it.

A source is opened for one run. Iterating gives batches of access units until the run ends with a
CameraError; it never ends otherwise. The tending tasks belong to the context.
"""

from recorder.source.opening import open_run
from recorder.source.protocol import Run, Source
from recorder.source.rtsp import RtspRun, RtspSource

__all__ = ["RtspRun", "RtspSource", "Run", "Source", "open_run"]
