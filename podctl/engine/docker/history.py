"""What docker's log of events still tells of the containers of our Pods: the question, and its answer as values.

The daemon keeps its last 256 events of all kinds, in memory, each with all labels of its container: so it is asked for
the few kinds that tell of a life, and sends of each only what is needed.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from podctl.core.history.model import Happening, What
from podctl.core.model import PodKey
from podctl.engine.docker import labels
from podctl.transport.shell import Script, bind, words

if TYPE_CHECKING:
    from collections.abc import Mapping

_EVENTS = tuple(str(what) for what in What if what is not What.NOT_STARTED)
_ATTRIBUTES = {
    "namespace": labels.NAMESPACE, "pod": labels.POD, "uid": labels.UID, "container": labels.CONTAINER,
    "exit_code": "exitCode", "signal": "signal",
}  # fmt: skip
_LINE = ",".join(
    (
        '{"at":{{.TimeNano}}', '"what":{{json .Action}}', '"id":{{json .Actor.ID}}',
        *(f'"{ours}":{{{{json (index .Actor.Attributes "{theirs}")}}}}' for ours, theirs in _ATTRIBUTES.items()),
    )
)  # fmt: skip
_EPOCH = datetime.fromtimestamp(0, UTC)


def events(docker: str, cluster: str) -> Script:
    """It ends at once: the daemon's own clock says until when. With one that runs ahead docker would wait for it."""
    filters = [f"--filter=event={each}" for each in _EVENTS]
    return bind(
        "now=$({docker} info --format {time}) || exit\n"
        '{docker} events --since 0 --until "$now" --filter type=container --filter {cluster} --filter {ours} '
        "{filters} --format {line}",
        docker=docker,
        time="{{.SystemTime}}",
        cluster=f"label={labels.CLUSTER}={cluster}",
        ours=f"label={labels.UID}",
        filters=words(filters),
        line=_LINE + "}",
    )


def parse_events(text: str, minion: str) -> tuple[Happening, ...]:
    """One JSON object a line. Raises ValueError, LookupError or TypeError for what is none."""
    return tuple(_happening(json.loads(line), minion) for line in text.splitlines() if line.strip())


def _happening(raw: Mapping[str, Any], minion: str) -> Happening:
    at = _EPOCH + timedelta(microseconds=raw["at"] // 1000)
    return Happening(
        minion=minion,
        pod=PodKey(raw["namespace"], raw["pod"]),
        uid=raw["uid"],
        container=raw["container"],
        id=raw["id"],
        what=What(raw["what"]),
        at=at,
        logged_at=at,
        exit_code=_number(raw["exit_code"]),
        signal=_number(raw["signal"]),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
