"""`describe`: each object's own text, two blank lines between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.kinds import CLAIM, CONFIG_MAP, EVENT, MINION, POD, SECRET
from podctl.report.describe_absent import absent_text
from podctl.report.describe_claim import claim_text
from podctl.report.describe_event import event_text
from podctl.report.describe_kept import config_map_text, secret_text
from podctl.report.describe_minion import minion_text
from podctl.report.describe_pod import pod_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from podctl.core.finding import Found
    from podctl.core.kinds import Kind


def described(found: Iterable[Found]) -> str:
    return "\n\n".join(_TEXTS[each.kind](each) for each in found)


def _pod(found: Found) -> str:
    return absent_text(found, found.absent) if found.absent else pod_text(found)


_TEXTS: Mapping[Kind, Callable[[Found], str]] = {
    POD: _pod,
    MINION: minion_text,
    CLAIM: claim_text,
    CONFIG_MAP: config_map_text,
    SECRET: secret_text,
    EVENT: event_text,
}
