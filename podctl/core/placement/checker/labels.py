"""Labels and taints as the checker reads them.

Told a second time on purpose, from the Kubernetes API reference alone: a mistake of the packer's rules is found only by
something that does not share them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.model import Taint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.core.placement.model import Candidate, Demand, PodTerm
    from podctl.core.selectors import Requirement

_CORDON = Taint(key="node.kubernetes.io/unschedulable")
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"


def all_hold(requirements: Iterable[Requirement], labels: Mapping[str, str]) -> bool:
    return all(_holds(each, labels.get(each.key)) for each in requirements)


def wants_the_labels(demand: Demand, candidate: Candidate) -> bool:
    """nodeSelector and required node affinity."""
    if any(candidate.labels.get(key) != wanted for key, wanted in demand.node_selector.items()):
        return False
    if demand.required_terms is None:
        return True
    name = {"metadata.name": candidate.name}
    return any(
        (term.expressions or term.fields)
        and all_hold(term.expressions, candidate.labels)
        and all_hold(term.fields, name)
        for term in demand.required_terms
    )


def is_repelled(demand: Demand, candidate: Candidate, *effects: str) -> bool:
    """By a taint with one of these effects that the Pod does not tolerate."""
    return any(taint.effect in effects and not _is_tolerated(taint, demand) for taint in candidate.taints)


def tolerates_the_cordon(demand: Demand) -> bool:
    """Kubernetes makes a taint with the effect NoSchedule of a cordon."""
    return _is_tolerated(_CORDON, demand)


def is_in_the_namespaces(term: PodTerm, own: str, namespace: str) -> bool:
    """Whether the term of a Pod of namespace `own` looks at `namespace`; at its own one where it names none at all."""
    if not term.namespaces and term.namespace_selector is None:
        return namespace == own
    if namespace in term.namespaces:
        return True
    selector = term.namespace_selector
    return selector is not None and all_hold(selector, {_NAMESPACE_LABEL: namespace})


def _is_tolerated(taint: Taint, demand: Demand) -> bool:
    return any(
        (not each.key or each.key == taint.key)
        and (not each.effect or each.effect == taint.effect)
        and (each.operator == "Exists" or (each.operator == "Equal" and each.value == taint.value))
        for each in demand.tolerations
    )


def _holds(requirement: Requirement, value: str | None) -> bool:
    values = requirement.values
    match requirement.operator:
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "In":
            return value is not None and value in values
        case "NotIn":
            return value is None or value not in values
        case "Gt" | "Lt" if value is not None and len(values) == 1 and _is_whole(value) and _is_whole(values[0]):
            above = int(value) - int(values[0])
            return above > 0 if requirement.operator == "Gt" else above < 0
    return False


def _is_whole(text: str) -> bool:
    digits = text[1:] if text[:1] in ("+", "-") else text
    return digits.isascii() and digits.isdigit()
