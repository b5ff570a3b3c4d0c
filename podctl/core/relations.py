"""What a Pod's manifest says about other Pods: whose set it is in, whom it goes near, apart from, and spreads among.

Sources: the Kubernetes API reference of PodAffinityTerm and TopologySpreadConstraint; matchLabelKeys as
kube-apiserver merges them (`pkg/registry/core/pod`: into the selector, before anything looks at it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podctl.core.parts import list_of, map_of, texts_of
from podctl.core.placement.model import PodTerm, PreferredPodTerm, Spread
from podctl.core.selectors import Requirement, Selector, label_selector

if TYPE_CHECKING:
    from collections.abc import Mapping

    Labels = Mapping[str, str]

GROUP_LABELS = ("app.kubernetes.io/name", "app")  # the first that a Pod carries names its set


def group_of(metadata: Mapping[str, Any]) -> str:
    """The name of the set that the Pod is a member of, for Pods of one namespace; "" when it is in none."""
    for owner in list_of(metadata, "ownerReferences"):
        if owner.get("controller"):
            return str(owner.get("uid") or f"{owner.get('kind')}/{owner.get('name')}")
    labels = texts_of(metadata, "labels")
    return next((labels[key] for key in GROUP_LABELS if labels.get(key)), "")


def required_pod_terms(affinity: Mapping[str, Any], labels: Labels, namespace: str) -> tuple[PodTerm, ...]:
    """Of a podAffinity or podAntiAffinity; `labels` and `namespace` are those of the Pod that says it."""
    terms = list_of(affinity, "requiredDuringSchedulingIgnoredDuringExecution")
    return tuple(_pod_term(term, labels, namespace) for term in terms)


def preferred_pod_terms(affinity: Mapping[str, Any], labels: Labels, namespace: str) -> tuple[PreferredPodTerm, ...]:
    return tuple(
        PreferredPodTerm(
            weight=int(each.get("weight") or 0), term=_pod_term(map_of(each, "podAffinityTerm"), labels, namespace)
        )
        for each in list_of(affinity, "preferredDuringSchedulingIgnoredDuringExecution")
    )


def spreads_of(spec: Mapping[str, Any], labels: Labels) -> tuple[Spread, ...]:
    return tuple(
        Spread(
            topology_key=str(each.get("topologyKey") or ""),
            max_skew=int(each.get("maxSkew") or 1),
            selector=_merged_selector(each, labels),
            hard=each.get("whenUnsatisfiable") != "ScheduleAnyway",
            min_domains=int(each.get("minDomains") or 1),
            honors_affinity=each.get("nodeAffinityPolicy") != "Ignore",
            honors_taints=each.get("nodeTaintsPolicy") == "Honor",
        )
        for each in list_of(spec, "topologySpreadConstraints")
    )


def _pod_term(term: Mapping[str, Any], labels: Labels, namespace: str) -> PodTerm:
    """Where the term names no namespaces in either way, it speaks of the Pod's own."""
    namespaces = tuple(str(name) for name in term.get("namespaces") or ())
    namespace_selector = _selector(term, "namespaceSelector")
    if not namespaces and namespace_selector is None:
        namespaces = (namespace,)
    return PodTerm(
        topology_key=str(term.get("topologyKey") or ""),
        selector=_merged_selector(term, labels),
        namespaces=namespaces,
        namespace_selector=namespace_selector,
    )


def _merged_selector(term: Mapping[str, Any], labels: Labels) -> Selector | None:
    """The labelSelector and what matchLabelKeys and mismatchLabelKeys make of the Pod's own labels.

    A key that the Pod does not carry says nothing; no selector stays none, which matches no Pod.
    """
    selector = _selector(term, "labelSelector")
    if selector is None:
        return None
    own = (
        Requirement(key=key, operator=operator, values=(labels[key],))
        for field, operator in (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn"))
        for key in term.get(field) or ()
        if key in labels
    )
    return (*selector, *own)


def _selector(term: Mapping[str, Any], name: str) -> Selector | None:
    """None where there is none: an empty selector is one, and matches everything."""
    given = term.get(name)
    return None if given in (None, "") else label_selector(given)
