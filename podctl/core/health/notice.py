"""What was told of a cluster's health, as a short text: the same as long as the same is wrong."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podctl.core.document.model import Document
    from podctl.core.health.model import Finding
    from podctl.core.health.scope import Scope

_DIGITS = 16
_MOST = 20  # listeners whose last news is remembered


def listener(command: str, scope: Scope) -> str:
    """Who is told of what. Another command, or another part of the cluster, is told of its own. No secret is in it."""
    about = [scope.namespace, [str(each) for each in scope.selector], sorted(scope.minions),
             sorted(str(each.key) for each in scope.wanted or ())]  # fmt: skip
    return _digest([command, about])


def news(findings: Iterable[Finding]) -> str:
    """What is wrong, and where; not how often or for how long. Nothing is ""."""
    found = {(each.ailment, each.minion, str(each.pod or ""), each.containers) for each in findings}
    return _digest(sorted(found)) if found else ""


def was_told(document: Document, who: str) -> str:
    """Who was never told anything believes that all is well."""
    return document.told.get(who, "")


def with_told(document: Document, who: str, what: str) -> Document:
    """Good news are remembered by forgetting the bad; of too many listeners one is told again."""
    others = {name: each for name, each in document.told.items() if name != who}
    kept = dict(sorted(others.items())[: _MOST - 1])
    return replace(document, told={**kept, who: what} if what else kept)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:_DIGITS]
