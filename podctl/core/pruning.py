"""`apply --prune`: what of the cluster matches and is in none of the files any more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.actions import ASKED_FOR, Remove
from podctl.core.claims import ObservedClaim, claims_on
from podctl.core.document.model import Deed, ObjectKey
from podctl.core.model import Mark, PodKey
from podctl.core.removals import removal
from podctl.core.selectors import Selector, matches

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from podctl.core.actions import Action, Plan
    from podctl.core.document.model import Document
    from podctl.core.manifest import Manifests
    from podctl.core.model import Cluster

_CLAIM = "PersistentVolumeClaim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What goes. `claims` are those of `objects` that have a volume, whose data is lost."""

    pods: tuple[PodKey, ...] = ()
    objects: tuple[ObjectKey, ...] = ()
    claims: tuple[ObservedClaim, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.pods or self.objects or self.claims)

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """The Pods' own stand in the plan."""
        return tuple(
            Deed(reason="Pruned", object=str(each), namespace=each.namespace, message="in none of the files any more")
            for each in self.objects
        )


NOTHING = Pruned()


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneWish:
    """`namespace` None: all of them."""

    selector: Selector
    namespace: str | None = None

    def choose(self, document: Document, cluster: Cluster, files: Manifests) -> Pruned:
        kept = {pod.key for pod in files.pods}
        pods = [key for key, each in document.pods.items() if key not in kept and self._wants(key, each.manifest)]
        objects = [
            key
            for key, raw in document.objects.items()
            if key not in files.raws and self._wants(PodKey(key.namespace, key.name), raw)
        ]
        claims = {PodKey(each.namespace, each.name) for each in objects if each.kind == _CLAIM}
        seen = (claim for minion in cluster.minions for claim in claims_on(minion))
        return Pruned(
            pods=tuple(sorted(pods)),
            objects=tuple(sorted(objects)),
            claims=tuple(each for each in seen if each.key in claims),
        )

    def _wants(self, key: PodKey, raw: Mapping[str, Any]) -> bool:
        labels = (raw.get("metadata") or {}).get("labels") or {}
        return self.namespace in (None, key.namespace) and matches(self.selector, labels)


def with_pruned(plan: Plan, pruned: Pruned, cluster: Cluster) -> Plan:
    """`plan` with the removal of the pruned Pods, before all else where it has none yet."""
    there = {id(action.pod) for action in plan.actions if isinstance(action, Remove)}
    gone = [
        removal(cluster, pod, ASKED_FOR)
        for pod in cluster.pods
        if pod.key in pruned.pods and pod.mark is Mark.COMMITTED and id(pod) not in there
    ]
    return replace(plan, actions=(*gone, *(_asked_for(action, pruned) for action in plan.actions)))


def _asked_for(action: Action, pruned: Pruned) -> Action:
    """A copy that no Document names any more as this very command wants it is not stale: somebody asked for it."""
    if isinstance(action, Remove) and not action.leftover and action.key in pruned.pods:
        return replace(action, reason=ASKED_FOR)
    return action
