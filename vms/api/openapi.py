"""The OpenAPI 3.1 document, made from the table of routes and the schemas. Nothing is hand-kept."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from vms import __version__
from vms.api.dispatch import COOKIE
from vms.api.problems import CONTENT_TYPE
from vms.api.schemas import ProblemOut
from vms.api.table import Public, Route
from vms.auth.policy import Action

_REF = "#/components/schemas/{model}"


def document(routes: Sequence[Route]) -> dict[str, Any]:
    models = {model for route in routes for model in _models(route)} | {ProblemOut}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema(
        [(model, "serialization") for model in ordered], ref_template=_REF
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Matakota VMS",
            "version": __version__,
            "description": "Times are integer microseconds UTC. Errors are RFC 9457 problems.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": COOKIE}},
        },
    }


def _models(route: Route) -> list[type[BaseModel]]:
    return [each for each in (route.body, route.answer) if isinstance(each, type)]


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": f"{route.handler.__name__}_{route.method.lower()}",
        "security": [] if isinstance(route.needs, Public) else [{"session": []}],
        "x-needs": route.needs.value if isinstance(route.needs, Action) else _open(route),
        "responses": {
            str(_status(route)): _answer(route),
            "default": {
                "description": "What went wrong.",
                "content": {CONTENT_TYPE: {"schema": _ref(ProblemOut)}},
            },
        },
    }
    if parameters := [*_path_parameters(route), *_query_parameters(route)]:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(route.body)}
    return operation


def _open(route: Route) -> str:
    return "public" if isinstance(route.needs, Public) else "signed-in"


def _status(route: Route) -> int:
    return 204 if route.answer is None else route.status


def _answer(route: Route) -> dict[str, Any]:
    described: dict[str, Any] = {"description": HTTPStatus(_status(route)).phrase}
    if route.answer is not None:
        described["content"] = _content(route.answer)
    return described


def _content(body: type[BaseModel] | str) -> dict[str, Any]:
    if isinstance(body, str):
        return {body: {"schema": {"type": "string"}}}
    return {"application/json": {"schema": _ref(body)}}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string" if name == "peer_id" else "integer"},
        }
        for name in route.parameters
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema()
    definitions = schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "schema": _inlined(shape, definitions),
        }
        for name, shape in schema["properties"].items()
    ]


def _inlined(shape: Any, definitions: dict[str, Any]) -> Any:
    """Query models are not among the components: what they refer to is put in its place."""
    if isinstance(shape, list):
        return [_inlined(each, definitions) for each in shape]
    if not isinstance(shape, dict):
        return shape
    if "$ref" in shape:
        return definitions[shape["$ref"].rsplit("/", 1)[-1]]
    return {key: _inlined(value, definitions) for key, value in shape.items()}
