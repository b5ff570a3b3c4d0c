"""A sandbox: throw-away Minions on one Linux machine, for trying and for the tests.

    with up(Path("/tmp/try"), 3) as sandbox:       # down at the end; without `with` it stays
        sandbox["alpha"].docker("ps", "-a").stdout
        sandbox["bravo"].kill()                     # a power cut
        sandbox.start("bravo")

Each Minion is a process namespace of its own, with network, mounts, host name and IPC, in which an sshd and a dockerd
run; the bridge between them is in the root namespace. This package starts and stops docker's daemon and speaks to it
directly: it plays the machines that the rest of podctl manages, and uses nothing of it.
"""

from podctl.engine.sandbox.image import IMAGE
from podctl.engine.sandbox.life import Sandbox, down, find, up
from podctl.engine.sandbox.minion import Health, SandboxMinion
from podctl.engine.sandbox.needs import shortcoming

__all__ = ["IMAGE", "Health", "Sandbox", "SandboxMinion", "down", "find", "shortcoming", "up"]
