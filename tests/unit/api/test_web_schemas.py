"""The web application's types are those of the server: made by its own program, never by hand."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

WEB = Path(__file__).parents[3] / "vms" / "web"


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("schemas_ts", WEB / "dev" / "schemas_ts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_types_in_the_tree_are_what_the_server_says(writer: ModuleType) -> None:
    written = (WEB / "src" / "api" / "schemas.ts").read_text()
    assert written == writer.current(), "run: python vms/web/dev/schemas_ts.py"


def test_an_answer_is_whole_and_what_is_sent_may_leave_out_what_has_a_default(
    writer: ModuleType,
) -> None:
    fields = {
        "properties": {"a": {"type": "integer"}, "b": {"type": "string", "default": ""}},
        "required": ["a"],
    }
    said = writer.typescript({"XOut": fields, "XIn": fields})
    assert "interface XOut {\n  readonly a: number;\n  readonly b: string;\n}" in said
    assert "interface XIn {\n  readonly a: number;\n  readonly b?: string;\n}" in said


@pytest.mark.parametrize(
    ("schema", "type_"),
    [
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "number | null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Y"}}, "readonly Y[]"),
        (
            {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "number"}]},
            "readonly [number, number]",
        ),
        ({"enum": ["a", "b"]}, '"a" | "b"'),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}},
            "Readonly<Record<string, number>>",
        ),
    ],
)
def test_a_kind_of_value_has_its_type(
    writer: ModuleType, schema: dict[str, object], type_: str
) -> None:
    assert writer.typescript({"Z": schema}).endswith(f"export type Z = {type_};\n")
