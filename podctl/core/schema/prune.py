"""The raw mapping of an object against the three lists of fields, before the models see it.

Unknown and refused fields are problems, warned ones warnings; what a model knows remains. Null and the empty string
are the same as absent, as in Kubernetes, and an empty list or map asks for nothing: neither is warned about or refused.
"""

from __future__ import annotations

import types
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from podctl.core.fields import FIELDS, Level
from podctl.core.schema.base import Value
from podctl.core.schema.messages import REQUIRED
from podctl.core.yamltext import Path, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    path: Path
    type_name: str
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What one object's raw mapping showed.

    `meant`: the paths of fields that a misspelt one stands for. `holed`: those of the mappings that lost a field, of
    which nobody knows whether they would be consistent.
    """

    problems: list[tuple[Path, str]] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    meant: set[Path] = field(default_factory=set)
    holed: set[Path] = field(default_factory=set)

    def explain(self, path: Path, what: str) -> bool:
        """Whether a model's problem only follows from one that was found already."""
        return path in self.holed or (what == REQUIRED and path in self.meant)


def prune(raw: Mapping[str, Any], model: type[Value], findings: Findings, path: Path = ()) -> dict[str, Any]:
    """Those fields of `raw` that the model knows; all others are added to the findings."""
    known = FIELDS[model.api_type]
    children = _children(model)
    kept: dict[str, Any] = {}
    for name, value in raw.items():
        at = (*path, name)
        support = known.get(name)
        if support is None:
            near = nearest(name, known)
            findings.problems.append((at, _unknown(name, near, model)))
            findings.meant.add((*path, near))
            findings.holed.add(path)
            continue
        if value is None or value == "":
            continue
        if support.level is Level.REFUSED and value not in ([], {}):
            findings.problems.append((at, f"is not supported: {support.note}"))
            findings.holed.add(path)
        if support.level is Level.WARNED and value not in ([], {}):
            findings.warnings.append(Warned(path=at, type_name=model.api_type, name=name, note=support.note))
        if name in children:
            kept[name] = _below(value, children[name], findings, at)
    return kept


def _below(value: Any, child: type[Value] | None, findings: Findings, path: Path) -> Any:
    if child is None:
        return value
    if isinstance(value, dict):
        return prune(value, child, findings, path)
    if isinstance(value, list):
        return [_below(each, child, findings, (*path, index)) for index, each in enumerate(value)]
    return value


@cache
def _children(model: type[Value]) -> Mapping[str, type[Value] | None]:
    """Each field's JSON name, with the model of its content, of its entries, or None for scalars and free maps."""
    return {str(info.alias): _model_in(info.annotation) for info in model.model_fields.values()}


def _model_in(annotation: Any) -> type[Value] | None:
    if isinstance(annotation, type) and issubclass(annotation, Value):
        return annotation
    if get_origin(annotation) in (Annotated, Union, types.UnionType, tuple):
        return next((found for each in get_args(annotation) if (found := _model_in(each))), None)
    return None


def _unknown(name: str, near: str, model: type[Value]) -> str:
    if near:
        return f'is no field of {_plain(model)} (did you mean "{near}"?)'
    for below, child in _children(model).items():
        if child and name in FIELDS[child.api_type]:
            return f"is no field of {_plain(model)}; it belongs under {below}"
    labels = "; labels stand under matchLabels" if model.api_type == "V1LabelSelector" else ""
    return f"is no field of {_plain(model)}{labels}"


def _plain(model: type[Value]) -> str:
    return "a " + model.api_type.removeprefix("V1")
