"""Objects that Pods use: ConfigMaps, Secrets and claims."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, PlainValidator, model_validator

from podctl.core.quantity import quantity
from podctl.core.schema.base import NOT_EMPTY, AnyText, ConfigKey, QuantityText, Text, Value, refused
from podctl.core.schema.metadata import ObjectMeta  # noqa: TC001  pydantic reads it at run time
from podctl.core.yamltext import kind

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 2**20  # of one ConfigMap or Secret, as in Kubernetes


class SecretBytes:
    """Bytes that are never shown: only `reveal()` answers them."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        return self._value

    def __repr__(self) -> str:
        return "<hidden>"

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretBytes) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def _decode(value: Any) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        raise ValueError(f"must be a string in base64, not {kind(value)}")  # noqa: TRY004  as pydantic wants
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(
            "is not base64; plain text of a Secret goes into stringData, of a ConfigMap into data"
        ) from None


def _encode(value: Any) -> SecretBytes:
    if value is not None and not isinstance(value, str):
        raise ValueError(f"must be a string, not {kind(value)}: put it in quotes")
    return SecretBytes((value or "").encode())


def _no_null(value: Any) -> Any:
    return {key: "" if each is None else each for key, each in value.items()} if isinstance(value, dict) else value


Base64: TypeAlias = Annotated[bytes, PlainValidator(_decode)]
SecretBase64: TypeAlias = Annotated[SecretBytes, PlainValidator(lambda value: SecretBytes(_decode(value)))]
SecretText: TypeAlias = Annotated[SecretBytes, PlainValidator(_encode)]


class ConfigMap(Value):
    api_type: ClassVar = "V1ConfigMap"
    api_version: Literal["v1"]
    kind: Literal["ConfigMap"]
    metadata: ObjectMeta
    data: Annotated[dict[ConfigKey, AnyText], BeforeValidator(_no_null)] = Field(default_factory=dict)
    binary_data: dict[ConfigKey, Base64] = Field(default_factory=dict)

    @property
    def content(self) -> Mapping[str, bytes]:
        return {**{key: text.encode() for key, text in self.data.items()}, **self.binary_data}

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for key in self.binary_data:
            if key in self.data:
                raise ValueError(f"the key {key} is in data and in binaryData")
        _fits(sum(map(len, self.content.values())))
        return self


class Secret(Value):
    """No repr, error or message of it shows a value."""

    model_config = ConfigDict(arbitrary_types_allowed=True)  # SecretBytes, under pydantic 2.6
    api_type: ClassVar = "V1Secret"
    api_version: Literal["v1"]
    kind: Literal["Secret"]
    metadata: ObjectMeta
    data: dict[ConfigKey, SecretBase64] = Field(default_factory=dict)
    string_data: dict[ConfigKey, SecretText] = Field(default_factory=dict)
    type: Text = "Opaque"

    @property
    def content(self) -> Mapping[str, SecretBytes]:
        """StringData wins over data, as in Kubernetes."""
        return {**self.data, **self.string_data}

    @model_validator(mode="after")
    def _small(self) -> Self:
        _fits(sum(map(len, self.content.values())))
        return self


def _fits(count: int) -> None:
    if count > MOST_BYTES:
        raise ValueError(f"holds {count} bytes; at most {MOST_BYTES} (1Mi) are allowed")


class VolumeResourceRequirements(Value):
    api_type: ClassVar = "V1VolumeResourceRequirements"
    requests: dict[Text, QuantityText] = Field(default_factory=dict)


_BLOCK = "a claim is a directory; for a device use volumeDevices with a hostPath volume of type BlockDevice"


class PersistentVolumeClaimSpec(Value):
    api_type: ClassVar = "V1PersistentVolumeClaimSpec"
    access_modes: Annotated[
        tuple[Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"], ...], NOT_EMPTY
    ]
    resources: VolumeResourceRequirements
    volume_mode: Annotated[Literal["Filesystem"], refused("Block", _BLOCK)] = "Filesystem"

    @model_validator(mode="after")
    def _sized(self) -> Self:
        if not quantity(self.resources.requests.get("storage", "0")):
            raise ValueError("resources.requests.storage is required, as in storage: 1Gi")
        return self


class PersistentVolumeClaim(Value):
    api_type: ClassVar = "V1PersistentVolumeClaim"
    api_version: Literal["v1"]
    kind: Literal["PersistentVolumeClaim"]
    metadata: ObjectMeta
    spec: PersistentVolumeClaimSpec
