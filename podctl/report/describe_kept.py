"""`describe configmap` and `describe secret`: kubectl's `pkg/describe`, describeConfigMap and describeSecret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podctl.core.kept_objects import sizes
from podctl.report.describe_event import event_lines
from podctl.report.describe_pod import map_lines
from podctl.report.text import columns, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from podctl.core.finding import Found


def config_map_text(found: Found) -> str:
    """With every value: what is to be kept from others' eyes belongs in a Secret."""
    raw: Mapping[str, Any] = found.raw or {}
    data: Mapping[str, object] = raw.get("data") or {}
    binary: Mapping[str, object] = raw.get("binaryData") or {}
    texts = [f"{printable(key)}:\n----\n{_lines(str(data[key] or ''))}\n" for key in sorted(data)]
    counts = [f"{printable(key)}: {count} bytes\n" for key, count in sizes(raw).items() if key in binary]
    tail = columns(event_lines(found))
    return f"{columns(_head(found))}\nData\n====\n{''.join(texts)}\nBinaryData\n====\n{''.join(counts)}\n{tail}"


def secret_text(found: Found) -> str:
    """Sizes in place of values."""
    raw: Mapping[str, Any] = found.raw or {}
    counts = columns(f"{key}:\t{count} bytes" for key, count in sizes(raw).items())
    kind = columns([f"Type:\t{found.object['type']}"])
    return f"{columns(_head(found))}\n{kind}\nData\n====\n{counts}\n{columns(event_lines(found))}"


def _head(found: Found) -> Iterator[str]:
    metadata = found.object["metadata"]  # without what kubectl noted of a Secret's values
    yield f"Name:\t{found.name}"
    yield f"Namespace:\t{found.namespace}"
    yield from map_lines("Labels", metadata.get("labels") or {})
    yield from map_lines("Annotations", metadata.get("annotations") or {}, ": ")


def _lines(text: str) -> str:
    """As it is, tabs too, but for what would move the cursor of whoever reads it."""
    return "".join("\t".join(map(printable, line.split("\t"))) + "\n" for line in text.split("\n"))
