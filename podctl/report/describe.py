"""`describe`: each object's own text, two blank lines between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.report.describe_claim import claim_text
from podctl.report.describe_minion import minion_text
from podctl.report.describe_pod import pod_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podctl.core.query import Found


def described(found: Iterable[Found]) -> str:
    return "\n\n".join(map(_text, found))


def _text(found: Found) -> str:
    if found.pod:
        return pod_text(found.pod, found.minion, found.object)
    if found.claim:
        return claim_text(found.claim, found.minion)
    return minion_text(found.minion)
