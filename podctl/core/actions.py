"""What a Plan is made of: one value for each thing that is to be done, with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.manifest import PodManifest
    from podctl.core.model import ObservedPod, PodKey


NOWHERE = "it is nowhere"  # the reason of a Create that needs no other
ASKED_FOR = "deleted"  # the reason of a Remove that the user wanted by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """A Pod's containers and volumes go. `key` is None for volumes that an interrupted delete left behind."""

    minion: str
    uid: str
    reason: str
    pod: ObservedPod | None = None
    volumes: tuple[str, ...] = ()
    leftover: bool = False  # half made or half removed: nobody asked for it by name

    @property
    def key(self) -> PodKey | None:
        return self.pod.key if self.pod else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    pod: PodManifest
    minion: str
    reason: str
    placement_reason: str

    @property
    def key(self) -> PodKey:
        return self.pod.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """The old containers go, the new ones come; `remove.minion` may be another one than `minion`."""

    pod: PodManifest
    minion: str
    reason: str
    placement_reason: str
    remove: Remove
    move: bool = False  # nobody wants it otherwise than it is, only elsewhere
    overlap: bool = False  # the new one is ready before the old one goes; they are on two Minions

    @property
    def key(self) -> PodKey:
        return self.pod.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Nothing is made anew: what is there is started, in order."""

    pod: PodManifest
    minion: str
    reason: str
    observed: ObservedPod

    @property
    def key(self) -> PodKey:
        return self.pod.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    pod: PodManifest
    minion: str
    reason: str
    observed: ObservedPod

    @property
    def key(self) -> PodKey:
        return self.pod.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """Containers that run and are not well are stopped as a Pod's are, and started again; then the rest as by Start."""

    pod: PodManifest
    minion: str
    reason: str
    observed: ObservedPod
    containers: tuple[str, ...]  # names in the Pod

    @property
    def key(self) -> PodKey:
        return self.pod.key


Action = Create | Replace | Start | Restart | Remove | Keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A Pod that is not made. Unseen: it, or a claim of it, may be on a Minion that is silent; else it fits nowhere.

    `observed` is the Pod of that name that stays as it is.
    """

    pod: PodManifest
    reasons: Mapping[str, str]  # by Minion
    unseen: bool
    observed: ObservedPod | None = None
    diagnosis: str = ""  # of one that fits nowhere: what would have to change

    @property
    def key(self) -> PodKey:
        return self.pod.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`actions` stand in the order of the manifests, leftovers before them."""

    actions: tuple[Action, ...] = ()
    held: tuple[Held, ...] = ()
    minions_used: int = 0  # Minions with anything on them once all is done; 0 where nothing is placed, as in `delete`
    lower_bound: int = 0  # proven: with fewer than these it cannot be done

    @property
    def changes(self) -> tuple[Action, ...]:
        return tuple(action for action in self.actions if not isinstance(action, Keep))
