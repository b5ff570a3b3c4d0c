"""A container's environment and argv, as Kubernetes makes them of env, envFrom, command and args.

Expansion of `$(VAR)`: Kubernetes `third_party/forked/golang/expansion`. Which values are secret is kept, so that what
contains one is never shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_CEILING
from typing import TYPE_CHECKING

from podctl.core.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from podctl.core.schema import ConfigMap, Container, EnvVar, Pod, Secret
    from podctl.core.schema.container import EnvFromSource
    from podctl.core.schema.resources import ResourceFieldSelector

_REFERENCE = re.compile(r"\$(?:\$|\(([^()$]*)\))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A value and whether it holds a Secret's."""

    value: str = field(repr=False)
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PodContext:
    """All that a Pod's own values may refer to. An address is "" until it is known."""

    pod: Pod
    uid: str
    minion: str
    host_ip: str = ""
    pod_ip: str = ""
    allocatable_cpu_millis: int = 0
    allocatable_memory_bytes: int = 0
    config_maps: Mapping[str, ConfigMap] = field(default_factory=dict)  # of the Pod's namespace, by name
    secrets: Mapping[str, Secret] = field(default_factory=dict)


def environment(container: Container, context: PodContext) -> dict[str, Text]:
    """The variables in the order in which they were first named; a later value of a name wins.

    Raises ValueError with the variable's name for a value that no environment can hold.
    """
    found: dict[str, Text] = {}
    for source in container.env_from:
        found.update(_from_source(source, context))
    for variable in container.env:
        value = _value(variable, container, context, found)
        if value is not None:
            found[variable.name] = value
    for name, text in found.items():
        if "\0" in text.value:
            raise ValueError(f"env {name}: its value holds a NUL character, which no environment can hold")
    return found


def argv(container: Container, variables: Mapping[str, Text]) -> tuple[tuple[Text, ...], tuple[Text, ...]]:
    """command and args with `$(VAR)` expanded."""
    command, args = (tuple(expand(word, variables) for word in words) for words in (container.command, container.args))
    return command, args


def expand(text: str, variables: Mapping[str, Text]) -> Text:
    """`$(NAME)` of a known name is its value, of an unknown one it stays; `$$` is one `$`."""
    secret = False

    def replaced(found: re.Match[str]) -> str:
        nonlocal secret
        if found.group() == "$$":
            return "$"
        known = variables.get(found.group(1))
        if known is None:
            return found.group()
        secret = secret or known.secret
        return known.value

    value = _REFERENCE.sub(replaced, text)
    return Text(value=value, secret=secret)


def _from_source(source: EnvFromSource, context: PodContext) -> Iterable[tuple[str, Text]]:
    if source.config_map_ref:
        config = context.config_maps.get(source.config_map_ref.name)
        for key in sorted(config.data if config else ()):
            assert config is not None  # noqa: S101 - there are keys
            yield source.prefix + key, Text(value=config.data[key])
    if source.secret_ref:
        secret = context.secrets.get(source.secret_ref.name)
        for key, data in sorted(secret.content.items() if secret else ()):
            name = source.prefix + key
            yield name, Text(value=_decoded(data.reveal(), name), secret=True)


def _value(variable: EnvVar, container: Container, context: PodContext, known: Mapping[str, Text]) -> Text | None:
    """None: an optional reference that is not there leaves its variable out."""
    source = variable.value_from
    if source is None:
        return expand(variable.value, known)
    if source.field_ref:
        return Text(value=field_value(source.field_ref.field_path, context))
    if source.resource_field_ref:
        named = source.resource_field_ref.container_name
        of = next((each for each in context.pod.spec.all_containers if each.name == named), container)
        return Text(value=resource_value(source.resource_field_ref, of, context))
    if source.config_map_key_ref:
        config = context.config_maps.get(source.config_map_key_ref.name)
        text = config.data.get(source.config_map_key_ref.key) if config else None
        return None if text is None else Text(value=text)
    assert source.secret_key_ref  # noqa: S101 - the schema has it that one of the four is there
    secret = context.secrets.get(source.secret_key_ref.name)
    data = secret.content.get(source.secret_key_ref.key) if secret else None
    return None if data is None else Text(value=_decoded(data.reveal(), variable.name), secret=True)


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"env {name}: the Secret's value is not UTF-8 text; mount it as a file instead") from None


_KEYED = re.compile(r"metadata\.(labels|annotations)\['(.*)'\]")


def field_value(path: str, context: PodContext) -> str:
    """A fieldRef's value; a label or annotation that is not there is empty, as in Kubernetes."""
    metadata = context.pod.metadata
    if keyed := _KEYED.fullmatch(path):
        values = metadata.labels if keyed.group(1) == "labels" else metadata.annotations
        return values.get(keyed.group(2), "")
    plain: Mapping[str, Callable[[], str]] = {
        "metadata.name": lambda: metadata.name,
        "metadata.namespace": lambda: metadata.namespace,
        "metadata.uid": lambda: context.uid,
        "metadata.labels": lambda: _lines(metadata.labels),
        "metadata.annotations": lambda: _lines(metadata.annotations),
        "spec.nodeName": lambda: context.minion,
        "spec.serviceAccountName": lambda: "default",
        "status.hostIP": lambda: context.host_ip,
        "status.hostIPs": lambda: context.host_ip,
        "status.podIP": lambda: context.pod_ip,
        "status.podIPs": lambda: context.pod_ip,
    }
    return plain[path]()


def _lines(values: Mapping[str, str]) -> str:
    """Kubernetes' form (`pkg/fieldpath`): key="value" a line, sorted, the value escaped as Go's %q does it."""
    return "\n".join(f'{key}="{"".join(map(_escaped, values[key]))}"' for key in sorted(values))


_ESCAPES = {
    "\\": "\\\\", '"': '\\"', "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
    "\v": "\\v",
}  # fmt: skip


def _escaped(char: str) -> str:
    r"""As Go's strconv.Quote: what can be printed stays, all else is \xNN, \uNNNN or \UNNNNNNNN."""
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    number = ord(char)
    if number < 0x80:  # noqa: PLR2004 - the end of ASCII
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"  # noqa: PLR2004 - four hex digits


def resource_value(selector: ResourceFieldSelector, container: Container, context: PodContext) -> str:
    """The request or limit in units of the divisor, rounded up; without a limit, what the Minion has."""
    kind, _, name = selector.resource.partition(".")
    limits, requests = container.resources.limits, container.resources.effective_requests
    given = (limits if kind == "limits" else requests).get(name)
    if given is None and kind == "limits":
        whole = {"cpu": f"{context.allocatable_cpu_millis}m", "memory": str(context.allocatable_memory_bytes)}
        given = whole.get(name)
    value = quantity(given or "0") / quantity(selector.divisor)
    return str(int(value.to_integral_value(ROUND_CEILING)))
