"""The spool: segments being written, and sealed ones the archive does not have yet.

What belongs here: files, the writer thread, recovery after a crash. What does not: where segments
are cut (`recorder.segmenter`), putting them into the archive (the uploader). `open_spool` owns the
thread. Design: docs/design/segments.md.
"""

from recorder.spool.spool import Spool, is_free, open_spool

__all__ = ["Spool", "is_free", "open_spool"]
