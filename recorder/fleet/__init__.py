"""Sharing the cameras among recorders, and looking after those that are ours.

Here: who should have which camera, who may (leases), what runs, how a camera moves. Not: how one
stream is read and written (the rest of `recorder`). `record` owns every task.
"""

from recorder.fleet.process import record

__all__ = ["record"]
