"""Prometheus' text format (prometheus.io, "Exposition formats", version 0.0.4), for node_exporter's textfile folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """All samples of one name. Base units (seconds, bytes, cores) stand in the name; a counter's ends in `_total`."""

    name: str
    type: str  # gauge or counter
    help: str
    samples: tuple[Sample, ...]


def prometheus_text(metrics: Iterable[Metric]) -> str:
    """HELP, TYPE and a line a sample; a metric without samples is left out."""
    return "".join(f"{line}\n" for each in metrics if each.samples for line in _lines(each))


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help.translate(_HELP_ESCAPES)}"
    yield f"# TYPE {metric.name} {metric.type}"
    for each in metric.samples:
        labels = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in each.labels.items())
        yield f"{metric.name}{'{' + labels + '}' if labels else ''} {_number(each.value)}"


def _number(value: float) -> str:
    """Whole numbers whole: bytes read as `21331968`, not as `2.1331968e+07`."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
