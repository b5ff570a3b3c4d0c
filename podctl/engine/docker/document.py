"""Copies of the Document: labels of a small container that runs, so that no prune takes it, and is seen in every look.

A copy is born as `.new` and started; the rename commits it (see podctl.core.document.recall). What does not run, a
prune takes, and with it the only trace of a write that was broken off between its rounds: so it runs before it counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core import naming
from podctl.core.model import Mark
from podctl.engine import infra_image
from podctl.engine.docker import change, labels
from podctl.transport.shell import Script, Step, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.model import Minion

_LABELS = 3  # the descriptor of the labels' here-document
_MEMORY_BYTES = 32 << 20  # as an infra container's
_SECONDS = 60


def _new(cluster: str, revision: int) -> str:
    return f"{naming.document(cluster, revision)}.{Mark.NEW}"


def prepare(minion: Minion, architecture: str, cluster: str, revision: int, payload: str) -> tuple[Step, ...]:
    """The first round: a copy that is not committed. Fails where a container of that name is there: another writer."""
    image_script, archive = change.infra_image_steps(minion, architecture)
    image = minion.infra_image or infra_image.IMAGE
    create = words([
        minion.docker, "create", "--pull", "never", "--name", _new(cluster, revision),
        "--label-file", f"/dev/fd/{_LABELS}", "--restart", "always", "--no-healthcheck", "--network", "none",
        "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65535:65535", "--read-only",
        "--memory", str(_MEMORY_BYTES), "--cpu-shares", "2", "--pids-limit", "4", "--log-driver", "none", image,
    ])  # fmt: skip
    own = {labels.CLUSTER: cluster, labels.ROLE: labels.DOCUMENT, labels.REVISION: str(revision)}
    group = f"document {revision}"
    return (
        Step(title="check that the infra image is there", script=image_script, stdin=archive, group=group,
             timeout_seconds=_SECONDS),
        Step(title=f"write the Document's revision {revision}", script=_quiet(create), group=group,
             files={_LABELS: labels.label_file({**own, **labels.pack_document(payload)})}, timeout_seconds=_SECONDS),
        Step(title="start the Document's container", script=change.start(minion.docker, [_new(cluster, revision)]),
             group=group, timeout_seconds=_SECONDS),
    )  # fmt: skip


def commit(minion: Minion, cluster: str, revision: int, older: Sequence[str]) -> tuple[Step, ...]:
    """The second round: the copy gets its name, then those before it go (their container ids)."""
    name, group = naming.document(cluster, revision), f"document {revision}"
    rename = change.rename(minion.docker, _new(cluster, revision), name)
    step = Step(title=f"commit the Document's revision {revision}", script=rename, group=group)
    return (step, *forget(minion, older, group))


def forget(minion: Minion, copies: Sequence[str], group: str = "") -> tuple[Step, ...]:
    """Removes copies that count no more."""
    if not copies:
        return ()
    script = change.remove_containers(minion.docker, copies)
    return (Step(title="remove older copies of the Document", script=script, group=group, timeout_seconds=_SECONDS),)


def _quiet(script: Script) -> Script:
    return Script(f"{script.text} >/dev/null", script.shown)
