"""The one table of routes: what there is, who may call it, what goes in and out.

A row without a declared right does not exist: `vms.api.table.check` refuses to start with it, and a
test calls every row as nobody, as a viewer without and with the right, and as an administrator.
"""

from __future__ import annotations

from aiohttp import web

from vms.api.accounts import (
    CompletenessOut,
    CompletenessQuery,
    EventIn,
    EventOut,
    RunsOut,
    RunsQuery,
)
from vms.api.archive_routes import ARCHIVE_ROUTES
from vms.api.call import Call
from vms.api.handlers import (
    cameras,
    clips,
    completeness,
    live,
    probe,
    runs,
    signals,
    site,
    state,
    users,
)
from vms.api.openapi import document
from vms.api.schemas import (
    CameraIn,
    CameraOut,
    CameraPatch,
    CamerasOut,
    ClipQuery,
    Credentials,
    HealthOut,
    ProbeIn,
    ProbeOut,
    SessionOut,
    SiteOut,
    UserIn,
    UserOut,
    UserPatch,
    UsersOut,
    WhepQuery,
    Word,
)
from vms.api.table import AnySignedIn, Public, Route
from vms.auth.policy import Action

_SDP = live.SDP
_FILTERED = AnySignedIn("lists only what the user may see")


async def get_openapi(call: Call) -> web.Response:
    return web.json_response(document(ROUTES))


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/site",
        Public("the sign-in page needs the site's name and language"),
        site.get_site,
        "The site, and whether it still needs its first administrator",
        answer=SiteOut,
    ),
    Route(
        "POST",
        "/api/setup",
        Public("works only while there is no user who could sign in"),
        site.set_up,
        "Make the first administrator and sign in as them",
        body=Credentials,
        answer=SessionOut,
        status=201,
    ),
    Route(
        "POST",
        "/api/session",
        Public("this is how one signs in"),
        site.sign_in,
        "Sign in",
        body=Credentials,
        answer=SessionOut,
    ),
    Route(
        "GET",
        "/api/session",
        AnySignedIn("says who asks"),
        site.get_session,
        "Who is signed in",
        answer=SessionOut,
    ),
    Route(
        "DELETE",
        "/api/session",
        Public("signing out twice is no mistake"),
        site.sign_out,
        "Sign out; the media this session opened ends",
    ),
    Route(
        "GET",
        "/api/cameras",
        _FILTERED,
        cameras.list_cameras,
        "The cameras, their streams and what those do now",
        answer=CamerasOut,
    ),
    Route(
        "POST",
        "/api/cameras",
        Action.ADMIN,
        cameras.add_camera,
        "Add a camera",
        body=CameraIn,
        answer=CameraOut,
        status=201,
    ),
    Route(
        "POST",
        "/api/cameras/probe",
        Action.ADMIN,
        probe.probe_camera,
        "Try an address before adding it",
        body=ProbeIn,
        answer=ProbeOut,
    ),
    Route(
        "PATCH",
        "/api/cameras/{camera_id}",
        Action.ADMIN,
        cameras.change_camera,
        "Change a camera",
        body=CameraPatch,
        answer=CameraOut,
    ),
    Route(
        "DELETE",
        "/api/cameras/{camera_id}",
        Action.ADMIN,
        cameras.remove_camera,
        "Remove a camera; its archive stays until retention ends it",
    ),
    Route(
        "GET",
        "/api/cameras/{camera_id}/clip.mp4",
        Action.EXPORT,
        clips.get_clip,
        "An exact MP4 of at most an hour",
        query=ClipQuery,
        answer="video/mp4",
    ),
    *ARCHIVE_ROUTES,
    Route(
        "GET",
        "/api/cameras/{camera_id}/runs",
        Action.PLAYBACK,
        runs.list_runs,
        "Sessions with the camera, their clocks, and where those were set",
        query=RunsQuery,
        answer=RunsOut,
    ),
    Route(
        "GET",
        "/api/completeness",
        AnySignedIn("lists what the user may see, and asks for the right to each camera named"),
        completeness.get_completeness,
        "Expected against stored, by day, with the reasons",
        query=CompletenessQuery,
        answer=CompletenessOut,
    ),
    Route(
        "POST",
        "/api/cameras/{camera_id}/events",
        Action.SIGNAL,
        signals.add_event,
        "Say that something happened: a camera kept around events keeps it",
        body=EventIn,
        answer=EventOut,
        status=202,
    ),
    Route(
        "GET",
        "/api/events",
        _FILTERED,
        live.follow_events,
        "Server-sent events: stream, node, cameras, session",
        answer="text/event-stream",
    ),
    Route(
        "POST",
        "/whep/{camera_id}",
        Action.LIVE,
        live.offer,
        "WHEP: an SDP offer in, the answer out",
        body=_SDP,
        query=WhepQuery,
        answer=_SDP,
        status=201,
        longest_body=live.LONGEST_SDP,
    ),
    Route(
        "DELETE",
        "/whep/{camera_id}/{peer_id}",
        Action.LIVE,
        live.close_peer,
        "WHEP: end a connection that this session opened",
    ),
    Route(
        "OPTIONS",
        "/whep/{camera_id}",
        Public("says only which methods there are"),
        live.whep_options,
        "WHEP: what may be posted",
    ),
    Route(
        "GET",
        "/api/users",
        Action.ADMIN,
        users.list_users,
        "The users",
        answer=UsersOut,
    ),
    Route(
        "POST",
        "/api/users",
        Action.ADMIN,
        users.add_user,
        "Add a user",
        body=UserIn,
        answer=UserOut,
        status=201,
    ),
    Route(
        "PATCH",
        "/api/users/{user_id}",
        Action.ADMIN,
        users.change_user,
        "Change a user; sessions end when rights shrink",
        body=UserPatch,
        answer=UserOut,
    ),
    Route(
        "DELETE",
        "/api/users/{user_id}",
        Action.ADMIN,
        users.remove_user,
        "Remove a user; never the last administrator",
    ),
    Route(
        "GET",
        "/api/health",
        Action.ADMIN,
        state.get_health,
        "Nodes, streams and their problems",
        answer=HealthOut,
    ),
    Route(
        "GET",
        "/api/openapi.json",
        Public("describes the program, not the site"),
        get_openapi,
        "This document",
        answer="application/json",
    ),
    Route(
        "GET",
        "/livez",
        Public("for load balancers; says one word"),
        state.livez,
        "Whether the process answers",
        answer=Word,
    ),
    Route(
        "GET",
        "/readyz",
        Public("for load balancers; says one word"),
        state.readyz,
        "Whether index and bus answer",
        answer=Word,
    ),
    Route(
        "GET",
        "/metrics",
        Action.ADMIN,
        state.metrics,
        "Prometheus metrics of this process",
        answer="text/plain",
    ),
)
