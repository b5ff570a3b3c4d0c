"""`podctl logs` on real containers."""

from __future__ import annotations

import resource
import signal
import subprocess

import pytest
from reaching import apply, ended, nothing_left, pod, until

from podctl.engine.sandbox.machine import wait_until

FOREVER = "exec sleep 100000"


def test_of_a_pod_with_several_containers(podctl, namespace):
    setup = {"name": "setup", "image": "sandbox/busybox:1", "command": ["sh", "-c", "echo ready"]}
    # The engine reads the two streams apart: what is written at once on both has no order.
    one, two = (
        ("one", f"echo a; sleep 0.5; echo b >&2; sleep 0.5; echo c; {FOREVER}"),
        ("two", f"echo x; echo y; {FOREVER}"),
    )
    apply(podctl, namespace, pod("web", one, two, labels={"app": "web"}, initContainers=[setup]))
    logs = lambda *arguments: podctl("logs", "-n", namespace, *arguments)  # noqa: E731

    done = logs("web")
    assert (done.returncode, done.stdout) == (0, "a\nb\nc\n")
    assert done.stderr == 'Defaulted container "one" out of: one, two, setup (init)\n'

    done = logs("pod/web", "-c", "two")
    assert (done.returncode, done.stdout, done.stderr) == (0, "x\ny\n", "")

    done = logs("web", "--all-containers", "--prefix")
    assert done.stdout == "".join(
        f"[pod/web/{line}" for line in ("setup] ready\n", "one] a\n", "one] b\n", "one] c\n", "two] x\n", "two] y\n")
    )

    assert logs("web", "one", "--tail", "1").stdout == "c\n"
    assert logs("web", "one", "--tail", "0").stdout == ""
    assert logs("web", "one", "--limit-bytes", "3").stdout == "a\nb"
    assert logs("web", "one", "--since", "1h").stdout == "a\nb\nc\n"
    assert logs("web", "one", "--since-time", "2099-01-01T00:00:00Z").stdout == ""
    stamped = logs("web", "one", "--timestamps").stdout.splitlines()
    assert [line.split(" ")[1] for line in stamped] == ["a", "b", "c"]
    assert all(line.startswith("20") for line in stamped)

    done = logs("web", "-p", "-c", "one")
    assert (done.returncode, done.stderr) == (
        1,
        'error: previous terminated container "one" in pod "web" not found\n',
    )
    done = logs("web", "-c", "nope")
    assert (done.returncode, done.stdout) == (1, "")
    assert "It has: one, two, setup (init)." in done.stderr
    assert logs("nope").stderr == 'error: pods "nope" not found\n'

    done = logs("-l", "app=web", "--prefix", "--tail", "-1")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "[pod/web/one] a")
    done = logs("-l", "app=none")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"No resources found in {namespace} namespace.\n")


@pytest.mark.parametrize(
    "arguments",
    [[], ["web", "-l", "a=b"], ["web", "--since", "1h", "--since-time", "x"], ["web", "a", "-c", "a"],
     ["web", "--all-containers", "-c", "a"], ["deploy/web"], ["web", "--since-time", "now"]],
    ids=" ".join,
)  # fmt: skip
def test_words_that_contradict_each_other_are_wrong_input(podctl, arguments):
    done = podctl("logs", *arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_pod_on_a_silent_minion_may_be_there(podctl, namespace, sandbox):
    sandbox["bravo"].kill()
    done = podctl("logs", "-n", namespace, "web")
    assert done.returncode == 4
    assert 'pods "web" not found on the Minions that answered; no answer from bravo' in done.stderr


def test_followed_over_restarts_until_it_ends_for_good(podctl, namespace, sandbox):
    script = "n=$(cat /v/n 2>/dev/null); n=$((n+1)); echo $n >/v/n; echo run $n; sleep 1; [ $n = 3 ]"
    job = {
        "name": "job", "image": "sandbox/busybox:1", "command": ["sh", "-c", script],
        "volumeMounts": [{"name": "v", "mountPath": "/v"}],
    }  # fmt: skip
    wanted = pod("job", job, restartPolicy="OnFailure", volumes=[{"name": "v", "emptyDir": {}}])
    apply(podctl, namespace, wanted, wait=False)
    with nothing_left(sandbox["alpha"]):
        wait_until(lambda: podctl("logs", "-n", namespace, "job").returncode == 0, seconds=20)
        code, out, err = ended(podctl.start("logs", "-n", namespace, "-f", "job"), timeout=60)
    # How many runs there were before the first look is chance; from there on nothing is missing or said twice.
    assert (code, err) == (0, "")
    assert "run 1\nrun 2\nrun 3\n".endswith(out)
    assert "run 3" in out
    assert podctl("logs", "-n", namespace, "job").stdout == "run 3\n"
    assert podctl("logs", "-n", namespace, "job", "-p").stdout == "run 1\nrun 2\n"


@pytest.mark.parametrize(
    ("end", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="Ctrl-C", marks=pytest.mark.long),
        pytest.param(signal.SIGKILL, -9, id="kill -9"),
    ],
)
def test_when_podctl_ends_nothing_of_it_stays_on_the_minion(podctl, namespace, sandbox, end, code):
    tick = "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.2; done"
    apply(podctl, namespace, pod("web", ("a", tick), ("b", FOREVER)))
    with nothing_left(sandbox["alpha"]):
        following = podctl.start("logs", "-n", namespace, "-f", "--all-containers", "--prefix", "web")
        until(following.stdout, "[pod/web/a] tick")
        following.send_signal(end)
        assert ended(following)[0] == code


def test_no_more_logs_are_followed_than_allowed(podctl, namespace):
    apply(podctl, namespace, pod("web", *((f"c{n}", FOREVER) for n in range(3))))
    arguments = ("logs", "-n", namespace, "-f", "web", "--all-containers", "--max-log-requests", "2")
    done = podctl(*arguments)
    assert done.returncode == 2
    assert "you are attempting to follow 3 log streams, but maximum allowed concurrency is 2" in done.stderr


def test_every_byte_passes_and_a_huge_log_takes_no_memory(podctl, namespace, tmp_path):
    lines = "yes 'a line of forty-eight bytes, which is not much.' | head -c 40000000"
    apply(
        podctl,
        namespace,
        pod("big", ("a", f"{lines}; {FOREVER}"), ("raw", f"printf '\\001\\303\\244\\r\\n'; {FOREVER}")),
    )
    raw = subprocess.run(
        podctl.argv("logs", "-n", namespace, "big", "-c", "raw"),
        env=podctl.environment(),
        capture_output=True,
        check=True,
    )
    assert raw.stdout == b"\1\xc3\xa4\r\n"  # what is no UTF-8 the engine itself does not keep
    with (tmp_path / "log").open("wb") as file:
        running = subprocess.Popen(
            podctl.argv("logs", "-n", namespace, "big", "-c", "a"), env=podctl.environment(), stdout=file
        )
        assert running.wait(100) == 0
    assert (tmp_path / "log").stat().st_size >= 10_000_000  # what the engine keeps of it
    peak_kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert peak_kilobytes < 200_000
