"""The tables of `get`: kubectl's columns, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.age import age_text, duration_text
from podctl.core.claims import short_modes
from podctl.core.kept_objects import sizes
from podctl.core.kinds import CLAIM, CONFIG_MAP, EVENT, MINION, POD, SECRET
from podctl.core.status import pod_status
from podctl.report.describe_event import from_text, when_text
from podctl.report.text import ENGINE, NONE, UNKNOWN, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from podctl.core.finding import Found
    from podctl.core.kinds import Kind
    from podctl.core.memory import Absent
    from podctl.core.model import ObservedMinion
    from podctl.core.status import PodStatus

_GIT_DIGITS = 12  # of a revision, enough to tell any two apart


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    wide: bool = False
    headings: bool = True
    namespaces: bool = False  # NAMESPACE comes first
    label_columns: tuple[str, ...] = ()
    show_labels: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    headings: tuple[str, ...]
    wide: tuple[str, ...]
    cells: Callable[[Found], tuple[str, ...]]  # one for each heading, wide ones included
    named: bool = True  # the first is the name


def get_tables(found: Sequence[Found], kinds: Sequence[Kind], options: TableOptions) -> str:
    """One table for each kind that has rows. With several kinds names carry theirs, `pod/web`, as in kubectl."""
    groups = [[each for each in found if each.kind is kind] for kind in kinds]
    texts = [_table(group, options, kind_in_name=len(kinds) > 1) for group in groups if group]
    return ("\n" if options.headings else "").join(texts)


def _table(found: Sequence[Found], options: TableOptions, *, kind_in_name: bool) -> str:
    rows = [row_of(each, options, kind_in_name=kind_in_name) for each in found]
    return table(headings_of(found[0].kind, options) if options.headings else (), rows)


def row_of(found: Found, options: TableOptions, *, kind_in_name: bool = False) -> list[str]:
    layout = _LAYOUTS[found.kind]
    name, *cells = layout.cells(found)[: _shown(layout, options)]
    labels = found.labels
    return [
        *([found.namespace] if options.namespaces and found.kind.namespaced else []),
        f"{found.kind.name}/{name}" if kind_in_name and layout.named else name,
        *cells,
        *(labels.get(key) or NONE for key in options.label_columns),
        *([labels_text(labels)] if options.show_labels else []),
    ]


def headings_of(kind: Kind, options: TableOptions) -> list[str]:
    """One for each cell of a row."""
    layout = _LAYOUTS[kind]
    return [
        *(["NAMESPACE"] if options.namespaces and kind.namespaced else []),
        *(*layout.headings, *layout.wide)[: _shown(layout, options)],
        *(key.rpartition("/")[2].upper() for key in options.label_columns),
        *(["LABELS"] if options.show_labels else []),
    ]


def _shown(layout: _Layout, options: TableOptions) -> int:
    return len(layout.headings) + (len(layout.wide) if options.wide else 0)


def labels_text(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) or NONE


def _pod_cells(found: Found) -> tuple[str, ...]:
    if found.absent:
        return _absent_cells(found, found.absent)
    assert found.pod  # noqa: S101 - a Found of this kind has one or the other
    status = pod_status(found.pod, found.minion)
    now = found.minion.now
    return (
        found.name,
        status.ready_text,
        status.word,
        restarts_text(status, now),
        age_text(status.started_at, now),
        status.ip or NONE,
        found.pod.minion,
    )


def _absent_cells(found: Found, absent: Absent) -> tuple[str, ...]:
    ready, minion = f"0/{absent.containers}", absent.entry.minion or NONE
    return (found.name, ready, absent.word, "0", made_text(found), NONE, minion)


def made_text(found: Found) -> str:
    """The age of what was not seen: since the act that made it, if that is remembered."""
    return age_text(found.made.at, found.made.now) if found.made else UNKNOWN


def restarts_text(status: PodStatus, now: datetime | None) -> str:
    if status.restarts and status.last_restart_at and now:
        return f"{status.restarts} ({duration_text(now - status.last_restart_at)} ago)"
    return str(status.restarts)


def minion_status(minion: ObservedMinion) -> str:
    word = "Ready" if not minion.silent else "NotReady" if minion.reached else "Unknown"
    return word + (",SchedulingDisabled" if minion.minion.unschedulable else "")


def _minion_cells(found: Found) -> tuple[str, ...]:
    facts = found.minion.facts
    return (
        found.name,
        minion_status(found.minion),
        NONE,
        UNKNOWN,  # nothing on a machine says since when it is one of the cluster's
        f"v{facts.engine_version}" if facts else UNKNOWN,
        (facts.address if facts else "") or found.minion.minion.address or NONE,
        facts.os_image if facts else UNKNOWN,
        facts.kernel if facts else UNKNOWN,
        f"{ENGINE}://{facts.engine_version}" if facts else UNKNOWN,
    )


def _claim_cells(found: Found) -> tuple[str, ...]:
    claim = found.claim or found.unseen_claim
    assert claim  # noqa: S101 - a Found of this kind has one or the other
    return (
        found.name,
        claim.phase,
        claim.volume or NONE,
        claim.size or UNKNOWN,
        short_modes(claim.modes) or NONE,
        NONE,
        age_text(claim.created_at, found.minion.now),
        "Filesystem",
        claim.minion or NONE,
    )


def _config_map_cells(found: Found) -> tuple[str, ...]:
    return found.name, str(len(sizes(found.raw or {}))), made_text(found)


def _secret_cells(found: Found) -> tuple[str, ...]:
    return found.name, str(found.object["type"]), str(len(sizes(found.raw or {}))), made_text(found)


def _event_cells(found: Found) -> tuple[str, ...]:
    event = found.event
    assert event  # noqa: S101 - a Found of this kind has one
    act = event.act
    return (
        when_text(event),
        event.type,
        event.reason,
        event.object,
        _one_line(event.message),
        from_text(event),
        _one_line(act.command) if act else NONE,
        (act.git[:_GIT_DIGITS] if act else "") or NONE,
        (act.result if act else "") or NONE,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split()) or NONE


_LAYOUTS: Mapping[Kind, _Layout] = {
    POD: _Layout(
        headings=("NAME", "READY", "STATUS", "RESTARTS", "AGE"),
        wide=("IP", "MINION"),
        cells=_pod_cells,
    ),
    MINION: _Layout(
        headings=("NAME", "STATUS", "ROLES", "AGE", "VERSION"),
        wide=("INTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"),
        cells=_minion_cells,
    ),
    CLAIM: _Layout(
        headings=("NAME", "STATUS", "VOLUME", "CAPACITY", "ACCESS MODES", "STORAGECLASS", "AGE"),
        wide=("VOLUMEMODE", "MINION"),
        cells=_claim_cells,
    ),
    CONFIG_MAP: _Layout(headings=("NAME", "DATA", "AGE"), wide=(), cells=_config_map_cells),
    SECRET: _Layout(headings=("NAME", "TYPE", "DATA", "AGE"), wide=(), cells=_secret_cells),
    EVENT: _Layout(
        headings=("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"),
        wide=("WHO", "COMMAND", "GIT", "RESULT"),
        cells=_event_cells,
        named=False,
    ),
}
