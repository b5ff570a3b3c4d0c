"""What is wrong on real Minions, made wrong for real: each found once, with the right word, in one pass."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

from faults import log_end, logins
from reaching import apply, pod
from waiting import eventually, wait_for

from podctl.engine.sandbox import IMAGE

SLEEP = "exec sleep 100000"
BESIDE = "echo ok >/index.html; httpd -f -p 8080 -h / & echo $! >/tmp/pid; " + SLEEP
SERVE = "echo ok >/index.html; exec httpd -f -p 8080 -h /"
ON_WORD = "while [ ! -e /tmp/go ]; do sleep 0.1; done; "  # ill from the moment when somebody says so
ONCE = "[ -e /tmp/once ] && exec sleep 100000; touch /tmp/once; tail /dev/zero"  # a restart keeps the files
SMALL = {"resources": {"limits": {"memory": "16Mi"}}}


def container(name, script, **more):
    return {"name": name, "image": IMAGE, "command": ["sh", "-c", script], **more}


def asked_by(kind, **numbers):
    """A probe by http of port 8080 that is asked twice, a second apart."""
    return {kind: {"httpGet": {"port": 8080}, "periodSeconds": 1, "failureThreshold": 2, **numbers}}


PODS = (
    pod("failed", ("c", SLEEP), restartPolicy="Never"),
    pod("loops", ("c", ON_WORD + "exit 3")),
    pod("eats", container("c", ON_WORD + "tail /dev/zero", **SMALL)),
    pod("ate", container("c", ON_WORD + ONCE, **SMALL)),
    pod("headless", ("c", SLEEP), ("d", SLEEP), minion="bravo"),
    pod("stale", ("c", SLEEP), ("d", SLEEP), minion="bravo"),
    pod("drifted", container("c", SLEEP, resources={"limits": {"memory": "16Mi"}}), ("d", SLEEP), minion="bravo"),
    pod("walled", container("c", SERVE, **asked_by("readinessProbe")), minion="bravo"),
    pod("deaf", container("c", BESIDE, **asked_by("livenessProbe"),
                          readinessProbe={"tcpSocket": {"port": 8080}}), minion="charlie"),
    pod("vanished", ("c", SLEEP), minion="charlie"),
    # Nothing is wrong with these, ever.
    pod("done", ("c", "exit 0"), restartPolicy="OnFailure", minion="charlie",
        initContainers=[container("first", "exit 0"), container("beside", SLEEP, restartPolicy="Always")]),
    pod("well", container("c", SERVE, **asked_by("startupProbe")), minion="charlie"),
)  # fmt: skip


def health(podctl, *arguments, **settings):
    """(exit code, stdout, stderr)."""
    done = podctl("health", *arguments, **settings)
    return done.returncode, done.stdout, done.stderr


def found(podctl, *arguments):
    """{(word, where)} of what health finds, each counted once."""
    code, out, err = health(podctl, "-o", "json", *arguments)
    assert code in (0, 4, 5), err
    words = [(each["finding"], each["pod"] or each["minion"] or "cluster") for each in json.loads(out)["findings"]]
    assert len(words) == len(set(words)), words
    return set(words)


def well(podctl, *arguments):
    return eventually(lambda: health(podctl, *arguments), lambda said: said[0] == 0, "all is well")


def name(namespace, pod_name, of=""):
    return f"podctl_sandbox_{namespace}_{pod_name}" + (f"_{of}" if of else "")


def test_what_is_wrong_is_found_once_with_its_word_in_one_pass_and_on_one_connection(podctl, sandbox, namespace):
    alpha, bravo, charlie = sandbox.minions
    apply(podctl, namespace, *PODS, wait=False)
    code, out, err = well(podctl)
    assert (out, err) == (f"{len(PODS)} Pods on 3 Minions are healthy\n", "")
    assert health(podctl, "--quiet") == (0, "", "")
    assert health(podctl, "-o", "nagios")[0] == 0

    alpha.docker("exec", name(namespace, "ate", "c"), "touch", "/tmp/go")  # once: that is news for a minute
    once = ("OOMKilled", "ate")
    eventually(lambda: found(podctl), lambda words: words == {once}, "one that was killed once")
    alpha.run(
        ["kill", "-9", alpha.docker("inspect", "-f", "{{.State.Pid}}", name(namespace, "failed", "c")).stdout.strip()]
    )
    for each in ("loops", "eats"):
        alpha.docker("exec", name(namespace, each, "c"), "touch", "/tmp/go")
    bravo.docker("stop", name(namespace, "headless"))
    bravo.docker("restart", "-t", "0", name(namespace, "stale"))
    bravo.docker("update", "--memory", "32m", "--memory-swap", "32m", name(namespace, "drifted", "c"))
    bravo.run(["iptables", "-I", "OUTPUT", "-p", "tcp", "--dport", "8080", "-j", "DROP"])
    charlie.docker("exec", name(namespace, "deaf", "c"), "sh", "-c", "kill $(cat /tmp/pid)")
    charlie.docker("rm", "-f", name(namespace, "vanished"), name(namespace, "vanished", "c"))
    missing = pod("imageless", {"name": "c", "image": "no/such:image", "imagePullPolicy": "Never"}, minion="alpha")
    far = pod("roomless", ("c", SLEEP), minion=None, nodeSelector={"zone": "nowhere"})
    del far["spec"]["nodeName"]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [missing, far]})
    assert podctl("apply", "-n", namespace, "-f", "-", input=text).returncode == 1
    labels = {"podctl.cluster": "sandbox", "podctl.uid": "0", "podctl.namespace": namespace, "podctl.pod": "ghost"}
    flags = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
    charlie.docker("run", "-d", *flags, IMAGE, "sleep", "100000")
    charlie.docker("rm", "-f", *charlie.docker("ps", "-aq", "--filter", "label=podctl.role=document").stdout.split())
    charlie.skew(60)
    wanted = {
        ("Failed", "failed"), ("CrashLoopBackOff", "loops"), ("OOMKilled", "eats"),
        ("ContainerDown", "headless"), ("StaleNetwork", "stale"), ("WrongSpec", "drifted"),
        ("ReadinessProbeFailing", "walled"), ("LivenessProbeFailing", "deaf"), ("PodMissing", "vanished"),
        ("ImagePullFailing", "imageless"), ("Unschedulable", "roomless"), ("Orphan", "ghost"),
        ("KeepersShort", "cluster"), ("ClockSkew", "charlie"),
    }  # fmt: skip
    try:
        eventually(lambda: found(podctl), lambda words: words - {once} == wanted, "each of them")
        before = [log_end(each) for each in sandbox.minions]
        code, out, err = health(podctl, "-o", "nagios")
        assert (code, err) == (2, ""), "a finding is not said again on stderr"
        begins = [f"PODCTL CRITICAL - {count} findings: " for count in (len(wanted), len(wanted) + 1)]
        assert out.startswith(tuple(begins)), "it may be a minute since one was killed once, or not"
        seen = [logins(each, end) for each, end in zip(sandbox.minions, before, strict=True)]
        assert [each.connections for each in seen] == [1, 1, 1]
        assert [each.commands for each in seen] == [1, 1, 1]
        assert found(podctl, "-n", namespace, "--minion", "alpha") - {once} == {
            ("Failed", "failed"), ("CrashLoopBackOff", "loops"), ("OOMKilled", "eats"),
            ("ImagePullFailing", "imageless"),
        }  # fmt: skip
        code, out, _ = health(podctl)
        assert code == 5
        assert "eats[c] on alpha" in out
        eventually(lambda: found(podctl), lambda words: once not in words, "what ran for a minute is well", 60)
    finally:
        bravo.run(["iptables", "-D", "OUTPUT", "-p", "tcp", "--dport", "8080", "-j", "DROP"])


def test_pressure_is_found_at_the_thresholds_of_the_inventory_and_files_are_compared(
    podctl, sandbox, namespace, tmp_path
):
    text = sandbox.inventory.read_text()
    low = tmp_path / "inventory.yaml"
    for file in (sandbox.layout.key, sandbox.layout.known_hosts):
        (tmp_path / file.name).write_bytes(file.read_bytes())
        (tmp_path / file.name).chmod(0o600)
    charlie = sandbox["charlie"]
    low.write_text(text.replace("  charlie:\n", "  charlie:\n    health: {disk: 60%, memory: 1%}\n"))
    used = ["sh", "-c", "set -- $(df -Pk /run/sandbox/disk | tail -1); echo $2 $3"]
    total, full = (int(each) for each in charlie.run(used).stdout.split())
    charlie.run(["fallocate", "-l", f"{int(total * 0.7) - full}K", "/run/sandbox/disk/filler"])
    try:
        assert found(podctl, "-i", str(low)) >= {("DiskPressure", "charlie"), ("MemoryPressure", "charlie")}
        assert not {word for word, where in found(podctl, "-i", str(low)) if where in ("alpha", "bravo")}
        code, out, err = health(podctl, "-i", str(low), "--repair")
        assert (code, "DiskPressure" in out, "repaired" in out + err) == (5, True, False), out + err
    finally:
        charlie.run(["rm", "/run/sandbox/disk/filler"])
    assert health(podctl) == (0, "0 Pods on 3 Minions are healthy\n", "")
    files = tmp_path / "web.yaml"
    files.write_text(json.dumps(pod("web", ("c", SLEEP))))
    assert found(podctl, "-n", namespace, "-f", str(files)) == {("PodMissing", "web")}
    apply(podctl, namespace, pod("web", ("c", SLEEP)))
    assert found(podctl, "-n", namespace, "-f", str(files)) == set()
    files.write_text(json.dumps(pod("web", ("c", "exec sleep 5"))))
    assert found(podctl, "-n", namespace, "-f", str(files)) == {("WrongSpec", "web")}


def signal(minion, which, program):
    minion.run(["sh", "-c", f"kill -{which} $(cat /run/{program}.pid)"])


def test_a_hanging_engine_and_a_hanging_sshd_are_found_as_what_they_are_and_all_else_is_well(
    podctl, sandbox, namespace
):
    apply(podctl, namespace, pod("near", ("c", SLEEP)), pod("far", ("c", SLEEP), minion="charlie"))
    bravo, charlie = sandbox["bravo"], sandbox["charlie"]
    signal(bravo, "STOP", "docker")
    signal(charlie, "STOP", "sshd")
    try:
        began = time.monotonic()
        code, out, err = health(podctl, "-o", "json", "--timeout", "6s")
        took = time.monotonic() - began
        tried = health(podctl, "--repair", "--timeout", "6s")
    finally:
        signal(bravo, "CONT", "docker")
        signal(charlie, "CONT", "sshd")
    assert (code, err) == (4, "")
    words = {(each["finding"], each["minion"]): each for each in json.loads(out)["findings"]}
    assert set(words) == {("EngineDown", "bravo"), ("MinionUnreachable", "charlie"), ("KeepersShort", "")}
    assert words["MinionUnreachable", "charlie"]["unknownPods"] == [f"{namespace}/far"]
    assert words["KeepersShort", ""]["level"] == "unknown", "it is a consequence"
    assert (tried[0], "nothing is repaired: only 1 of the 3 keepers" in tried[2]) == (4, True), tried
    print(f"a hanging dockerd (6 s) and a hanging sshd (5 s): {took:.1f} s")
    well(podctl)
    for minion in (bravo, charlie):
        minion.kill()
    assert health(podctl, "-o", "nagios")[0] == 2
    assert health(podctl, "--minion", "alpha", "-o", "json")[0] == 0, "asked of alpha alone"
    code, out, err = health(podctl, "--quiet", "--notify", "grep -c MinionUnreachable")
    assert code == 4
    assert err.splitlines()[0] == "2", "it is told though nobody can remember that"
    assert err.splitlines()[1].startswith("note: that --notify was run cannot be remembered, so the next run tells it")


def test_where_sshd_forwards_nothing_probes_are_unknown_with_the_fix_and_count_when_strict(podctl, sandbox, namespace):
    alpha = sandbox["alpha"]
    web = pod("web", container("c", SERVE, **asked_by("livenessProbe")))
    setting = alpha.folder / "sshd_config.d" / "no-forwarding.conf"
    apply(podctl, namespace, web, {**web, "metadata": {"name": "other"}})
    setting.write_text("AllowTcpForwarding no\n")
    alpha.reload_sshd()
    try:
        code, out, err = health(podctl)
        assert (code, err) == (0, "")
        assert "UNKNOWN   ProbeUnknown   minion/alpha" in out
        assert "Hint: ProbeUnknown: Set 'AllowTcpForwarding yes' (and PermitOpen) in sshd_config there." in out
        assert out.splitlines()[-1] == "2 Pods on 3 Minions are healthy (1 unknown; --strict counts it)"
        assert health(podctl, "--strict")[0] == 5
        assert health(podctl, "--strict", "-o", "nagios")[0] == 3
        assert health(podctl, "--quiet") == (0, "", "")
        before = begun(alpha, namespace)
        code, out, err = health(podctl, "--repair")
        assert (code, err, begun(alpha, namespace)) == (0, "", before), "what nobody knows nobody repairs"
    finally:
        setting.unlink()
        alpha.reload_sshd()


def begun(minion, namespace):
    """Since when each container of the namespace runs."""
    ids = minion.docker("ps", "-aq", "--filter", f"label=podctl.namespace={namespace}").stdout.split()
    return minion.docker("inspect", "-f", "{{.Name}} {{.State.StartedAt}}", *ids).stdout


def from_cron(podctl, *arguments):
    """As cron starts it: two variables, no home, no terminal, and stdin closed."""
    command = podctl.argv("health", "-i", str(podctl.inventory), *arguments)
    return subprocess.Popen(
        ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}, cwd="/", start_new_session=True,
    )  # fmt: skip


def test_under_cron_two_at_the_same_minute_tell_of_a_change_once(podctl, sandbox, namespace, tmp_path):
    news = tmp_path / "news"
    note = f"f=$(mktemp {tmp_path}/XXXXXX) && cat >$f && mv $f $f.json && echo told >>{news}"

    def told():
        return [json.loads(each.read_text()) for each in sorted(Path(tmp_path).glob("*.json"), key=os.path.getmtime)]

    def two():
        runs = [from_cron(podctl, "--quiet", "--notify", note) for _ in range(2)]
        return [(each.communicate(timeout=120), each.returncode) for each in runs]

    apply(podctl, namespace, pod("web", ("c", SLEEP), restartPolicy="Never"))
    assert two() == [(("", ""), 0)] * 2
    assert told() == []
    sandbox["alpha"].docker("kill", name(namespace, "web", "c"))
    wait_for(lambda: ("Failed", "web") in found(podctl), "it is seen")
    for (out, err), code in two():
        assert (code, err) == (5, "")
        assert "Failed" in out
    (first,) = told()
    assert [each["finding"] for each in first["findings"]] == ["Failed"]
    assert [code for _, code in two()] == [5, 5]
    assert len(told()) == 1, "nothing changed"

    code, _, err = health(podctl, "--notify", "exit 7")
    assert (code, err) == (5, "error: --notify: the command ended with exit code 7; the next run tries again\n")
    assert podctl("delete", "pod", "web", "-n", namespace).returncode == 0
    assert two() == [(("", ""), 0)] * 2
    assert [each["healthy"] for each in told()] == [False, True]
    assert news.read_text() == "told\n" * 2
    assert "Notified" in podctl("get", "events", "-A").stdout
    assert "mktemp" not in podctl("get", "events", "-A", "-o", "yaml").stdout, "an address or a token may stand in it"
