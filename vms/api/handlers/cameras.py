"""Cameras: what there is, adding, changing, removing. Passwords go in and never come out."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from storage.index import KEEP, CameraChange, Keep, NewCamera, NewStream
from vms.api.addresses import camera_address
from vms.api.call import Api, Call
from vms.api.handlers.retention import set_days
from vms.api.problems import WrongFields
from vms.api.schemas import CameraIn, CameraOut, CameraPatch, CamerasOut
from vms.auth.policy import Action, allows, sees
from vms.core.model import Camera, Stream, StreamRole
from vms.core.secret import Secret

T = TypeVar("T")
_OF_STREAMS = frozenset(CameraPatch.model_fields) - {
    *("name", "number", "enabled", "retention_days", "priority"),
    *("purposes", "owner_agency", "sign_posted", "contact"),
}
"""Fields of a change that concern the streams."""


_USUAL = Stream(0, 0, StreamRole.MAIN, "")
"""What a stream is where nobody said otherwise."""


async def list_cameras(call: Call) -> CamerasOut:
    cameras = await call.api.index.cameras.list()
    return CamerasOut(
        cameras=[_out(call, camera) for camera in cameras if sees(call.user, camera.id)]
    )


async def add_camera(call: Call) -> CameraOut:
    sent = call.body(CameraIn)
    camera = await call.api.index.cameras.add(
        NewCamera(
            name=sent.name,
            number=sent.number,
            enabled=sent.enabled,
            retention_days=sent.retention_days,
            priority=sent.priority,
            streams=new_streams(sent),
            purposes=tuple(sent.purposes),
            owner_agency=sent.owner_agency,
            sign_posted=sent.sign_posted,
            contact=sent.contact,
        )
    )
    await _changed(call.api, camera.id)
    return _out(call, camera)


async def change_camera(call: Call) -> CameraOut:
    """Fewer days than before count after retention's delay; until then the old ones are told."""
    sent = call.body(CameraPatch)
    before = await call.api.index.cameras.get(call.camera_id)
    change = CameraChange(
        name=KEEP if sent.name is None else sent.name,
        number=KEEP if sent.number is None else sent.number,
        enabled=KEEP if sent.enabled is None else sent.enabled,
        priority=KEEP if sent.priority is None else sent.priority,
        streams=changed_streams(before.streams, sent),
        purposes=KEEP if sent.purposes is None else tuple(sent.purposes),
        owner_agency=KEEP if sent.owner_agency is None else sent.owner_agency,
        sign_posted=KEEP if sent.sign_posted is None else sent.sign_posted,
        contact=KEEP if sent.contact is None else sent.contact,
    )
    camera = await call.api.index.cameras.change(before.id, change)
    if "retention_days" in sent.model_fields_set:
        await set_days(call, before.id, sent.retention_days)
        camera = await call.api.index.cameras.get(before.id)
    await _changed(call.api, camera.id)
    return _out(call, camera)


async def remove_camera(call: Call) -> None:
    """Out of the list; its archive stays until retention ends it. Who watches it stops watching."""
    await call.api.index.cameras.remove(call.camera_id)
    await call.api.bus.publish("play.revoke", {"camera_id": call.camera_id})
    await _changed(call.api, call.camera_id)


def new_streams(sent: CameraIn) -> tuple[NewStream, ...]:
    """The streams of a new camera. Raises WrongFields beside the field."""
    main = _new_stream(StreamRole.MAIN, sent.main_url, "main_url", sent)
    if not sent.sub_url:
        return (main,)
    sub = _new_stream(StreamRole.SUB, sent.sub_url, "sub_url", sent)
    own = sub.username or sub.password
    inherited = sub if own else replace(sub, username=main.username, password=main.password)
    policy = (sent.sub_policy or sent.policy).policy()
    return (main, replace(inherited, record=sent.record_sub, policy=policy))


def changed_streams(before: tuple[Stream, ...], sent: CameraPatch) -> tuple[NewStream, ...] | Keep:
    """The new set of streams, or KEEP when nothing that was sent concerns them."""
    if not _OF_STREAMS & sent.model_fields_set:
        return KEEP
    known = {stream.role: stream for stream in before}
    main = _changed_stream(StreamRole.MAIN, known.get(StreamRole.MAIN), sent.main_url, sent)
    if main is None:
        raise WrongFields(("main_url", "required"))
    sub_url = "" if "sub_url" in sent.model_fields_set and not sent.sub_url else sent.sub_url
    sub = _changed_stream(StreamRole.SUB, known.get(StreamRole.SUB), sub_url, sent)
    if sub is None:
        return (main,)
    if StreamRole.SUB not in known:
        sub = _like_main(sub, main, known.get(StreamRole.MAIN), sent)
    return (main, sub)


def _new_stream(role: StreamRole, text: str, field: str, sent: CameraIn) -> NewStream:
    address = camera_address(text, field, sent.engine)
    given = None if sent.password is None else Secret(sent.password.get_secret_value())
    return NewStream(
        role=role,
        url=address.url,
        username=sent.username or address.username or "",
        password=given or address.password,
        record=sent.record_main,
        audio=sent.audio,
        engine=sent.engine,
        transport=sent.transport,
        policy=sent.policy.policy(),
    )


def _changed_stream(
    role: StreamRole, before: Stream | None, text: str | None, sent: CameraPatch
) -> NewStream | None:
    """None: there is no such stream (any more). `text` None: the address stays."""
    if text == "" or (text is None and before is None):
        return None
    kept = before or _USUAL
    engine = sent.engine or kept.engine
    address = camera_address(kept.url if text is None else text, f"{role}_url", engine)
    password = None if sent.password is None else Secret(sent.password.get_secret_value())
    kept_record = before.record if before is not None else role is StreamRole.MAIN
    is_sub = role is StreamRole.SUB
    record, policy = (
        (sent.record_sub, sent.sub_policy) if is_sub else (sent.record_main, sent.policy)
    )
    return NewStream(
        role=role,
        url=address.url,
        username=_first(sent.username, address.username, before.username if before else "") or "",
        password=password if password is not None else address.password,
        record=kept_record if record is None else record,
        audio=kept.audio if sent.audio is None else sent.audio,
        engine=engine,
        transport=sent.transport or kept.transport,
        policy=kept.policy if policy is None else policy.policy(),
    )


def _like_main(
    sub: NewStream, main: NewStream, before: Stream | None, sent: CameraPatch
) -> NewStream:
    """A sub stream that was not there: what is not said of it is as with the main stream."""
    sub = replace(sub, engine=main.engine, transport=main.transport)
    if sent.audio is None:
        sub = replace(sub, audio=main.audio)
    if sent.sub_policy is None:
        sub = replace(sub, policy=main.policy)
    if sub.username or sub.password is not None:
        return sub
    kept = before.password if before is not None and before.password else None
    return replace(sub, username=main.username, password=main.password or kept)


def _first(*values: T | None) -> T | None:
    return next((value for value in values if value is not None), None)


def _out(call: Call, camera: Camera) -> CameraOut:
    admin = allows(call.user, Action.ADMIN)
    return CameraOut.of(camera, call.api.watch.board.of_camera(camera.id), admin=admin)


async def _changed(api: Api, camera_id: int) -> None:
    await api.bus.publish("cameras.changed", {"camera_id": camera_id})
    api.watch.cameras_changed()
