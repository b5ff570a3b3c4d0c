"""Rules between the fields of one object: one function a rule, one visible tuple of rules.

They read the raw mapping, so that they answer also when other fields are wrong, and stay silent where a field has the
wrong type: that is the models' to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from podctl.core.schema.pod import Pod
    from podctl.core.yamltext import Path


def broken_rules(raw: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    yield from ()


def advice(pod: Pod) -> Iterator[tuple[Path, str]]:
    yield from ()
