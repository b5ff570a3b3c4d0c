"""Label selectors: the text of `-l`, and the requirements that Kubernetes objects carry.

A selector is a tuple of requirements, all of which must hold; the empty one matches everything. Grammar of the text:
apimachinery `pkg/labels` (without `<` and `>`). Operators: NodeSelectorRequirement and LabelSelectorRequirement of the
Kubernetes API reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from podctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAME = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_DNS_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_KEY = rf"(?:(?=[^/]{{1,253}}/){_DNS_LABEL}(?:\.{_DNS_LABEL})*/)?{_NAME}"
_VALUE = re.compile(rf"(?:{_NAME})?", re.ASCII)
_PIECE = re.compile(r"(?:[^,()]|\([^()]*\))*", re.ASCII)
_ABSENT = re.compile(rf"!\s*({_KEY})", re.ASCII)
_PRESENT = re.compile(rf"({_KEY})", re.ASCII)
_EQUAL = re.compile(rf"({_KEY})\s*(==|=|!=)\s*([^\s=!]*)", re.ASCII)
_ONE_OF = re.compile(rf"({_KEY})\s+(in|notin)\s*\(([^()]*)\)", re.ASCII)
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_SIGNS = {"In": "=", "NotIn": "!=", "Gt": ">", "Lt": "<"}
_FORMS = "write key=value, key!=value, key in (a,b), key notin (a,b), key or !key; a comma between two means AND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One condition on labels. An operator that is none of In, NotIn, Exists, DoesNotExist, Gt, Lt matches nothing."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """NotIn and DoesNotExist hold where the label is missing; Gt and Lt compare whole numbers and nothing else."""
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value is not None and value in self.values
            case "NotIn":
                return value is None or value not in self.values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
            case "Gt" | "Lt":
                return self._compares(value)
        return False

    def _compares(self, value: str | None) -> bool:
        numbers = [int(text) for text in (value or "", *self.values) if _INTEGER.fullmatch(text)]
        if len(self.values) != 1 or len(numbers) != len((value, *self.values)):
            return False
        return numbers[0] > numbers[1] if self.operator == "Gt" else numbers[0] < numbers[1]

    def __str__(self) -> str:
        """As kubectl writes it; In and NotIn with one value as `=` and `!=`."""
        if self.operator in _SIGNS and len(self.values) == 1:
            return f"{self.key}{_SIGNS[self.operator]}{self.values[0]}"
        if self.operator in ("Exists", "DoesNotExist"):
            return self.key if self.operator == "Exists" else f"!{self.key}"
        return f"{self.key} {self.operator.lower()} ({','.join(self.values)})"


Selector = tuple[Requirement, ...]


def matches(selector: Iterable[Requirement], labels: Mapping[str, str]) -> bool:
    return all(requirement.matches(labels) for requirement in selector)


def selector_text(selector: Iterable[Requirement]) -> str:
    return ",".join(map(str, selector))


def requirement(expression: Mapping[str, Any]) -> Requirement:
    """An entry of matchExpressions or matchFields: `{key, operator, values}`."""
    values = expression.get("values") or ()
    return Requirement(
        key=str(expression.get("key", "")),
        operator=str(expression.get("operator", "")),
        values=tuple(str(value) for value in values),
    )


def label_selector(selector: Mapping[str, Any]) -> Selector:
    """A LabelSelector object: matchLabels (sorted by key) AND matchExpressions. `{}` matches everything."""
    labels = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or ()
    return (
        *(Requirement(key=key, operator="In", values=(str(labels[key] or ""),)) for key in sorted(labels)),
        *(requirement(expression) for expression in expressions),
    )


def parse_selector(text: str) -> Selector:
    """The requirements of a text such as `app=web,tier in (front, back),!canary`, in its order.

    An empty text is the empty selector. Raises InputError that shows the part which is wrong.
    """
    if not text.strip():
        return ()
    return tuple(_parse_piece(piece.strip(), text) for piece in _pieces(text))


def _pieces(text: str) -> list[str]:
    """The text, cut at the commas that stand outside parentheses."""
    pieces, start = [], 0
    while True:
        found = _PIECE.match(text, start)
        end = found.end() if found else start
        if end < len(text) and text[end] != ",":
            raise _wrong(text, f"the parenthesis in {text[start:].strip()!r} has no partner")
        pieces.append(text[start:end])
        if end == len(text):
            return pieces
        start = end + 1


def _parse_piece(piece: str, text: str) -> Requirement:
    if found := _PRESENT.fullmatch(piece):
        return Requirement(key=found[1], operator="Exists")
    if found := _ABSENT.fullmatch(piece):
        return Requirement(key=found[1], operator="DoesNotExist")
    if found := _EQUAL.fullmatch(piece):
        operator = "NotIn" if found[2] == "!=" else "In"
        return Requirement(key=found[1], operator=operator, values=(_value(found[3], text),))
    if found := _ONE_OF.fullmatch(piece):
        values = tuple(_value(value.strip(), text) for value in found[3].split(","))
        return Requirement(key=found[1], operator="In" if found[2] == "in" else "NotIn", values=values)
    raise _wrong(text, f"{piece!r} is no condition" if piece else "there is nothing where a condition should stand")


def _value(value: str, text: str) -> str:
    if _VALUE.fullmatch(value):
        return value
    rule = "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
    raise _wrong(text, f"{value!r} cannot be the value of a label: {rule}")


def _wrong(text: str, what: str) -> InputError:
    return InputError(f"wrong label selector {text!r}", evidence=what, hint=_FORMS)
