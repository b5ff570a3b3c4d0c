"""`apply --prune -l` on real Minions: what matches and is in none of the files goes, named before it does."""

from __future__ import annotations

from copies import copies, pods_on
from faults import small_pod

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: NAME, labels: {app: shop}}
data: {page: hello}
---
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, labels: {app: shop}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
"""


def config(name):
    return CONFIG.replace("NAME", name)


def pod(name, minion="", app="shop"):
    return small_pod(name, minion).replace(f"{{name: {name}}}", f"{{name: {name}, labels: {{app: {app}}}}}", 1)


def pruned(podctl, namespace, manifests, *flags):
    return podctl("apply", "-n", namespace, "--prune", "-l", "app=shop", *flags, "-f", "-", input=manifests)


def applied(podctl, namespace, manifests):
    done = podctl("apply", "-n", namespace, "-f", "-", input=manifests)
    assert done.returncode == 0, done.stderr


def test_what_matches_and_is_in_no_file_goes_and_all_else_stays(podctl, sandbox, namespace):
    applied(podctl, namespace, config("a") + config("b") + pod("web", "alpha") + pod("job", "bravo"))
    applied(podctl, namespace, pod("other", "alpha", app="other"))
    applied(podctl, f"{namespace}-2", pod("web", "alpha"))
    try:
        done = pruned(podctl, namespace, config("a") + pod("web", "alpha"))
        assert (done.returncode, done.stdout) == (
            0, "configmap/a unchanged\npod/web unchanged\npod/job pruned\nconfigmap/b pruned\n",
        ), done.stderr  # fmt: skip
        assert done.stderr.startswith(
            f"pruning pod/job of {namespace}: it is in none of these files\n"
            f"pruning configmap/b of {namespace}: it is in none of these files\n"
        )
        assert pods_on(sandbox, namespace) == {"alpha": ["other", "web"], "bravo": [], "charlie": []}
        assert pods_on(sandbox, f"{namespace}-2", ["alpha"]) == {"alpha": ["web"]}
        assert podctl("get", "cm", "-n", namespace, "-o", "name").stdout == "configmap/a\n"
    finally:
        podctl("delete", "pods", "--all", "-n", f"{namespace}-2", "--now", "--yes")


def test_a_claim_or_more_than_three_objects_go_in_a_script_with_yes_alone(podctl, sandbox, namespace):
    user = pod("user", "alpha").replace(
        "spec:\n", "spec:\n  volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]\n"
    )
    applied(podctl, namespace, config("a") + CLAIM + user)
    before = copies(sandbox), pods_on(sandbox, namespace)
    done = pruned(podctl, namespace, config("a"))
    assert (done.returncode, done.stdout) == (2, "")
    volume = f"podctl_sandbox_{namespace}_claim_data"
    assert f"The data of volume {volume} (1Mi) on alpha is lost for ever." in done.stderr
    assert "Hint: The same command with --yes, if that is meant." in done.stderr
    assert (copies(sandbox), pods_on(sandbox, namespace)) == before

    done = pruned(podctl, namespace, config("a"), "--yes")
    assert (done.returncode, done.stdout) == (
        0, "configmap/a unchanged\npod/user pruned\npersistentvolumeclaim/data pruned\n",
    ), done.stderr  # fmt: skip
    assert pods_on(sandbox, namespace, ["alpha"]) == {"alpha": []}
    assert volume not in sandbox["alpha"].docker("volume", "ls", "-q").stdout

    applied(podctl, namespace, "".join(map(config, "abcde")))
    assert pruned(podctl, namespace, config("a")).returncode == 2
    assert pruned(podctl, namespace, config("a"), "--yes").returncode == 0
    assert podctl("get", "cm", "-n", namespace, "-o", "name").stdout == "configmap/a\n"


def test_what_is_pruned_makes_room_for_what_comes(podctl, sandbox, namespace):
    port = "  - name: c0\n    ports: [{containerPort: 80, hostPort: 18080}]\n"
    old, new = (pod(name, "alpha").replace("  - name: c0\n", port) for name in ("old", "new"))
    applied(podctl, namespace, old)
    done = pruned(podctl, namespace, new)
    assert (done.returncode, done.stdout) == (0, "pod/new created\npod/old pruned\n"), done.stderr
    assert pods_on(sandbox, namespace, ["alpha"]) == {"alpha": ["new"]}


def test_a_pod_on_a_silent_minion_is_pruned_when_that_is_back(podctl, sandbox, namespace):
    applied(podctl, namespace, config("a") + pod("web", "charlie"))
    sandbox["charlie"].kill()
    done = pruned(podctl, namespace, config("a"))
    assert (done.returncode, done.stdout) == (4, "configmap/a unchanged\npod/web pruned\n"), done.stderr
    assert "note: pod/web may still run on charlie, which does not answer: " in done.stderr
    sandbox.start("charlie")
    applied(podctl, namespace, config("b"))
    assert pods_on(sandbox, namespace, ["charlie"]) == {"charlie": []}
