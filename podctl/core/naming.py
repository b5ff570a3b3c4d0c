"""Names of what podctl makes on a Minion.

`_` occurs in no Kubernetes name, so it separates. A Pod's infra container says by the end of its name how complete the
Pod is (design section 5): born with `.new.UID`, renamed once all containers exist; `.old.UID` while being removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.model import Mark

if TYPE_CHECKING:
    from podctl.core.model import PodKey

DONE = ".done"  # how the name of a copy of the Document ends when all that it says was done
_LONGEST_FOLDER = 255  # characters, on Linux


def network(cluster: str) -> str:
    return f"podctl_{cluster}"


def infra(cluster: str, key: PodKey) -> str:
    return f"podctl_{cluster}_{key.namespace}_{key.name}"


def document(cluster: str, revision: int) -> str:
    """A copy of the Document. A namespace has no dot, so that no Pod can have this name."""
    return f"podctl_{cluster}_state.{revision}"


def document_done(cluster: str, revision: int) -> str:
    """A copy whose command came to its end without a failure."""
    return document(cluster, revision) + DONE


def marked(name: str, mark: Mark, uid: str) -> str:
    return name if mark is Mark.COMMITTED else f"{name}.{mark}.{uid}"


def mark_of(name: str, uid: str) -> Mark:
    """What an infra container's name says. A Pod's own name may hold dots, so the uid is looked for, too."""
    return next((mark for mark in (Mark.NEW, Mark.OLD) if name.endswith(f".{mark}.{uid}")), Mark.COMMITTED)


def container(cluster: str, key: PodKey, name: str) -> str:
    return f"{infra(cluster, key)}_{name}"


def pod_volume(cluster: str, uid: str, volume: str) -> str:
    """A volume that lives and dies with one Pod."""
    return f"podctl_{cluster}_{uid}_{volume}"


def claim_volume(cluster: str, namespace: str, claim: str) -> str:
    """Raises ValueError where the name would be longer than a folder's name can be: a volume is a folder."""
    name = f"podctl_{cluster}_{namespace}_claim_{claim}"
    if len(name) > _LONGEST_FOLDER:
        spare = _LONGEST_FOLDER - len(name) + len(claim)
        raise ValueError(f"persistentvolumeclaim {claim[:20]}…: its name may have {spare} characters in this namespace")
    return name
