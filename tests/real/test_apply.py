"""apply, diff and delete as their users see them: what they change, what they leave alone, and what they say."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from conftest import Podctl, forget
from proof import applied
from screen import Screen, on_a_terminal
from waiting import eventually

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))
SHOP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: site}
data: {title: Shop, unused: x}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {token: v3ry-s3cret}
---
apiVersion: v1
kind: Pod
metadata: {name: page, labels: {app: shop}}
spec:
  nodeName: alpha
  terminationGracePeriodSeconds: 0
  containers:
  - {name: app, image: "sandbox/busybox:1", command: [sleep, "1000"],
     env: [{name: TITLE, valueFrom: {configMapKeyRef: {name: site, key: title}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: door, labels: {app: shop}}
spec:
  nodeName: bravo
  terminationGracePeriodSeconds: 0
  containers:
  - {name: app, image: "sandbox/busybox:1", command: [sleep, "1000"], volumeMounts: [{name: keys, mountPath: /keys}]}
  volumes: [{name: keys, secret: {secretName: keys}}]
---
apiVersion: v1
kind: Pod
metadata: {name: wall}
spec:
  nodeName: charlie
  terminationGracePeriodSeconds: 0
  containers: [{name: app, image: "sandbox/busybox:1", command: [sleep, "1000"]}]
"""
OBJECTS = ("configmap/site", "secret/keys", "pod/page", "pod/door", "pod/wall")


def said(words, *ending):
    return "".join(f"{name} {word}{''.join(ending)}\n" for name, word in zip(OBJECTS, words, strict=True))


@pytest.fixture(scope="module")
def shop(sandbox, tmp_path_factory):
    for minion in sandbox.minions:
        minion.docker("tag", "sandbox/busybox:1", "sandbox/busybox:other")
    with applied(sandbox, tmp_path_factory.mktemp("home"), SHOP, "--wait") as made:
        yield made
    for minion in sandbox.minions:
        minion.docker("rmi", "sandbox/busybox:other")


def everything(sandbox):
    """All that docker has on each Minion: containers whole, volumes, images and networks."""
    found = {}
    for minion in sandbox.minions:
        ids = minion.docker("ps", "-aq", "--no-trunc").stdout.split()
        shown = json.loads(minion.docker("container", "inspect", *ids).stdout) if ids else []
        found[minion.name] = (
            sorted(json.dumps(each, sort_keys=True) for each in shown),
            sorted(minion.docker("volume", "ls", "-q").stdout.split()),
            sorted(minion.docker("images", "-aq", "--no-trunc").stdout.split()),
            sorted(minion.docker("network", "ls", "-q", "--no-trunc").stdout.split()),
        )
    return found


def containers(pods):
    """By Pod: the ids of its containers on whatever Minion it is."""
    found: dict[str, set[str]] = {}
    for minion in pods.sandbox.minions:
        shown = minion.docker(
            "ps", "-a", "--no-trunc", "--filter", f"label=podctl.namespace={pods.namespace}",
            "--format", '{{.Label "podctl.pod"}} {{.ID}}',
        )  # fmt: skip
        for line in shown.stdout.splitlines():
            pod, identity = line.split()
            found.setdefault(pod, set()).add(identity)
    return found


def clocks(sandbox):
    return {minion.name: minion.run(["date", "+%s.%N"]).stdout.strip() for minion in sandbox.minions}


def events(sandbox, since):
    """All that each docker says it did; a look leaves no event."""
    return [
        line
        for minion in sandbox.minions
        for line in minion.docker(
            "events", "--since", since[minion.name], "--until", minion.run(["date", "+%s.%N"]).stdout.strip(),
            "--format", "{{.Type}} {{.Action}} {{.Actor.Attributes.name}}",
        ).stdout.splitlines()
    ]  # fmt: skip


def test_a_first_apply_creates_in_kubectls_words(shop):
    assert shop.output[0] == said(["created"] * 5)


def test_a_second_apply_says_unchanged_and_runs_no_command_that_changes_anything(sandbox, shop):
    before, since = everything(sandbox), clocks(sandbox)
    done = shop.apply(SHOP)
    assert (done.returncode, done.stdout, done.stderr) == (0, said(["unchanged"] * 5), "")
    assert events(sandbox, since) == []
    assert everything(sandbox) == before


def test_a_key_that_no_pod_uses_is_remembered_and_changes_no_pod(shop):
    before = containers(shop)
    for value in "zx":
        done = shop.apply(SHOP.replace("unused: x", f"unused: {value}"), "--no-wait")
        assert (done.returncode, done.stdout) == (0, said(["configured"] + ["unchanged"] * 4))
    assert containers(shop) == before


def test_diff_of_what_is_there_is_empty_and_exits_0(shop):
    done = shop.podctl("diff", "-n", shop.namespace, "-f", "-", input=SHOP)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def unchanged_but(*words):
    """What apply says when these objects are configured."""
    return said(["configured" if name in words else "unchanged" for name in OBJECTS])


CHANGES = (  # what is edited, the Pod that uses it with its Minion, what is configured, why
    ("title: Shop", "title: Market", "page", "alpha", ("configmap/site", "pod/page"), "configmap/site changed"),
    ("v3ry-s3cret", "an0ther-s3cret", "door", "bravo", ("secret/keys", "pod/door"), "secret/keys changed"),
    ("busybox:1-wall", "busybox:other", "wall", "charlie", ("pod/wall",), "its manifest changed"),
)


def test_a_change_is_rehearsed_without_a_trace_and_makes_exactly_the_pods_anew_that_use_it(sandbox, shop):
    """One edit after the other, of a ConfigMap, a Secret and an image."""
    text = SHOP
    for old, new, pod, minion, objects, reason in CHANGES:
        text = edited(text, old, new)
        before, whole = containers(shop), everything(sandbox)
        rehearsed = shop.apply(text, "--dry-run")
        assert (rehearsed.returncode, rehearsed.stdout) == (0, unchanged_but(*objects).replace("\n", " (dry run)\n"))
        change, in_use = rehearsed.stderr.splitlines()
        assert change == f"~ pod {shop.namespace}/{pod} on {minion}: {reason}"
        assert in_use.startswith("3 Minions in use")
        shown = shop.podctl("diff", "-n", shop.namespace, "-f", "-", input=text)
        assert (shown.returncode, shown.stderr) == (1, "")
        assert shown.stdout.startswith(f"# pod {shop.namespace}/{pod}: would be made anew on {minion}: {reason}\n")
        assert "s3cret" not in shown.stdout
        assert everything(sandbox) == whole
        done = shop.apply(text, "--no-wait")
        assert (done.returncode, done.stdout) == (0, unchanged_but(*objects))
        after = containers(shop)
        assert {name for name in after if after[name] != before[name]} == {pod}
        assert after[pod].isdisjoint(before[pod])


def edited(text, old, new):
    """`busybox:1-wall` stands for the image of the Pod wall, the last one."""
    head, image, tail = text.rpartition("busybox:1") if old == "busybox:1-wall" else text.partition(old)
    assert image
    return head + new + tail


@pytest.mark.long  # test_readme.py applies them
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_rehearsing_an_example_changes_nothing(sandbox, podctl, namespace, example):
    before, since = everything(sandbox), clocks(sandbox)
    rehearsed = podctl("apply", "-n", namespace, "--dry-run", "-f", str(example))
    shown = podctl("diff", "-n", namespace, "-f", str(example))
    assert (rehearsed.returncode, shown.returncode, shown.stderr) == (0, 1, "")
    assert {line.split(" ", 1)[1] for line in rehearsed.stdout.splitlines()} == {"created (dry run)"}
    assert events(sandbox, since) == []
    assert everything(sandbox) == before


# ------------------------------------------------------------------------------------------------------------- waiting


def pod(name, minion, *, image="sandbox/busybox:1", **spec):
    app = {"name": "app", "image": image, "command": ["sleep", "1000"], **spec.pop("container", {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {"nodeName": minion, "terminationGracePeriodSeconds": 0, "containers": [app], **spec}}  # fmt: skip


def listed(*objects):
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


SLOW = {"initContainers": [{"name": "wait", "image": "sandbox/busybox:1", "command": ["sleep", "1000"]}]}
HUGE = {"container": {"resources": {"requests": {"memory": "100Ti"}}}}


def test_a_pod_that_is_not_ready_in_time_says_what_it_waits_for_and_exits_5(podctl, namespace):
    done = podctl("apply", "-n", namespace, "--timeout", "1s", "-f", "-", input=listed(pod("slow", "alpha", **SLOW)))
    assert (done.returncode, done.stdout) == (5, "pod/slow created\n")
    assert done.stderr.splitlines() == [
        "alpha: images: checking",
        f"alpha: pod {namespace}/slow: creating",
        f"alpha: pod {namespace}/slow: starting wait",
        f"alpha: pod {namespace}/slow: init container wait runs",
        f"alpha: pod {namespace}/slow: not ready within 1 s: init container wait runs",
        "error: pod/slow on alpha: not ready within 1 s: init container wait runs",
        f"Hint: 'podctl describe pod slow -n {namespace}' and 'podctl logs slow -n {namespace}' tell more.",
    ]
    row = podctl("get", "pods", "-n", namespace, "--no-headers").stdout.split()
    assert row[:4] == ["slow", "0/1", "Init:0/1", "0"]


def test_mixed_results_give_the_worst_exit_code_and_hold_up_nobody(sandbox, podctl, namespace):
    text = listed(
        pod("well", "alpha"),
        pod("slow", "bravo", **SLOW),
        pod("huge", "", **HUGE),
        pod("unpullable", "charlie", image="127.0.0.1:9/nothing:1"),
    )
    done = podctl("apply", "-n", namespace, "--timeout", "5s", "-f", "-", input=text)
    assert (done.returncode, done.stdout) == (1, "pod/well created\npod/slow created\n")
    without_failure = listed(pod("well", "alpha"), pod("slow", "bravo", **SLOW), pod("huge", "", **HUGE))
    done = podctl("apply", "-n", namespace, "--timeout", "1s", "-f", "-", input=without_failure)
    assert (done.returncode, done.stdout) == (5, "pod/well unchanged\npod/slow unchanged\n")
    done = podctl("apply", "-n", namespace, "-f", "-", input=listed(pod("well", "alpha"), pod("huge", "", **HUGE)))
    assert (done.returncode, done.stdout) == (3, "pod/well unchanged\n")
    error, diagnosis, *reasons, hint, in_use = done.stderr.splitlines()
    assert error == "error: pod/huge is not created: it fits on no Minion"
    assert diagnosis.startswith("  fits nowhere even when empty: ")
    assert " in use" in in_use
    assert [reason.split(": ")[0] for reason in reasons] == ["  alpha", "  bravo", "  charlie"]
    assert all(": memory: 100Ti asked, " in reason for reason in reasons)
    assert hint == "Hint: Change what the reasons name, make room, or add a Minion; the next apply tries it again."
    done = podctl("apply", "-n", namespace, "-f", "-", input=listed(pod("well", "alpha")))
    assert (done.returncode, done.stdout) == (0, "pod/well unchanged\n"), "what waits is not this one's failure"
    assert f"note: pod/huge of an earlier apply still waits: {diagnosis.strip()}\n" in done.stderr
    done = podctl("delete", "-n", namespace, "-f", "-", input=listed(pod("huge", "", **HUGE)))
    assert (done.returncode, done.stdout) == (0, 'pod "huge" deleted\n'), done.stderr


def test_progress_in_a_pipe_is_plain_lines_and_on_a_terminal_leaves_a_clean_screen(podctl, namespace, tmp_path):
    piped = podctl("apply", "-n", namespace, "-f", "-", input=listed(pod("piped", "alpha")))
    assert (piped.returncode, piped.stdout) == (0, "pod/piped created\n"), piped.stderr
    assert "\x1b" not in piped.stderr
    assert "\r" not in piped.stderr
    (tmp_path / "live.json").write_text(listed(pod("live", "alpha")))
    argv = podctl.argv("apply", "-n", namespace, "-f", str(tmp_path / "live.json"))
    code, written = on_a_terminal(argv, podctl.environment({"TERM": "xterm", "COLUMNS": "120", "LINES": "40"}))
    assert f"pod {namespace}/live" in written
    screen = Screen()
    screen.feed(written)
    assert (code, screen.shown, screen.cursor_shown, screen.coloured) == (0, ["pod/live created"], True, False)


def test_a_container_that_somebody_removed_comes_back_and_a_prune_is_no_loss(sandbox, podctl, namespace):
    text = listed(pod("web", "alpha", initContainers=[
        {"name": "once", "image": "sandbox/busybox:1", "command": ["true"]}]))  # fmt: skip
    alpha, name = sandbox["alpha"], f"podctl_sandbox_{namespace}_web"
    assert podctl("apply", "-n", namespace, "-f", "-", input=text).returncode == 0
    alpha.docker("rm", f"{name}_once")
    done = podctl("apply", "-n", namespace, "-f", "-", input=text)
    assert (done.returncode, done.stdout, done.stderr) == (0, "pod/web unchanged\n", "")
    alpha.docker("rm", "-f", f"{name}_app")
    assert podctl("diff", "-n", namespace, "-f", "-", input=text).stdout == (
        f"# pod {namespace}/web: would be made anew on alpha: container once, app is gone\n"
    )
    done = podctl("apply", "-n", namespace, "-f", "-", input=text)
    assert (done.returncode, done.stdout) == (0, "pod/web configured\n")


# ------------------------------------------------------------------------------------------------------------ --pull


REGISTRY = """
version: 0.1
storage: {filesystem: {rootdirectory: /tmp/registry}}
http: {addr: "127.0.0.1:5055"}
"""


@pytest.fixture
def registry(sandbox):
    """On alpha's own loopback, where docker asks it without TLS."""
    alpha = sandbox["alpha"]
    if alpha.run(["sh", "-c", "command -v docker-registry"], check=False).returncode != 0:
        pytest.skip("needs the Debian package docker-registry")
    alpha.run(["sh", "-c", "cat >/tmp/registry.yml"], REGISTRY)
    alpha.run(["sh", "-c", "docker-registry serve /tmp/registry.yml >/dev/null 2>&1 & echo $! >/tmp/registry.pid"])
    ask = ["sh", "-c", "busybox wget -q -O /dev/null http://127.0.0.1:5055/v2/"]
    eventually(lambda: alpha.run(ask, check=False).returncode, lambda code: code == 0)
    yield alpha
    alpha.run(["sh", "-c", "kill $(cat /tmp/registry.pid); rm -rf /tmp/registry"])


def test_pull_makes_a_pod_anew_whose_image_changed_and_no_other(registry, podctl, namespace):
    image = "127.0.0.1:5055/web:1"

    def publish(label):
        registry.docker("build", "-t", image, "-", input=f"FROM sandbox/busybox:1\nLABEL version={label}\n")
        registry.docker("push", image)
        registry.docker("rmi", image)

    publish("one")
    resting = pod("resting", "alpha", container={"imagePullPolicy": "Never"})
    text = listed(pod("moving", "alpha", image=image), resting)
    done = podctl("apply", "-n", namespace, "--no-wait", "-f", "-", input=text)
    assert (done.returncode, done.stdout) == (0, "pod/moving created\npod/resting created\n"), done.stderr
    publish("two")
    done = podctl("apply", "-n", namespace, "--no-wait", "-f", "-", input=text)
    assert (done.returncode, done.stdout) == (0, "pod/moving unchanged\npod/resting unchanged\n")
    done = podctl("apply", "-n", namespace, "--no-wait", "--pull", "-f", "-", input=text)
    assert (done.returncode, done.stdout) == (0, "pod/moving configured\npod/resting unchanged\n"), done.stderr
    name = f"podctl_sandbox_{namespace}_moving_app"
    assert registry.docker("inspect", "-f", "{{.Config.Labels.version}}", name).stdout == "two\n"


def test_pull_of_an_image_that_its_registry_has_not_leaves_the_pod_alone_and_exits_1(registry, podctl, namespace):
    image = "127.0.0.1:5055/gone:1"
    registry.docker("tag", "sandbox/busybox:1", image)
    text = listed(pod("web", "alpha", image=image))
    done = podctl("apply", "-n", namespace, "--no-wait", "-f", "-", input=text)
    assert (done.returncode, done.stdout) == (0, "pod/web created\n"), done.stderr
    done = podctl("apply", "-n", namespace, "--pull", "-f", "-", input=text)
    assert (done.returncode, done.stdout) == (1, "pod/web unchanged\n")
    error, evidence, hint = done.stderr.splitlines()[-3:]
    assert error.startswith("error: pod/web on alpha: ErrImagePull: cannot pull 127.0.0.1:5055/gone:1; it keeps the")
    assert "manifest unknown" in evidence
    assert hint.startswith("Hint: Check the image's name")
    registry.docker("rmi", image)


# ------------------------------------------------------------------------------------------------------------- delete


CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
         "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}  # fmt: skip
KEEPS = {
    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    "container": {"volumeMounts": [{"name": "data", "mountPath": "/data"}]},
}


@pytest.fixture
def store(sandbox, tmp_path_factory):
    """podctl in a namespace of its own."""
    podctl = Podctl(inventory=sandbox.inventory, home=tmp_path_factory.mktemp("home"))
    namespace = f"t-{uuid.uuid4().hex[:8]}"

    def run(*words, **settings):
        return podctl(words[0], "-n", namespace, *words[1:], **settings)

    run.namespace, run.volume = namespace, f"podctl_sandbox_{namespace}_claim_data"
    yield run
    forget(sandbox, namespace)


@pytest.fixture
def stored(sandbox, store):
    """A claim on bravo and the Pod `writer`, which has written into it."""
    done = store("apply", "-f", "-", "--no-wait", input=listed(CLAIM, pod("writer", "bravo", **KEEPS)))
    assert (done.returncode, done.stdout) == (0, "persistentvolumeclaim/data created\npod/writer created\n"), (
        done.stderr
    )
    name = f"podctl_sandbox_{store.namespace}_writer_app"
    sandbox["bravo"].docker("exec", name, "sh", "-c", "echo kept >/data/note")


@pytest.mark.usefixtures("stored")
def test_a_claim_is_made_with_the_first_pod_that_uses_it(store):
    rows = store("get", "pvc", "--no-headers", "-o", "wide").stdout.split()
    assert rows[:5] == ["data", "Bound", store.volume, "1Gi", "RWO"]
    assert rows[-1] == "bravo"


@pytest.mark.usefixtures("stored")
def test_a_claim_in_use_is_not_deleted(store):
    done = store("delete", "pvc", "data", "--yes")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: persistentvolumeclaim data is in use by pod {store.namespace}/writer; nothing was deleted\n"
        "Hint: Delete what uses it first, or in the same command.\n"
    )


@pytest.mark.usefixtures("stored")
def test_a_claim_outlives_its_pod_and_the_next_pod_follows_it(sandbox, store):
    assert store("delete", "pod", "writer").stdout == 'pod "writer" deleted\n'
    reader = pod("reader", "", **KEEPS)
    del reader["spec"]["nodeName"]
    done = store("apply", "-f", "-", "--no-wait", input=listed(reader))
    assert (done.returncode, done.stdout) == (0, "pod/reader created\n"), done.stderr
    name = f"podctl_sandbox_{store.namespace}_reader_app"
    assert sandbox["bravo"].docker("exec", name, "cat", "/data/note").stdout == "kept\n"
    away = store("apply", "-f", "-", input=listed(CLAIM, pod("elsewhere", "charlie", **KEEPS)))
    assert (away.returncode, away.stdout) == (3, "persistentvolumeclaim/data unchanged\n")
    assert f"  charlie: claim {store.namespace}/data lives on bravo\n" in away.stderr


@pytest.mark.usefixtures("stored")
def test_a_script_deletes_no_data_without_yes_and_touches_nothing(sandbox, store):
    before = everything(sandbox)
    done = store("delete", "-f", "-", input=listed(CLAIM, pod("writer", "bravo")))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: nothing was deleted, as nobody can be asked here: this deletes volume {store.volume} (1Gi) of claim "
        f"{store.namespace}/data on bravo, and its data for ever\n"
        "Hint: The same command with --yes, if that is meant; Pods alone are deleted by name.\n"
    )
    assert everything(sandbox) == before


@pytest.mark.usefixtures("stored")
def test_with_yes_the_pod_and_then_its_claim_go(sandbox, store):
    done = store("delete", "--yes", "-f", "-", input=listed(CLAIM, pod("writer", "bravo")))
    wanted = 'pod "writer" deleted\npersistentvolumeclaim "data" deleted\n'
    assert (done.returncode, done.stdout) == (0, wanted), done.stderr
    assert store.volume not in sandbox["bravo"].docker("volume", "ls", "-q").stdout.split()
    assert store("get", "pvc").stderr == f"No resources found in {store.namespace} namespace.\n"


def test_what_is_nowhere_is_an_error_unless_that_is_what_was_wanted(store):
    done = store("delete", "pod", "nobody")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", 'error: pods "nobody" not found\n')
    done = store("delete", "pod", "nobody", "--ignore-not-found")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for words in (("pods", "-l", "app=none"), ("pods", "--all")):
        done = store("delete", *words)
        nothing = f"No resources found in {store.namespace} namespace.\n"
        assert (done.returncode, done.stdout, done.stderr) == (0, "", nothing)


def test_pods_go_by_label_and_then_all_of_them(store):
    named = [pod(name, "charlie") for name in ("one", "two", "three")]
    for each in named[:2]:
        each["metadata"]["labels"] = {"app": "few"}
    assert store("apply", "-f", "-", "--no-wait", input=listed(*named)).returncode == 0
    done = store("delete", "pods", "-l", "app=few")
    assert (done.returncode, done.stdout) == (0, 'pod "one" deleted\npod "two" deleted\n')
    done = store("delete", "pod/three", "pod/nobody")
    assert (done.returncode, done.stdout) == (1, 'pod "three" deleted\n')
    assert 'error: pods "nobody" not found\n' in done.stderr
    assert store("get", "pods").stdout == ""
