"""What every JSON schema of the API is made of: base models and the kinds of values. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints


class Schema(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Heard(BaseModel):
    """Comes over the bus: fields of newer versions are let through unread."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _trimmed(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _numbers(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


_NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_NO_CONTROLS),
]
Words = Annotated[str, StringConstraints(max_length=500, pattern=_NO_CONTROLS)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""A word for programs, such as `motion` or `line-crossing`."""
Agency = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200, pattern=_NO_CONTROLS)
]
Contact = Agency
Login = Annotated[str, StringConstraints(max_length=100, pattern=_NO_CONTROLS)]
"""The name a camera knows us by."""
Password = Annotated[SecretStr, Field(max_length=256)]
Address = Annotated[str, BeforeValidator(_trimmed), Field(max_length=1000)]
CameraNumber = Annotated[int, Field(ge=1, le=99_999)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Priority = Annotated[int, Field(ge=0, le=9)]
Id = Annotated[int, Field(ge=1, lt=10**18)]
Ids = Annotated[list[Id], BeforeValidator(_numbers), Field(min_length=1, max_length=64)]
"""In a query: numbers with commas."""
Moment = Annotated[int, Field(ge=0, le=10**17)]
"""µs UTC, as far as every database and every date goes."""
