"""Writes `src/api/schemas.ts`: what the API's OpenAPI document says, as TypeScript interfaces.

    python vms/web/dev/schemas_ts.py          # writes; a test compares, so that neither runs ahead

Only types: the words of the contract stay in the document. Who owns tasks: nobody, there are none.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

OUT = Path(__file__).parents[1] / "src" / "api" / "schemas.ts"
HEAD = "/** Made by `dev/schemas_ts.py` from the server's schemas. Times are µs UTC. */\n"
ANSWER = "Out"
"""Ends the names of what the server says: there every field is sent, with or without a default."""

Json = Mapping[str, Any]


def typescript(schemas: Json) -> str:
    """All interfaces, in the order of their names."""
    return "\n".join([HEAD, *(_declared(name, schemas[name]) for name in sorted(schemas))])


def _declared(name: str, schema: Json) -> str:
    if "properties" not in schema:
        return f"export type {name} = {_type(schema)};\n"
    whole = name.endswith(ANSWER)
    required = set(schema["properties"] if whole else schema.get("required", ()))
    lines = [
        f"  readonly {field}{'' if field in required else '?'}: {_type(each)};"
        for field, each in schema["properties"].items()
    ]
    return "\n".join([f"export interface {name} {{", *lines, "}\n"])


def _type(schema: Json) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "allOf" in schema and len(schema["allOf"]) == 1:
        return _type(schema["allOf"][0])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " | ".join(f'"{value}"' for value in values)
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    return _plain(schema)


def _plain(schema: Json) -> str:
    kind = schema.get("type")
    if kind == "array":
        return _array(schema)
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"Readonly<Record<string, {_type(inner) if isinstance(inner, dict) else 'unknown'}>>"
    names = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean"}
    return "null" if kind == "null" else names.get(str(kind), "unknown")


def _array(schema: Json) -> str:
    if "prefixItems" in schema:
        return f"readonly [{', '.join(_type(each) for each in schema['prefixItems'])}]"
    inner = _type(schema.get("items", {}))
    return f"readonly ({inner})[]" if " " in inner else f"readonly {inner}[]"


def current() -> str:
    """What the server of this tree would say."""
    from vms.api.openapi import document
    from vms.api.routes import ROUTES

    schemas: Json = document(ROUTES)["components"]["schemas"]
    return typescript(schemas)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))
    OUT.write_text(current())
