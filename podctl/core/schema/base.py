"""What every model is made of: the frozen base, and the scalar types of the Kubernetes API with their rules.

A wrong value is a ValueError with one sentence; pydantic collects them with their paths. Numbers, strings and booleans
are never turned into each other, as in Kubernetes. A model's docstring is the name of its Kubernetes type.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    Strict,
    StringConstraints,
)
from pydantic.alias_generators import to_camel

from podctl.core.syntax import key_problem, label_problem, label_value_problem, name_problem, quantity_problem, too_long
from podctl.core.yamltext import kind

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_MODE = 0o777

_SPELLED = {
    "host_ip": "hostIP",
    "host_ipc": "hostIPC",
    "host_pid": "hostPID",
    "downward_api": "downwardAPI",
    "set_hostname_as_fqdn": "setHostnameAsFQDN",
}


def _alias(attribute: str) -> str:
    return _SPELLED.get(attribute) or to_camel(attribute)


class Value(BaseModel):
    """A frozen value of the Kubernetes API; `api_type` is its type's name in podctl.core.fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_alias, hide_input_in_errors=True)
    api_type: ClassVar[str]


def checked(rule: Callable[[str], str | None]) -> Any:
    """A validator from a rule that answers what is wrong with a text, or nothing."""

    def check(text: str) -> str:
        if problem := rule(text):
            raise ValueError(problem)
        return text

    return AfterValidator(check)


def matching(pattern: str, most: int, sentence: str) -> Any:
    """A validator for texts of at most `most` characters that match as a whole."""
    form = re.compile(pattern)

    def rule(text: str) -> str | None:
        return too_long(text, most) or (None if form.fullmatch(text) else f'"{text}" {sentence}')

    return checked(rule)


def _no_null(value: Any) -> Any:
    return {key: "" if each is None else each for key, each in value.items()} if isinstance(value, dict) else value


Text: TypeAlias = Annotated[str, Strict(), StringConstraints(pattern=r"^[^\x00]*$")]  # NUL ends a text in the kernel
AnyText: TypeAlias = Annotated[str, Strict()]
Flag: TypeAlias = Annotated[bool, Strict()]


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Number: TypeAlias = Annotated[int, Strict(), BeforeValidator(_whole)]


def _mode(value: int) -> int:
    if not 0 <= value <= MOST_MODE:
        raise ValueError(f"{value} is no file mode: they go from 0 to 0777, and an octal number begins with 0")
    return value


Count: TypeAlias = Annotated[Number, Field(ge=0)]
Positive: TypeAlias = Annotated[Number, Field(ge=1)]
PortNumber: TypeAlias = Annotated[Number, Field(ge=1, le=65535)]
Mode: TypeAlias = Annotated[Number, AfterValidator(_mode)]
UserId: TypeAlias = Annotated[Number, Field(ge=0, le=2**31 - 1)]

DnsLabel: TypeAlias = Annotated[Text, checked(label_problem)]
DnsName: TypeAlias = Annotated[Text, checked(name_problem)]
LabelValue: TypeAlias = Annotated[Text, checked(label_value_problem)]
QualifiedName: TypeAlias = Annotated[Text, checked(key_problem)]
PortName: TypeAlias = Annotated[
    Text,
    matching(
        r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?",
        15,
        "is no port name: it has lower-case letters (at least one), digits and single -, as http or web-1",
    ),
]
ConfigKey: TypeAlias = Annotated[
    Text, matching(r"(?!\.\.)(?!\.$)[-._a-zA-Z0-9]+", 253, "is no key: it has letters, digits, -, _ and .")
]
EnvName: TypeAlias = Annotated[
    Text,
    matching(
        r"[-._a-zA-Z][-._a-zA-Z0-9]*", 32768, "is no variable: it has letters, digits, _, - and ., no digit first"
    ),
]


Labels: TypeAlias = Annotated[dict[QualifiedName, LabelValue], BeforeValidator(_no_null)]
StringMap: TypeAlias = Annotated[dict[QualifiedName, Text], BeforeValidator(_no_null)]


def absolute(text: str) -> str | None:
    return None if text.startswith("/") else f'"{text}" is no absolute path: it begins with /'


def inside(text: str) -> str | None:
    """A path below a volume: relative, and never out of it."""
    if text.startswith("/"):
        return f'"{text}" must be a relative path'
    return f'"{text}" must not contain ..' if ".." in text.split("/") else None


def backless(text: str) -> str | None:
    return f'"{text}" must not contain ..' if ".." in text.split("/") else absolute(text)


AbsolutePath: TypeAlias = Annotated[Text, checked(absolute)]
BacklessPath: TypeAlias = Annotated[Text, checked(backless)]
InsidePath: TypeAlias = Annotated[Text, checked(inside)]


def _file_path(text: str) -> str | None:
    if not text:
        return "is empty; give the name of the file"
    return f'"{text}" must not begin with ..' if text.startswith("..") else inside(text)


FilePath: TypeAlias = Annotated[Text, checked(_file_path)]


def _address(text: str) -> str | None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return f'"{text}" is no IP address'
    return None


IpAddress: TypeAlias = Annotated[Text, checked(_address)]


def quantity_text(value: Any) -> str:
    """A quantity as written, within bounds and not below 0. Raises ValueError."""
    if problem := quantity_problem(value):
        raise ValueError(problem)
    return str(value)


def _port(value: Any) -> int | str:
    if isinstance(value, str):
        if value.isdigit():
            raise ValueError(f'"{value}" is no port name; a number stands without quotes')
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a port's number or name, not {kind(value)}")  # noqa: TRY004  as pydantic wants
    if not 1 <= value <= 65535:  # noqa: PLR2004
        raise ValueError(f"{value} is no port: they go from 1 to 65535")
    return value


QuantityText: TypeAlias = Annotated[str, PlainValidator(quantity_text)]  # as written
PortRef: TypeAlias = Annotated[int | str, PlainValidator(_port)]


def _given(value: Any) -> Any:
    if value in ([], {}):
        raise ValueError("must not be empty")
    return value


NOT_EMPTY = BeforeValidator(_given)


def refused(given: object, reason: str) -> Any:
    """A validator that refuses one value, which Kubernetes knows, with the reason and the way out."""

    def check(value: Any) -> Any:
        if value == given and type(value) is type(given):
            raise ValueError(f"{str(given).lower() if given is False else given} is not supported: {reason}")
        return value

    return BeforeValidator(check)


def one_of(value: Any, what: str, *names: str) -> None:
    """Raises unless exactly one of the named attributes is given."""
    given = [name for name in names if getattr(value, name) is not None]
    if len(given) != 1:
        spelled = [_alias(name) for name in names]
        listed = ", ".join(spelled[:-1]) + " and " + spelled[-1]
        got = " and ".join(_alias(name) for name in given) or "none"
        raise ValueError(f"{what} has exactly one of {listed}, not {got}")
