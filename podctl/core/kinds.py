"""The kinds of object that podctl knows, by every name that kubectl's users type for them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from podctl.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    name: str  # as in `pod/web`
    plural: str  # as in `pods "web" not found`
    aliases: tuple[str, ...]
    namespaced: bool


POD = Kind(name="pod", plural="pods", aliases=("po",), namespaced=True)
MINION = Kind(name="minion", plural="minions", aliases=("mn", "node", "nodes", "no"), namespaced=False)
CLAIM = Kind(
    name="persistentvolumeclaim", plural="persistentvolumeclaims", aliases=("pvc", "pvcs"), namespaced=True
)  # fmt: skip
CONFIG_MAP = Kind(name="configmap", plural="configmaps", aliases=("cm",), namespaced=True)
SECRET = Kind(name="secret", plural="secrets", aliases=(), namespaced=True)
EVENT = Kind(name="event", plural="events", aliases=("ev",), namespaced=True)
KINDS: tuple[Kind, ...] = (POD, MINION, CLAIM, CONFIG_MAP, SECRET, EVENT)

_BY_WORD = {word: kind for kind in KINDS for word in (kind.name, kind.plural, *kind.aliases)}
# What kubectl has and podctl has not: every word that a hand may type, with what it stands for.
_ELSEWHERE = {
    word: words.split()[0]
    for words in (
        "deployments deployment deploy", "replicasets replicaset rs", "replicationcontrollers replicationcontroller rc",
        "daemonsets daemonset ds", "statefulsets statefulset sts", "jobs job", "cronjobs cronjob cj",
        "services service svc", "endpoints ep", "ingresses ingress ing", "networkpolicies networkpolicy netpol",
        "serviceaccounts serviceaccount sa", "namespaces namespace ns",
        "persistentvolumes persistentvolume pv", "storageclasses storageclass sc", "all",
        "horizontalpodautoscalers horizontalpodautoscaler hpa", "poddisruptionbudgets poddisruptionbudget pdb",
        "componentstatuses componentstatus cs", "resourcequotas resourcequota quota", "limitranges limitrange limits",
        "customresourcedefinitions customresourcedefinition crd crds", "roles role", "rolebindings rolebinding",
    )
    for word in words.split()
}  # fmt: skip
_HAS = "podctl has pods (po), minions (mn, node, no), claims (pvc), configmaps (cm), secrets and events (ev)"


def parse_kind(word: str) -> Kind:
    """Raises InputError for a word that is no kind, and for a kind of kubectl's that podctl has not."""
    lower = word.lower()
    if lower in _BY_WORD:
        return _BY_WORD[lower]
    if lower in _ELSEWHERE:
        raise InputError(f"podctl has no {_ELSEWHERE[lower]}", hint=f"{_HAS}.")
    near = difflib.get_close_matches(lower, _BY_WORD, 1)
    hint = f"Did you mean {near[0]}?" if near else f"{_HAS}."
    raise InputError(f"there is no resource type {word!r}", hint=hint)
