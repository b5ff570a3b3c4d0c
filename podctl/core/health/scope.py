"""Which part of the cluster a checkup is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.parts import map_of, texts_of
from podctl.core.selectors import matches

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from podctl.core.model import PodKey
    from podctl.core.selectors import Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A Pod of the manifests that were given."""

    key: PodKey
    spec_hash: str
    labels: Mapping[str, str]
    problem: str = ""  # why nobody can tell its hash: a ConfigMap or Secret that is nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """None or empty: all of them."""

    namespace: str | None = None
    selector: Selector = ()
    minions: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] | None = None  # the Pods of -f, and no others

    @property
    def narrowed(self) -> bool:
        """About some Pods only: then of the Minions those that have them, and nothing of the cluster as a whole."""
        return self.namespace is not None or bool(self.selector) or self.wanted is not None

    def has(self, key: PodKey, labels: Mapping[str, str], minion: str) -> bool:
        """True of a Pod that it is about, on that Minion; `minion` is "" for one that is nowhere."""
        if self.wanted is not None and key not in {each.key for each in self.wanted}:
            return False
        if self.namespace is not None and key.namespace != self.namespace:
            return False
        return (not self.minions or minion in self.minions) and matches(self.selector, labels)

    def has_minion(self, name: str, with_pods: Collection[str]) -> bool:
        """`with_pods`: the Minions that have, or are to have, Pods that it is about."""
        if self.minions and name not in self.minions:
            return False
        return not self.narrowed or name in with_pods


def labels_in(manifest: Mapping[str, Any]) -> dict[str, str]:
    return texts_of(map_of(manifest, "metadata"), "labels")
