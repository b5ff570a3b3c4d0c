"""What `get` says in the end: the objects, or why there are none, and who did not answer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.kept_objects import MASK
from podctl.core.kinds import SECRET
from podctl.core.probes.model import Verdict
from podctl.report.tables import get_tables
from podctl.report.text import printable

if TYPE_CHECKING:
    from podctl.core.kinds import Kind
    from podctl.core.memory import Remembered
    from podctl.core.model import Cluster, ObservedMinion
    from podctl.core.query import Answer, Query
    from podctl.report.structured import Printer
    from podctl.report.tables import TableOptions

_MOST_EVIDENCE = 10  # lines of it
_MASKED = f"note: the values of Secrets are shown as {MASK}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`out` goes to stdout, `note` to stderr; both end in a newline where they are not empty."""

    out: str
    note: str = ""


def shown(
    query: Query,
    answer: Answer,
    printer: Printer | None,
    options: TableOptions,
    *,
    partial: bool = False,
    ignore_not_found: bool = False,
) -> Shown:
    """Without a printer: tables. Where nothing was found, programs get an empty List and people a sentence.

    `partial`: some Minion was silent, so that nobody can say what is nowhere.
    """
    if query.named and not answer.found:
        return Shown(out="")
    if printer:
        out = printer(answer.found, query.single and len(answer.found) == 1)
        masked = any(each.kind is SECRET for each in answer.found) and MASK in out
        return Shown(out=out, note=_MASKED if masked else "")
    if not answer.found:
        return Shown(out="", note="" if ignore_not_found else nothing_text(query, partial=partial))
    return Shown(out=get_tables(answer.found, query.kinds, options))


def nothing_text(query: Query, *, partial: bool) -> str:
    """kubectl's sentence; it names the namespace where that narrowed the search."""
    narrowed = query.namespace if any(kind.namespaced for kind in query.kinds) else None
    seen = " on the Minions that answered" if partial else ""
    return f"No resources found in {narrowed} namespace{seen}.\n" if narrowed else f"No resources found{seen}\n"


def missing_text(missing: tuple[tuple[Kind, str], ...], suffix: str = "") -> str:
    return "\n".join(f'{kind.plural} "{name}" not found{suffix}' for kind, name in missing)


def silence_text(cluster: Cluster) -> str:
    """For each silent Minion why, on what evidence, and what to do about it; "" when all answered."""
    lines = []
    for each in cluster.silent:
        how = "is out of sight" if each.unlisted else "did not answer"
        lines.append(f"minion {each.minion.name} {how}: {one_line(each.problem)}\n")
        lines += evidence_lines(each)
        if each.hint:
            lines.append(f"Hint: {one_line(each.hint)}\n")
    return "".join(lines)


def unknown_text(cluster: Cluster) -> str:
    """For each Minion and cause one line: of how many Pods there it is unknown what a probe would say, and the fix."""
    lines = []
    for each in cluster.minions:
        pods: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for pod in each.pods:
            for answer in pod.probed.values():
                if answer.verdict is Verdict.UNKNOWN:
                    pods[answer.message, answer.hint].add(pod.uid)
        for (cause, fix), uids in pods.items():
            count = f"{len(uids)} Pods" if len(uids) > 1 else "1 Pod"
            lines.append(f"note: minion {each.minion.name}: probes of {count} are unknown: {cause}. {fix}".strip())
    return "".join(f"{one_line(line)}\n" for line in lines)


def history_text(cluster: Cluster) -> str:
    """Whose log of events could not be read, and what is shown all the same; "" when all could."""
    return "".join(
        f"note: minion {each.minion.name} does not tell its log of events ({one_line(each.log_problem)}): of its "
        "containers there is what their state says\n"
        for each in cluster.minions
        if each.log_problem
    )


def evidence_lines(minion: ObservedMinion) -> list[str]:
    return [f"  {printable(line)}\n" for line in minion.evidence.splitlines()[-_MOST_EVIDENCE:]]


def warning_text(seen: Remembered) -> str:
    """Why what is remembered may be out of date, and what to do; what is seen and counts no more."""
    stale = "".join(
        f"note: pod/{pod.key.name} on {pod.minion} counts no more ({why}): the next command that changes anything "
        "stops it\n"
        for pod, why in seen.stale
    )
    if not seen.warning:
        return stale
    hint = "Hint: podctl adopt makes a Document of what runs.\n" if not seen.recalled.found else ""
    return f"warning: {one_line(seen.warning)}\n{hint}{stale}"


def silent_names(cluster: Cluster) -> str:
    """`alpha`, `alpha and beta`, `alpha, beta and gamma`."""
    *most, last = [each.minion.name for each in cluster.silent]
    return f"{', '.join(most)} and {last}" if most else last


def one_line(text: str) -> str:
    return printable("; ".join(line.strip() for line in text.splitlines() if line.strip()))
