"""What the pages are told of streams and nodes: news, silence, cameras that come and go."""

from __future__ import annotations

from vms.api.board import FORGET_SECONDS, SILENT_SECONDS, Board, Change
from vms.api.schemas import NodeOut, StreamStateOut
from vms.core.model import Camera, Cause, Stream, StreamCondition, StreamRole
from vms.core.walltime import WallTime

WALL = WallTime(1_000_000)


def camera(camera_id: int = 1, enabled: bool = True) -> Camera:
    stream = Stream(10 + camera_id, camera_id, StreamRole.MAIN, "rtsp://192.0.2.1/1")
    return Camera(camera_id, camera_id, "Gate", enabled, streams=(stream,))


def state(camera_id: int = 1, since: int = 5) -> StreamStateOut:
    return StreamStateOut(
        stream_id=10 + camera_id,
        camera_id=camera_id,
        role=StreamRole.MAIN,
        condition=StreamCondition.RECORDING,
        since=since,
        fps=25.0,
    )


def node(at: int = 1) -> NodeOut:
    return NodeOut(node="n1", role="record", at=at)


def board_with(*cameras: Camera) -> Board:
    board = Board()
    board.cameras(cameras, WALL, now=0.0)
    return board


def test_a_camera_that_nobody_spoke_of_is_connecting_and_then_without_a_recorder() -> None:
    board = board_with(camera())
    assert board.of_camera(1)[0].condition is StreamCondition.CONNECTING
    assert board.tick(WALL, now=SILENT_SECONDS - 1) == []
    (change,) = board.tick(WallTime(9), now=SILENT_SECONDS)
    assert change.stream is not None
    assert (change.stream.cause, change.stream.since) == (Cause.RECORDER_OFF, 9)
    assert board.tick(WallTime(10), now=SILENT_SECONDS + 1) == [], "it is said once"


def test_a_camera_switched_off_is_not_the_recorders_fault() -> None:
    (change,) = board_with(camera(enabled=False)).tick(WALL, now=SILENT_SECONDS)
    assert change.stream is not None
    assert change.stream.cause is Cause.DISABLED


def test_who_speaks_again_is_heard_again() -> None:
    board = board_with(camera())
    board.tick(WALL, now=SILENT_SECONDS)
    assert board.stream(state(), now=9.0) == [Change("stream", 1, stream=state())]
    assert board.tick(WALL, now=9.0 + SILENT_SECONDS - 0.1) == []
    (silent,) = board.tick(WALL, now=9.0 + SILENT_SECONDS)
    assert silent.stream is not None
    assert silent.stream.fps == 0.0


def test_news_of_streams_we_do_not_have_is_not_passed_on() -> None:
    board = board_with(camera())
    assert board.stream(state(camera_id=2), now=1.0) == []
    lie = state().model_copy(update={"camera_id": 2})
    assert board.stream(lie, now=1.0) == [], "the stream of one camera told as another's"


def test_the_list_of_cameras_is_told_when_it_changed_only() -> None:
    board = board_with(camera())
    assert board.cameras([camera()], WALL, now=1.0) == []
    assert board.cameras([camera(), camera(2)], WALL, now=1.0) == [Change("cameras", None)]
    assert board.cameras([camera(2)], WALL, now=1.0) == [Change("cameras", None)]
    assert [each.camera_id for each in board.streams()] == [2]


def test_a_node_is_told_when_it_changed_lost_when_silent_and_forgotten_in_the_end() -> None:
    board = Board()
    assert len(board.node(node(at=1), now=0.0)) == 1
    assert board.node(node(at=2), now=2.0) == []
    (lost,) = board.tick(WALL, now=2.0 + SILENT_SECONDS)
    assert lost.node is not None
    assert lost.node.lost
    assert board.tick(WALL, now=2.0 + SILENT_SECONDS + 1) == []
    assert len(board.node(node(at=3), now=20.0)) == 1
    board.tick(WALL, now=20.0 + FORGET_SECONDS)
    assert board.nodes() == []
