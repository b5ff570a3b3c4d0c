"""The Document as docker has it on the Minions, read past podctl's look; and Pods that run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from podctl.core.document.codec import decode
from podctl.engine.docker import labels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podctl.core.document.model import Document
    from podctl.engine.sandbox import Sandbox, SandboxMinion

NAMES = ("alpha", "bravo", "charlie")
_COPY = "label=podctl.role=document"


def copies_on(minion: SandboxMinion) -> list[str]:
    """Their containers' names, behind the cluster's; what does not run is told so."""
    lines = minion.docker("ps", "-a", "--filter", _COPY, "--format", "{{.Names}} {{.State}}").stdout.splitlines()
    return sorted(line.removeprefix("podctl_sandbox_").removesuffix(" running") for line in lines)


def copies(sandbox: Sandbox, names: Iterable[str] = NAMES) -> dict[str, list[str]]:
    return {name: copies_on(sandbox[name]) for name in names}


def is_everywhere_alike(sandbox: Sandbox) -> bool:
    """Whether every Minion has one copy, and it is the same one."""
    found = list(copies(sandbox).values())
    return len(found[0]) == 1 and all(each == found[0] for each in found)


def lose_copies(sandbox: Sandbox, names: Iterable[str] = NAMES) -> None:
    """By hand, on these Minions."""
    for name in names:
        sandbox[name].docker("rm", "-f", *sandbox[name].docker("ps", "-aq", "--filter", _COPY).stdout.split())


def document_on(minion: SandboxMinion) -> Document:
    """The one committed copy there."""
    (name,) = minion.docker("ps", "-q", "--filter", _COPY).stdout.split()
    found = json.loads(minion.docker("container", "inspect", name).stdout)[0]
    return decode(labels.unpack_document(found["Config"]["Labels"]))


def pods_on(sandbox: Sandbox, namespace: str, names: Iterable[str] = NAMES) -> dict[str, list[str]]:
    """By Minion, a word for each container of a Pod: the Pod's name, and its state where it does not run."""
    form = '{{.Label "podctl.pod"}} {{.State}}'
    found = {}
    for name in names:
        done = sandbox[name].docker("ps", "-a", "--filter", f"label=podctl.namespace={namespace}", "--format", form)
        found[name] = sorted({line.removesuffix(" running") for line in done.stdout.splitlines()})
    return found
