from __future__ import annotations

from contextlib import contextmanager

from podctl.engine import infra_image
from podctl.engine.sandbox import IMAGE as BUSYBOX

HARDENED = (
    *("--network", "none", "--ipc", "shareable", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--user", "65535:65535", "--memory", "32m", "--pids-limit", "128"),
)


def _load(minion, architecture):
    """The id that docker gives it."""
    minion.docker("load", input=infra_image.archive(architecture))
    return minion.docker("image", "inspect", "--format", "{{.Id}}", infra_image.IMAGE).stdout.strip()


def _architecture(minion):
    return minion.docker("info", "--format", "{{.Architecture}}").stdout.strip()


def _images(alpha):
    """Names and ids only: the column with their ages changes by itself."""
    return sorted(alpha.docker("images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").stdout.splitlines())


@contextmanager
def _infra(minion):
    name = "the-infra-image-alone"
    _load(minion, _architecture(minion))
    try:
        minion.docker("run", "--detach", "--pull", "never", "--name", name, *HARDENED, infra_image.IMAGE)
        yield name
    finally:
        minion.docker("rm", "--force", "--volumes", name, check=False)


def _joined(minion, name, script):
    """What a shell prints that shares all that an infra container can share."""
    shared = ("--network", f"container:{name}", "--ipc", f"container:{name}", "--pid", f"container:{name}")
    return minion.docker("run", "--rm", "--pull", "never", *shared, BUSYBOX, "sh", "-c", script).stdout.splitlines()


def test_docker_calls_each_image_what_we_foretold_every_time_and_on_every_minion(sandbox):
    for minion in (sandbox["alpha"], sandbox["bravo"]):
        own = _architecture(minion)
        (foreign,) = {"x86_64", "aarch64"} - {own}
        ids = [_load(minion, each) for each in (foreign, own, own)]  # last its own: other tests run it
        minion.docker("rmi", ids[0])
        assert ids == [infra_image.image_id(each) for each in (foreign, own, own)]


def test_loading_it_again_leaves_no_nameless_image_behind(sandbox):
    alpha = sandbox["alpha"]
    _load(alpha, _architecture(alpha))
    before = _images(alpha)
    _load(alpha, _architecture(alpha))
    assert _images(alpha) == before


def test_with_hardly_a_right_it_runs_and_ends_with_0_because_it_is_asked_to(sandbox):
    alpha = sandbox["alpha"]
    with _infra(alpha) as name:
        about = "{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.RestartCount}}"
        assert alpha.docker("inspect", "--format", about, name).stdout.split() == ["running", "0", "false", "0"]
        alpha.docker("stop", "--time", "60", name)  # past that time docker kills, and the exit code is 137
        assert alpha.docker("inspect", "--format", about, name).stdout.split() == ["exited", "0", "false", "0"]


def test_another_container_joins_its_network_ipc_and_processes(sandbox):
    alpha = sandbox["alpha"]
    with _infra(alpha) as name:
        pid = alpha.docker("inspect", "--format", "{{.State.Pid}}", name).stdout.strip()
        spaces = [alpha.run(["readlink", f"/proc/{pid}/ns/{kind}"]).stdout.strip() for kind in ("net", "ipc", "pid")]
        seen = _joined(
            alpha,
            name,
            "for kind in net ipc pid; do readlink /proc/self/ns/$kind; done; tr '\\0' '\\n' </proc/1/cmdline",
        )
        assert seen == [*spaces, "/infra"]


def test_it_reaps_the_orphans_of_a_container_that_joined_it(sandbox):
    orphans = "$(cat /proc/[0-9]*/status 2>/dev/null | grep -c '^PPid:.1$')"  # zombies too
    script = f"""
        pids=; while [ $(echo $pids | wc -w) -lt 20 ]; do pids="$pids $(sleep 60 >/dev/null & echo $!)"; done
        echo {orphans}; kill -9 $pids
        tries=0; until [ {orphans} = 0 ] || [ $tries = 2000 ]; do tries=$((tries + 1)); done
        echo {orphans}
    """
    with _infra(sandbox["alpha"]) as name:
        assert _joined(sandbox["alpha"], name, script) == ["20", "0"]
