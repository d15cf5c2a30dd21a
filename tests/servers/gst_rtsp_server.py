"""GStreamer's RTSP server serving one MP4 file untouched. Run by /usr/bin/python3 (it needs `gi`).

    gst_rtsp_server.py FILE [--port N] [--audio] [--h265]
                       [--auth basic|digest --user U --password P] [--only tcp|udp] [--tls PEM]

Prints `PORT <n>` when it listens; the stream is at /stream. The file starts over for every client.
Packets carry the NAL units of the file; parameter sets are sent in the session description only.
"""

from __future__ import annotations

import argparse
import signal

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402


def launch_line(options: argparse.Namespace) -> str:
    codec = "h265" if options.h265 else "h264"
    video = f"d. ! queue ! {codec}parse ! rtp{codec}pay name=pay0 pt=96 config-interval=0"
    audio = "d. ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97" if options.audio else ""
    return f'( filesrc location="{options.file}" ! qtdemux name=d {video} {audio} )'


def protect(server: GstRtspServer.RTSPServer, options: argparse.Namespace) -> None:
    auth = GstRtspServer.RTSPAuth()
    permitted = GstRtspServer.RTSPToken()
    permitted.set_string("media.factory.role", "user")
    if options.auth == "basic":
        made = GstRtspServer.RTSPAuth.make_basic(options.user, options.password)
        auth.add_basic(made, permitted)
    else:
        auth.set_supported_methods(2)  # GST_RTSP_AUTH_DIGEST
        auth.add_digest(options.user, options.password, permitted)
    server.set_auth(auth)


def encrypt(server: GstRtspServer.RTSPServer, options: argparse.Namespace) -> None:
    """All of it over TLS, for anybody."""
    auth = GstRtspServer.RTSPAuth()
    auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(options.tls))
    anyone = GstRtspServer.RTSPToken()
    anyone.set_string("media.factory.role", "anyone")
    auth.set_default_token(anyone)
    server.set_auth(auth)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--port", default="0")
    parser.add_argument("--audio", action="store_true")
    parser.add_argument("--h265", action="store_true")
    parser.add_argument("--auth", choices=("basic", "digest"))
    parser.add_argument("--user", default="operator")
    parser.add_argument("--password", default="")
    parser.add_argument("--only", choices=("tcp", "udp"))
    parser.add_argument("--tls", metavar="PEM")
    options = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch_line(options))
    if options.only:
        lower = GstRtsp.RTSPLowerTrans
        factory.set_protocols(lower.TCP if options.only == "tcp" else lower.UDP)
    if options.tls:
        encrypt(server, options)
        factory.add_role_from_structure(
            Gst.Structure.new_from_string(
                "anyone, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
            )
        )
    if options.auth:
        protect(server, options)
        role = Gst.Structure.new_from_string(
            "user, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
        )
        factory.add_role_from_structure(role)
    server.get_mount_points().add_factory("/stream", factory)
    server.attach(None)
    print("PORT", server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, loop.quit)
    loop.run()


if __name__ == "__main__":
    main()
