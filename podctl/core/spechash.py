"""The hash that decides whether a Pod is kept or replaced.

Hashed is what the user wrote, brought to one form, so that an upgrade of podctl replaces nothing: no defaults, no
status, of the metadata only name, namespace and labels; maps sorted, quantities as exact numbers, null and empty fields
as absent, but for selectors, whose empty form matches everything. Of ConfigMaps and Secrets those keys that the Pod
uses are hashed. Order in lists counts.
A changed form needs a new VERSION, and the old one kept for Pods that carry it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from podctl.core.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "1"
_HASHED_METADATA = ("name", "namespace", "labels")
_FREE_MAPS = ("labels", "nodeSelector", "matchLabels")  # of the user's own keys: an empty value is a value there
_SELECTORS = ("labelSelector", "namespaceSelector")  # without one nothing matches, with an empty one everything
_AMOUNTS = ("limits", "requests", "overhead")  # maps from a resource's name to a quantity
_QUANTITIES = (("emptyDir", "sizeLimit"), ("resourceFieldRef", "divisor"))


def spec_hash(raw: Mapping[str, Any], config_hashes: Mapping[str, str]) -> str:
    """`1:` and 32 hex digits, from a Pod's mapping as written (namespace filled in) and what `content_hash` answers."""
    metadata = raw.get("metadata") or {}
    hashed = {name: metadata.get(name) for name in _HASHED_METADATA}
    return _digest(
        {
            "metadata": _canonical(hashed, ("metadata",)),
            "spec": _canonical(raw.get("spec") or {}, ("spec",)),
            "config": dict(config_hashes),
        }
    )


def content_hash(content: Mapping[str, bytes]) -> str:
    """The hash of those keys and values of one ConfigMap or Secret that a Pod uses."""
    return _digest({key: base64.b64encode(value).decode() for key, value in content.items()})


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return f"{VERSION}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _canonical(value: Any, path: tuple[str, ...]) -> Any:
    """`path`: the names of the fields down to here, without the places in lists."""
    if isinstance(value, dict):
        each = {key: _canonical(inner, (*path, key)) for key, inner in value.items()}
        if path[-1] in _FREE_MAPS:
            return {key: "" if inner is None else inner for key, inner in each.items()}
        return {key: inner for key, inner in each.items() if _says_something(key, inner)}
    if isinstance(value, list):
        return [_canonical(each, path) for each in value]
    if value is not None and (path[-2:] in _QUANTITIES or _is_amount(path)):
        return _plain(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _says_something(key: str, value: Any) -> bool:
    return value not in (None, "", []) and (value != {} or key in _SELECTORS)


def _is_amount(path: tuple[str, ...]) -> bool:
    return path[-2:-1] != () and path[-2] in _AMOUNTS and (path[-2] == "overhead" or path[-3:-2] == ("resources",))


def _plain(value: Any) -> Any:
    """A quantity's exact value in one spelling."""
    try:
        number = quantity(value)
    except (ValueError, ArithmeticError):
        return value
    return format(number.normalize(), "f")
