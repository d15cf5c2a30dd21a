"""Is a port free? Asked before anything is started, to say it in words."""

from __future__ import annotations

import errno
import socket

from vms.core.errors import Conflict


def check_free(host: str, port: int, variable: str) -> None:
    """Raises Conflict, naming the setting that chooses another one, when the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return  # who wants it will say what it is
            raise Conflict(
                f"port {port} is taken by another program: choose another one ({variable}=…)"
            ) from error
