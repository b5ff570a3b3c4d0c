"""What a Pod says about labels, names and taints, held against a Minion.

Semantics: Kubernetes `component-helpers/scheduling/corev1` (nodeaffinity, ToleratesTaint).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.model import Taint
from podctl.core.selectors import Requirement, matches, selector_text

if TYPE_CHECKING:
    from podctl.core.placement.model import Candidate, Demand, NodeTerm, Toleration

NAME_FIELD = "metadata.name"
CORDON = Taint(key="node.kubernetes.io/unschedulable")  # what Kubernetes makes of spec.unschedulable


def term_matches(term: NodeTerm, candidate: Candidate) -> bool:
    """A term without requirements matches nothing."""
    return bool(term.expressions or term.fields) and _first_miss(term, candidate) is None


def term_miss(term: NodeTerm, candidate: Candidate) -> str | None:
    """What the Minion has where the term wants something else; None when the term matches."""
    if not (term.expressions or term.fields):
        return "node affinity has an empty term, which matches no Minion"
    missed = _first_miss(term, candidate)
    if missed is None:
        return None
    has = label_text(candidate, missed.key) if missed in term.expressions else f"its name is {candidate.name}"
    return f"{has}, node affinity wants {missed}"


def term_text(term: NodeTerm) -> str:
    return selector_text((*term.expressions, *term.fields)) or "an empty term"


def allows_labels(demand: Demand, candidate: Candidate) -> bool:
    """nodeSelector and required node affinity."""
    if any(candidate.labels.get(key) != wanted for key, wanted in demand.node_selector.items()):
        return False
    terms = demand.required_terms
    return terms is None or any(term_matches(term, candidate) for term in terms)


def label_text(candidate: Candidate, key: str) -> str:
    if key not in candidate.labels:
        return f"label {key} is missing"
    return f"label {key} is {candidate.labels[key] or 'empty'}"


def preference(demand: Demand, candidate: Candidate) -> int:
    """The sum of the weights of the preferred terms that match."""
    return sum(each.weight for each in demand.preferred_terms if term_matches(each.term, candidate))


def untolerated(demand: Demand, candidate: Candidate, *effects: str) -> tuple[Taint, ...]:
    """The Minion's taints with one of these effects that the Pod does not tolerate."""
    return tuple(
        taint
        for taint in candidate.taints
        if taint.effect in effects and not any(tolerates(each, taint) for each in demand.tolerations)
    )


def tolerates_cordon(demand: Demand) -> bool:
    return any(tolerates(each, CORDON) for each in demand.tolerations)


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect not in ("", taint.effect) or toleration.key not in ("", taint.key):
        return False
    if toleration.operator == "Exists":
        return True
    return toleration.operator == "Equal" and toleration.value == taint.value


def taint_text(taint: Taint) -> str:
    return f"{taint.key}={taint.value}:{taint.effect}" if taint.value else f"{taint.key}:{taint.effect}"


def _first_miss(term: NodeTerm, candidate: Candidate) -> Requirement | None:
    name = {NAME_FIELD: candidate.name}
    for requirements, values in ((term.expressions, candidate.labels), (term.fields, name)):
        for requirement in requirements:
            if not matches((requirement,), values):
                return requirement
    return None
