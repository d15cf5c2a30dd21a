"""Simulated cameras: a real RTSP server whose pictures carry a clock for people and for tests.

What belongs here: drawing, coding and serving of pictures that look like a city's cameras, and a
menu of misbehaviours. What does not: anything that the recorder or the player needs. The camera
server owns all tasks. Design note: docs/design/simulated-cameras.md.
"""

from __future__ import annotations

from vms.demo.cameras import DEMO_CAMERAS, add_arguments, run, run_demo_cameras

__all__ = ["DEMO_CAMERAS", "add_arguments", "run", "run_demo_cameras"]
