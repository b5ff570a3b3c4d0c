"""pydantic's errors as sentences for an operator. No sentence shows a value, but numbers and words of a closed set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podctl.core.yamltext import Path, did_you_mean, kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

REQUIRED = "is required"


def problems_of(error: ValidationError) -> list[tuple[Path, str]]:
    """The path of each error, with what is wrong there."""
    return [
        (tuple(step for step in each["loc"] if step != "[key]"), _sentence(each))
        for each in error.errors(include_url=False)
    ]


def _sentence(error: ErrorDetails) -> str:
    known = _SENTENCES.get(error["type"])
    return known(error["input"], error.get("ctx", {})) if known else error["msg"]


def _string(given: Any) -> str:
    if isinstance(given, bool):
        return f"must be a string, not {str(given).lower()} (yes, no, on, off, y and n are booleans): put it in quotes"
    quotes = ": put it in quotes" if isinstance(given, int | float) else ""
    return f"must be a string, not {kind(given)}{quotes}"


def _number(given: Any) -> str:
    unquote = ": remove the quotes" if isinstance(given, str) and given.isdecimal() else ""
    return f"must be a whole number, not {kind(given)}{unquote}"


def _literal(given: Any, expected: str) -> str:
    words = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    shown = ", ".join(word or '""' for word in words)
    if not isinstance(given, str):
        return f"must be {'one of ' if len(words) > 1 else ''}{shown}, not {kind(given)}"
    return f'"{given}" is {"none of" if len(words) > 1 else "not"} {shown}{did_you_mean(given, words)}'


_SENTENCES: Mapping[str, Callable[[Any, Mapping[str, Any]], str]] = {
    "missing": lambda _given, _context: REQUIRED,
    "string_type": lambda given, _context: _string(given),
    "bool_type": lambda given, _context: f"must be true or false, not {kind(given)}",
    "int_type": lambda given, _context: _number(given),
    "tuple_type": lambda given, _context: f"must be a list, not {kind(given)}",
    "dict_type": lambda given, _context: f"must be a mapping, not {kind(given)}",
    "model_type": lambda given, _context: f"must be a mapping, not {kind(given)}",
    "literal_error": lambda given, context: _literal(given, str(context["expected"])),
    "greater_than_equal": lambda given, context: f"must be at least {context['ge']}, not {given}",
    "less_than_equal": lambda given, context: f"must be at most {context['le']}, not {given}",
    "string_too_short": lambda _given, _context: "must not be empty",
    "string_pattern_mismatch": lambda _given, _context: "must not contain a NUL character",
    "too_long": lambda given, context: f"has {len(given)} entries; at most {context['max_length']} are allowed",
    "value_error": lambda _given, context: str(context["error"]),
}
