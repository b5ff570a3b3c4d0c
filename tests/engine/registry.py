"""A Minion without docker whose `docker` has images and a registry: folders, with a file that holds an id an image."""

from __future__ import annotations

import subprocess

from podctl.core.model import Minion
from podctl.transport.fake import FakeTransport

DOCKER = """#!/bin/sh
cd {here}
login=
[ "$1" != --config ] || {{ login=$(cat "$2/config.json"); shift 4; }}
echo "$*" >>asked
case "$1 $2" in
  "image inspect") for image; do :; done; cat "images/$image" ;;
  "pull -q")
    if [ -f "private/$3" ] && [ -z "$login" ]; then echo "Error response from daemon: no basic auth" >&2; exit 1; fi
    cp "registry/$3" images 2>/dev/null || cp "private/$3" images 2>/dev/null ||
      {{ echo "Error response from daemon: manifest for $3 not found" >&2; exit 1; }} ;;
  "context inspect") echo unix:///run/docker.sock ;;
  *) echo "unexpected: $*" >&2; exit 99 ;;
esac
"""


class RegistryMinion(FakeTransport):
    """Runs each step with this machine's sh. `images`, `registry` and `private` (needs a login): ids by image."""

    def __init__(self, folder, *, images=(), registry=(), private=(), name="alpha", **settings):
        self.folder = folder / name
        for kind, those in (("images", images), ("registry", registry), ("private", private)):
            (self.folder / kind).mkdir(parents=True)
            for image in those:
                (self.folder / kind / image).write_text(f"sha256:{kind}-{image}\n")
        docker = self.folder / "docker"
        docker.write_text(DOCKER.format(here=self.folder))
        docker.chmod(0o755)
        super().__init__(Minion(name=name, docker=str(docker), **settings), self.ran)

    def ran(self, step):
        done = subprocess.run(["sh", "-c", step.script.text], input=step.stdin or b"", capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr

    @property
    def pulled(self):
        """The images that the registry was asked for, in order."""
        asked = self.folder / "asked"
        lines = asked.read_text().splitlines() if asked.exists() else []
        return [line.removeprefix("pull -q ") for line in lines if line.startswith("pull ")]
