"""The table of routes, the document made of it, and the note that shows it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vms.api.openapi import document
from vms.api.routes import ROUTES
from vms.api.table import AnySignedIn, Public, Route, check
from vms.auth.policy import Action
from vms.core.errors import Invalid

NOTE = Path(__file__).parents[3] / "docs/design/api.md"
A_ROUTE = next(route for route in ROUTES if route.path == "/whep/{camera_id}")

OPENAPI: dict[str, Any] = {
    "type": "object",
    "required": ["openapi", "info", "paths", "components"],
    "properties": {
        "openapi": {"const": "3.1.0"},
        "info": {"type": "object", "required": ["title", "version"]},
        "paths": {
            "type": "object",
            "propertyNames": {"pattern": "^/"},
            "additionalProperties": {
                "type": "object",
                "propertyNames": {"enum": ["get", "post", "patch", "delete", "options"]},
                "additionalProperties": {"$ref": "#/$defs/operation"},
            },
        },
    },
    "$defs": {
        "content": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "object", "required": ["schema"]},
        },
        "parameter": {
            "type": "object",
            "required": ["name", "in", "required", "schema"],
            "properties": {"in": {"enum": ["path", "query"]}, "required": {"type": "boolean"}},
        },
        "operation": {
            "type": "object",
            "required": ["summary", "operationId", "responses", "security"],
            "properties": {
                "parameters": {"type": "array", "items": {"$ref": "#/$defs/parameter"}},
                "requestBody": {
                    "type": "object",
                    "required": ["content"],
                    "properties": {"content": {"$ref": "#/$defs/content"}},
                },
                "responses": {
                    "type": "object",
                    "propertyNames": {"pattern": "^([1-5][0-9][0-9]|default)$"},
                    "additionalProperties": {
                        "type": "object",
                        "required": ["description"],
                        "properties": {"content": {"$ref": "#/$defs/content"}},
                    },
                },
            },
        },
    },
}
"""What of OpenAPI 3.1 we rely on."""


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    paths = document(ROUTES)["paths"]
    return [
        (method, path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]


def needs(route: Route) -> str:
    if isinstance(route.needs, Action):
        return route.needs.value
    return "public" if isinstance(route.needs, Public) else "signed-in"


def test_the_table_may_be_served() -> None:
    check(ROUTES)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        # what the types forbid too: the check must hold for whoever does not run mypy
        (replace(A_ROUTE, needs=None), "does not say who may call it"),  # type: ignore[arg-type]
        (replace(A_ROUTE, needs=Public(" ")), "is open without a reason"),
        (replace(A_ROUTE, needs=AnySignedIn("all")), "names a camera and asks for no right"),
        (replace(A_ROUTE, summary=""), "does not say what it is for"),
        (replace(A_ROUTE, method="GET"), "takes a body with a method that has none"),
    ],
)
def test_a_row_that_does_not_say_enough_does_not_start(wrong: Route, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        check([wrong])


def test_a_row_is_there_once() -> None:
    with pytest.raises(Invalid, match="is there twice"):
        check([A_ROUTE, A_ROUTE])


def test_the_document_is_openapi_and_can_be_sent() -> None:
    made = document(ROUTES)
    jsonschema.Draft202012Validator(OPENAPI).validate(made)
    assert json.loads(json.dumps(made)) == made


def test_every_route_is_in_the_document_with_its_right() -> None:
    described = {(m.upper(), path): op["x-needs"] for m, path, op in operations()}
    assert described == {(route.method, route.path): needs(route) for route in ROUTES}
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)


def test_every_parameter_of_a_path_is_described() -> None:
    for _, path, operation in operations():
        given = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert given == set(re.findall(r"{(\w+)}", path)), path


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    made = document(ROUTES)
    schemas = made["components"]["schemas"]
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(made)):
        assert reference.removeprefix("#/components/schemas/") in schemas
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_only_who_needs_no_session_is_told_so() -> None:
    for _, _, operation in operations():
        assert (operation["security"] == []) == (operation["x-needs"] == "public")


def test_no_answer_has_a_field_for_a_password() -> None:
    answers = {route.answer.__name__ for route in ROUTES if isinstance(route.answer, type)}
    schemas = document(ROUTES)["components"]["schemas"]
    for name in answers:
        assert not {"password", "password_hash", "token"} & set(schemas[name]["properties"])


def test_the_note_shows_the_table_as_it_is() -> None:
    rows = re.findall(r"^\| `(\w+) (\S+)` \| ([\w-]+) \|$", NOTE.read_text(), re.MULTILINE)
    assert rows == [(route.method, route.path, needs(route)) for route in ROUTES]
