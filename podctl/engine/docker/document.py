"""Copies of the Document: labels of a small container that runs, so that no prune takes it, and is seen in every look.

A copy is born as `.new` and runs; the rename commits it (see podctl.core.document.recall). What does not run, a prune
takes, and with it the only trace of a write that was broken off between its rounds: so it runs before it counts. A
second rename says that the command which wrote it came to its end and that all went well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core import naming
from podctl.core.model import Mark
from podctl.engine import infra_image
from podctl.engine.docker import change, labels
from podctl.engine.docker.infra import HARDENED
from podctl.transport.shell import Script, Step, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.model import Minion

_LABELS = 3  # the descriptor of the labels' here-document
_SECONDS = 60
# Namespaces of its own would double the time of its start (250 ms against 130, measured), and it does nothing in them.
_SHARED = ("--network", "host", "--ipc", "host", "--uts", "host")


def _new(cluster: str, revision: int) -> str:
    return f"{naming.document(cluster, revision)}.{Mark.NEW}"


def prepare(minion: Minion, cluster: str, revision: int, payload: str) -> tuple[Step, ...]:
    """The first round: a copy that is not committed. Fails where a container of that name is there: another writer."""
    run = words([
        minion.docker, "run", "-d", "--pull", "never", "--name", _new(cluster, revision),
        "--label-file", f"/dev/fd/{_LABELS}", "--restart", "always", "--no-healthcheck", *_SHARED,
        *HARDENED, "--read-only",
        minion.infra_image or infra_image.IMAGE,
    ])  # fmt: skip
    own = {labels.CLUSTER: cluster, labels.ROLE: labels.DOCUMENT, labels.REVISION: str(revision)}
    return (
        Step(title=f"write the Document's revision {revision}", script=_quiet(run), group=_group(revision),
             files={_LABELS: labels.label_file({**own, **labels.pack_document(payload)})}, timeout_seconds=_SECONDS),
    )  # fmt: skip


def lacks_image(problem: str) -> bool:
    """Whether `prepare` failed for want of the image, which somebody may have untagged beside a copy that runs."""
    return "no such image" in problem.lower()


def image(minion: Minion, architecture: str, revision: int) -> tuple[Step, ...]:
    """What goes before `prepare` where no copy shows that the image is there."""
    script, archive = change.infra_image_steps(minion, architecture)
    title = "check that the infra image is there"
    return (Step(title=title, script=script, stdin=archive, group=_group(revision), timeout_seconds=_SECONDS),)


def commit(minion: Minion, cluster: str, revision: int) -> tuple[Step, ...]:
    """The second round: the copy gets its name."""
    rename = _patiently(change.rename(minion.docker, _new(cluster, revision), naming.document(cluster, revision)))
    return (Step(title=f"commit the Document's revision {revision}", script=rename, group=_group(revision)),)


def end(minion: Minion, cluster: str, revision: int) -> tuple[Step, ...]:
    """Marks the copy: the command that wrote it did all that it says."""
    name = naming.document(cluster, revision)
    script = change.rename(minion.docker, name, naming.document_done(cluster, revision))
    return (Step(title=f"mark the Document's revision {revision} as done", script=script, group=_group(revision)),)


def forget(minion: Minion, copies: Sequence[str], group: str = "") -> tuple[Step, ...]:
    """Removes copies that count no more."""
    if not copies:
        return ()
    script = change.remove_containers(minion.docker, copies)
    return (Step(title="remove older copies of the Document", script=script, group=group, timeout_seconds=_SECONDS),)


def _patiently(script: Script) -> Script:
    """Up to five times: docker refuses to rename a container in the moment in which it starts it again."""
    text = f"i=0; until {script.text}; do i=$((i+1)); [ $i -lt 5 ] || exit 1; sleep 0.3; done"
    return Script(text, script.shown)


def _group(revision: int) -> str:
    return f"document {revision}"


def _quiet(script: Script) -> Script:
    return Script(f"{script.text} >/dev/null", script.shown)
