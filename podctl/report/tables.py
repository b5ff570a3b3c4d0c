"""The tables of `get`: kubectl's columns, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.age import age_text, duration_text
from podctl.core.claims import short_modes
from podctl.core.kinds import CLAIM, MINION, POD
from podctl.core.status import pod_status
from podctl.report.text import NONE, UNKNOWN, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from podctl.core.kinds import Kind
    from podctl.core.model import ObservedMinion
    from podctl.core.query import Found
    from podctl.core.status import PodStatus

ENGINE = "docker"  # the scheme before container ids and versions


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
    cells: Callable[[Found], tuple[str, ...]]  # one for each heading, wide ones included; the first is the name


def get_tables(found: Sequence[Found], kinds: Sequence[Kind], options: TableOptions) -> str:
    """One table for each kind that has rows. With several kinds names carry theirs, `pod/web`, as in kubectl."""
    groups = [[each for each in found if each.kind is kind] for kind in kinds]
    texts = [_table(group, options, kind_in_name=len(kinds) > 1) for group in groups if group]
    return ("\n" if options.headings else "").join(texts)


def _table(found: Sequence[Found], options: TableOptions, *, kind_in_name: bool) -> str:
    layout = _LAYOUTS[found[0].kind]
    namespaces = options.namespaces and found[0].kind.namespaced
    shown = len(layout.headings) + (len(layout.wide) if options.wide else 0)

    def row(each: Found) -> list[str]:
        name, *cells = layout.cells(each)[:shown]
        labels = each.labels
        return [
            *([each.namespace] if namespaces else []),
            f"{each.kind.name}/{name}" if kind_in_name else name,
            *cells,
            *(labels.get(key) or NONE for key in options.label_columns),
            *([labels_text(labels)] if options.show_labels else []),
        ]

    headings = [
        *(["NAMESPACE"] if namespaces else []),
        *(*layout.headings, *layout.wide)[:shown],
        *(key.rpartition("/")[2].upper() for key in options.label_columns),
        *(["LABELS"] if options.show_labels else []),
    ]
    return table(headings if options.headings else (), [row(each) for each in found])


def labels_text(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) or NONE


def _pod_cells(found: Found) -> tuple[str, ...]:
    assert found.pod  # noqa: S101 - a Found of this kind has one
    status = pod_status(found.pod, found.minion)
    now = found.minion.now
    return (
        found.name,
        f"{status.ready}/{status.total}",
        status.word,
        restarts_text(status, now),
        age_text(status.started_at, now),
        status.ip or NONE,
        found.pod.minion,
    )


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
    claim = found.claim
    assert claim  # noqa: S101 - a Found of this kind has one
    return (
        found.name,
        "Bound",
        claim.volume,
        claim.size or UNKNOWN,
        short_modes(claim.modes) or NONE,
        NONE,
        age_text(claim.created_at, found.minion.now),
        "Filesystem",
        claim.minion,
    )


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
}
