"""The board knows what every stream and node said last, and says who fell silent."""

from __future__ import annotations

from typing import Any

from vms.api.board import FORGET_SECONDS, MOST_NODES, SILENT_SECONDS, Board, Change
from vms.api.schemas import NodeOut, ProblemOfNode, StreamStateOut
from vms.core.model import Camera, Cause, Stream, StreamCondition, StreamRole
from vms.core.walltime import SECOND, WallTime

NINE = WallTime(1_795_424_400 * SECOND)


def camera(number: int = 1, *, enabled: bool = True) -> Camera:
    stream = Stream(number * 10, number, StreamRole.MAIN, "rtsp://192.0.2.1/1")
    return Camera(number, number, f"Camera {number}", enabled=enabled, streams=(stream,))


def recording(number: int = 1, **fields: Any) -> StreamStateOut:
    values: dict[str, Any] = {
        "stream_id": number * 10,
        "camera_id": number,
        "role": StreamRole.MAIN,
        "condition": StreamCondition.RECORDING,
        "since": NINE,
        "fps": 25.0,
        **fields,
    }
    return StreamStateOut(**values)


def node(**fields: Any) -> NodeOut:
    return NodeOut(**{"node": "n1", "role": "record", "at": NINE, **fields})


def board(*cameras: Camera) -> Board:
    made = Board()
    made.cameras(cameras or [camera()], NINE, now=0.0)
    return made


def summary(state: StreamStateOut) -> tuple[StreamCondition, Cause | None]:
    return state.condition, state.cause


def test_a_new_stream_is_connecting_and_the_list_changed() -> None:
    made = Board()
    assert made.cameras([camera()], NINE, now=0.0) == [Change("cameras")]
    assert [summary(each) for each in made.streams()] == [
        (StreamCondition.CONNECTING, Cause.CONNECTING)
    ]
    assert made.cameras([camera()], NINE, now=1.0) == []


def test_what_a_recorder_says_is_passed_on_to_those_who_see_the_camera() -> None:
    made = board()
    state = recording()
    assert made.stream(state, now=1.0) == [Change("stream", 1, stream=state)]
    assert made.of_camera(1) == [state]


def test_a_stream_that_we_do_not_have_is_not_passed_on() -> None:
    made = board()
    assert made.stream(recording(2), now=1.0) == []
    assert made.stream(recording(1, camera_id=2), now=1.0) == []


def test_a_silent_recorder_is_said_once_and_forgiven_when_it_speaks() -> None:
    made = board()
    made.stream(recording(), now=1.0)
    assert made.tick(NINE, now=1.0 + SILENT_SECONDS - 0.1) == []
    (change,) = made.tick(NINE, now=1.0 + SILENT_SECONDS)
    assert change.stream is not None
    assert summary(change.stream) == (StreamCondition.DOWN, Cause.RECORDER_OFF)
    assert (change.stream.since, change.stream.fps) == (NINE, 0.0)
    assert made.tick(NINE, now=100.0) == []
    made.stream(recording(), now=101.0)
    assert made.streams()[0].condition is StreamCondition.RECORDING


def test_a_stream_whose_recorder_never_spoke_is_as_visible() -> None:
    made = board(camera(1), camera(2))
    assert len(made.tick(NINE, now=SILENT_SECONDS)) == 2


def test_the_silence_of_a_disabled_camera_is_no_fault() -> None:
    made = board(camera(enabled=False))
    (change,) = made.tick(NINE, now=SILENT_SECONDS)
    assert change.stream is not None
    assert change.stream.cause is Cause.DISABLED


def test_a_removed_camera_is_forgotten() -> None:
    made = board(camera(1), camera(2))
    assert made.cameras([camera(2)], NINE, now=1.0) == [Change("cameras")]
    assert [state.camera_id for state in made.streams()] == [2]


def test_a_node_is_told_when_it_is_new_and_when_its_problems_change() -> None:
    made = Board()
    full = ProblemOfNode(code="disk-full", since=NINE)
    told = [
        made.node(node(), now=0.0),
        made.node(node(at=NINE + 1), now=2.0),
        made.node(node(problems=[full]), now=4.0),
        made.node(node(problems=[full], at=NINE + 2), now=6.0),
    ]
    assert [len(changes) for changes in told] == [1, 0, 1, 0]


def test_a_silent_node_is_lost_then_back_then_at_last_forgotten() -> None:
    made = Board()
    made.node(node(), now=0.0)
    (change,) = made.tick(NINE, now=SILENT_SECONDS)
    assert change.node is not None
    assert change.node.lost
    assert made.tick(NINE, now=20.0) == []
    assert len(made.node(node(), now=21.0)) == 1
    assert not made.nodes()[0].lost
    made.tick(NINE, now=21.0 + FORGET_SECONDS)
    assert made.nodes() == []


def test_nodes_without_end_do_not_fill_the_memory() -> None:
    made = Board()
    for number in range(MOST_NODES + 10):
        made.node(node(node=f"n{number}"), now=0.0)
    assert len(made.nodes()) == MOST_NODES
