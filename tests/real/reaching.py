"""What the tests of reaching into Pods share: a Pod to reach into, and what was left of it on its Minion."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from podctl.engine.sandbox import IMAGE
from podctl.engine.sandbox.machine import wait_until

if TYPE_CHECKING:
    import subprocess

GONE_WITHIN_SECONDS = 5


def pod(name, *containers, labels=None, minion="alpha", **spec):
    """A Pod whose containers are (name, shell script) or whole container objects."""
    made = [
        each if isinstance(each, dict) else {"name": each[0], "image": IMAGE, "command": ["sh", "-c", each[1]]}
        for each in containers
    ]
    wanted = {"terminationGracePeriodSeconds": 0, "nodeName": minion, "containers": made, **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels or {}}, "spec": wanted}


def apply(podctl, namespace, *pods, wait=True):
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(pods)})
    done = podctl("apply", "-n", namespace, "-f", "-", *([] if wait else ["--no-wait"]), input=text)
    assert done.returncode == 0, done.stderr


def processes(minion):
    """Every process of the Minion but threads of the kernel and what asks, without numbers."""
    lines = minion.run(["ps", "-eo", "args"]).stdout.splitlines()[1:]
    return sorted(line for line in lines if not line.startswith(("[", "ps -eo", "sleep ")))


@contextmanager
def nothing_left(minion):
    """What is inside leaves no process on the Minion that was not there before, soon after it ends."""
    before = Counter(processes(minion))
    yield
    clean = wait_until(lambda: not Counter(processes(minion)) - before, seconds=GONE_WITHIN_SECONDS)
    assert clean, f"left on {minion.name}: {sorted(Counter(processes(minion)) - before)}"


def until(stream, text):
    """Reads lines up to one that holds `text`; all of them."""
    lines = []
    for line in stream:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"{text!r} never came: {lines}")


def ended(process: subprocess.Popen, timeout=20):
    """Its exit code, and the rest of both streams."""
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out, err
