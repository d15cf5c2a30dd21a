"""The one table from kinds of errors to statuses, and what an answer says of an error."""

from __future__ import annotations

import json

import pytest
from aiohttp import web
from pydantic import ValidationError

from vms.api.problems import (
    STATUS,
    NotSignedIn,
    WrongFields,
    broken,
    http_problem,
    problem,
    wrong_fields,
)
from vms.api.schemas import CameraIn
from vms.core.errors import Denied, ErrorKind, Exhausted, Invalid, Unavailable, VmsError


def said(response: web.Response) -> dict[str, object]:
    assert response.content_type == "application/problem+json"
    body: dict[str, object] = json.loads(response.text or "")
    assert body["status"] == response.status
    return body


def test_every_kind_has_a_status() -> None:
    assert set(STATUS) == set(ErrorKind)
    assert all(400 <= status < 600 for status in STATUS.values())


@pytest.mark.parametrize("kind", ErrorKind)
def test_an_error_says_kind_and_words_and_keeps_its_context(kind: ErrorKind) -> None:
    error = VmsError("it does not work", path="/srv/secret-place")
    error.kind = kind
    body = said(problem(error))
    assert (body["kind"], body["detail"]) == (kind.value, "it does not work")
    assert "secret-place" not in str(body)


def test_who_is_not_signed_in_is_told_so_and_who_may_not_is_told_that() -> None:
    assert problem(NotSignedIn("sign in first")).status == 401
    assert problem(Denied("not allowed")).status == 403


def test_waiting_is_said_in_the_header() -> None:
    response = problem(Exhausted("wait", retry_after_seconds=7))
    assert response.headers["Retry-After"] == "7"


def test_the_cause_of_a_camera_is_passed_on() -> None:
    assert said(problem(Unavailable("no answer", cause="unreachable")))["cause"] == "unreachable"


def test_fields_are_named_with_codes() -> None:
    body = said(problem(WrongFields(("main_url", "scheme"), ("name", "required"))))
    assert body["errors"] == [
        {"field": "main_url", "message": "scheme"},
        {"field": "name", "message": "required"},
    ]
    body = said(problem(Invalid("a password has at least 8 characters", field="password")))
    assert body["errors"] == [
        {"field": "password", "message": "a password has at least 8 characters"}
    ]


def test_a_wrong_value_is_not_repeated() -> None:
    with pytest.raises(ValidationError) as raised:
        CameraIn.model_validate({"name": "", "main_url": "x" * 2000, "password": ["canary"]})
    body = said(problem(wrong_fields(raised.value)))
    assert "canary" not in str(body)
    assert "xxx" not in str(body)


def test_refusals_of_the_server_itself_are_problems_too() -> None:
    response = http_problem(web.HTTPMethodNotAllowed("PUT", ["GET", "POST"]))
    assert said(response)["title"] == "Method Not Allowed"
    assert response.headers["Allow"] == "GET,POST"


def test_a_bug_says_nothing_of_itself() -> None:
    assert said(broken()) == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
    }
