"""Every field that works was seen to work on a real Minion by some test, or it stands here with the reason why not."""

from __future__ import annotations

import ast
from pathlib import Path

from podctl.core.fields import FIELDS, Level

REAL = Path(__file__).parent.parent / "real"
_NFS = "no kernel that the tests run on has NFS; tests/engine/test_volumes.py shows what docker is asked for"
NOT_TRIED = {
    **{f"NFSVolumeSource.{name}": _NFS for name in FIELDS["V1NFSVolumeSource"]},
    "Volume.nfs": _NFS,
}


def works() -> set[str]:
    return {
        f"{type_name.removeprefix('V1')}.{name}"
        for type_name, fields in FIELDS.items()
        for name, support in fields.items()
        if support.level is Level.WORKS
    }


def proved() -> dict[str, list[str]]:
    """By field: the tests that look at it."""
    found: dict[str, list[str]] = {}
    for path in sorted(REAL.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            for decorator in getattr(node, "decorator_list", ()):
                if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "proves":
                    for argument in decorator.args:
                        found.setdefault(ast.literal_eval(argument), []).append(f"{path.name}::{node.name}")
    return found


def test_every_field_that_works_is_proved_or_says_why_not():
    assert sorted(works() - set(proved()) - set(NOT_TRIED)) == []


def test_nothing_is_proved_that_is_not_said_to_work():
    assert sorted(set(proved()) - works()) == []


def test_what_is_proved_needs_no_reason():
    assert sorted(set(proved()) & set(NOT_TRIED)) == []
