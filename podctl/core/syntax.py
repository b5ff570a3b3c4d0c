"""The syntax of names, labels, quantities and image references. A rule answers what is wrong with a text, or None."""

from __future__ import annotations

import re
from typing import Any

from podctl.core.quantity import quantity
from podctl.core.yamltext import kind

MOST_LABEL = 63  # characters; RFC 1123
MOST_NAME = 253

MOST_DIGITS = 40  # of a quantity
_HUGE = re.compile(r"[eE][+-]?\d{3,}")  # an exponent that no arithmetic should be tried with

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NAME = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_ENDS = "begins and ends with a letter or digit"

# distribution/reference `regexp.go`
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"[A-Za-z0-9+._-]+:[0-9a-fA-F]{32,}"
_IMAGE = re.compile(rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?")


def too_long(text: str, most: int) -> str | None:
    return f"has {len(text)} characters; at most {most} are allowed" if len(text) > most else None


def label_problem(text: str) -> str | None:
    """A name without dots: of a Minion, a cluster, a namespace, a container, a volume."""
    if problem := too_long(text, MOST_LABEL):
        return problem
    if _LABEL.fullmatch(text):
        return None
    return f'"{text}" is no name: it has lower-case letters, digits and -, and {_ENDS} (RFC 1123)'


def name_problem(text: str) -> str | None:
    """A name that may have dots: of a Pod, a ConfigMap, a Secret, a claim."""
    if problem := too_long(text, MOST_NAME):
        return problem
    if _NAME.fullmatch(text):
        return None
    return f'"{text}" is no name: it has lower-case letters, digits, - and ., and {_ENDS} (RFC 1123)'


def key_problem(text: str) -> str | None:
    """The key of a label, an annotation, a taint; the name of a resource."""
    prefix, slash, name = text.rpartition("/")
    if slash and (len(prefix) > MOST_NAME or not _NAME.fullmatch(prefix)):
        return f'"{text}" is no key: before the / stands a domain, as example.com/role'
    if len(name) > MOST_LABEL or not _QUALIFIED.fullmatch(name):
        return (
            f'"{text}" is no key: it has letters, digits, -, _ and ., {_ENDS}, and has at most {MOST_LABEL} characters'
        )
    return None


def label_value_problem(text: str) -> str | None:
    if problem := too_long(text, MOST_LABEL):
        return problem
    if not text or _QUALIFIED.fullmatch(text):
        return None
    return f'"{text}" is no label value: it has letters, digits, -, _ and ., and {_ENDS}'


def image_problem(text: str) -> str | None:
    if not text:
        return "is empty; name an image such as nginx:1.27"
    if _IMAGE.fullmatch(text):
        return None
    if _IMAGE.fullmatch(text.lower()):
        return f'"{text}" is no image reference: upper-case letters stand in the tag only'
    return f'"{text}" is no image reference such as nginx:1.27 or registry.example.com:5000/team/web:2'


def image_tag(text: str) -> str:
    """The tag, `latest` when there is neither tag nor digest, and "" when there is only a digest."""
    found = _IMAGE.fullmatch(text)
    if not found:
        return ""
    return found["tag"] or ("" if found["digest"] else "latest")


def quantity_problem(value: Any) -> str | None:
    """Of an amount as YAML gives it: a text or a number, not below 0, and of a size that can be reckoned with."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return f"must be a quantity such as 250m or 1Gi, not {kind(value)}"
    text = str(value)
    if len(text) > MOST_DIGITS or _HUGE.search(text):
        return f'"{text[:MOST_DIGITS]}" is beyond any quantity'
    try:
        return f'"{text}" is below 0' if quantity(text) < 0 else None
    except ValueError as error:
        return str(error)
