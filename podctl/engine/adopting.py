"""Adopt from end to end: lock, look, make a Document of what is there, ask, remember it. No Pod is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.document.adoption import Adoption, plan_adoption
from podctl.core.document.model import Deed
from podctl.engine.keeping import Keeping
from podctl.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from podctl.core.document.model import Caller, Document
    from podctl.core.model import Cluster
    from podctl.engine.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptWish:
    """What the user asked adopt for; `allow` raises for a no."""

    caller: Caller
    allow: Callable[[Adoption], None]
    lock_timeout_seconds: float
    dry_run: bool = False
    without_quorum: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    cluster: Cluster
    adoption: Adoption
    document: Document  # as it is now: written, or the one that was in sight
    notes: tuple[str, ...] = ()


def run(session: Session, wish: AdoptWish) -> Adopted:
    """Raises LockedError where any Minion is locked, UnreachableError where one may hold what nobody sees here."""
    if not wish.dry_run:
        session.lock(wish.lock_timeout_seconds)
        if session.held:
            raise session.locked_error()
    # What answers is all there is, or this goes no further: so it alone keeps what is written.
    keeping = Keeping.look(session, wish.caller, without_quorum=True)
    adoption = plan_adoption(keeping.recalled, keeping.cluster)
    if not adoption.needed:
        return Adopted(cluster=keeping.cluster, adoption=adoption, document=keeping.document)
    if adoption.missing and not wish.without_quorum:
        raise _refusal(adoption, keeping.cluster)
    if wish.dry_run:
        return Adopted(cluster=keeping.cluster, adoption=adoption, document=keeping.document)
    wish.allow(adoption)
    deeds = [
        Deed(reason="Adopted", object=f"pod/{each.key.name}", namespace=each.key.namespace,
             message=f"on {each.minion}" if each.minion else "")
        for each in adoption.taken
    ]  # fmt: skip
    keeping.write(adoption.document, deeds)
    lost = keeping.close(deeds, "adopted")  # not "done": second copies are named, and still run
    return Adopted(
        cluster=keeping.cluster, adoption=adoption, document=keeping.document, notes=(lost,) if lost else ()
    )  # fmt: skip


def _refusal(adoption: Adoption, cluster: Cluster) -> UnreachableError:
    names = ", ".join(adoption.missing)
    silent = {each.minion.name: each.problem for each in cluster.silent}
    return UnreachableError(
        f"nothing was changed: what is on {names} cannot be seen, and would be no longer wanted",
        evidence="\n".join(f"{name}: {silent.get(name, 'not in this inventory')}" for name in adoption.missing),
        hint="Bring what is missing back, or into the inventory, and run it again; if it is gone for ever: "
        "podctl adopt --without-quorum.",
    )
