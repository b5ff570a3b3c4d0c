"""Probes on real Pods: what is asked how, what becomes of the answers, and what they cost."""

from __future__ import annotations

import json
import time

import pytest
from proof import applied, proves
from reaching import nothing_left, processes
from waiting import eventually

SERVE = """#!/bin/sh
# Notes each request; the answer is the file of its path in /notes.
read -r line; path=$(printf %s "$line" | cut -d ' ' -f 2); file=/notes/$(basename "${path%%\\?*}")
while [ -n "$line" ]; do
    echo "$line" >> /notes/asked
    read -r line || break; line=$(printf %s "$line" | tr -d '\\r')
done
cat "$file"
"""
ANSWERS = {
    "ok": "HTTP/1.1 204 No Content\\r\\n\\r\\n",
    "ill": "HTTP/1.1 503 Service Unavailable\\r\\n\\r\\n",
    "moved": "HTTP/1.1 302 Found\\r\\nLocation: /ok?from=moved\\r\\n\\r\\n",
    "away": "HTTP/1.1 301 Moved\\r\\nLocation: http://192.0.2.1/\\r\\n\\r\\n",
}


def container(name: str, script: str, **more) -> dict:
    return {"name": name, "image": "sandbox/busybox:1", "command": ["sh", "-c", script], **more}


def pod(name: str, *containers: dict, minion: str = "alpha", **spec) -> dict:
    spec = {"nodeName": minion, "terminationGracePeriodSeconds": 0, "containers": list(containers), **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def get(port, path, **more) -> dict:
    return {"httpGet": {"port": port, "path": path, **more}}


def tcp(port, **more) -> dict:
    return {"tcpSocket": {"port": port, **more}}


def command(script: str, **more) -> dict:
    return {"exec": {"command": ["sh", "-c", script]}, **more}


NOTES = {"volumeMounts": [{"name": "notes", "mountPath": "/notes"}]}
VOLUMES = [{"name": "notes", "hostPath": {"path": "/srv/probes"}}]
SERVER = "exec nc -ll -p 8080 -e /notes/serve"
SLEEP = "exec sleep 100000"
HEADERS = [{"name": "Host", "value": "shop.example"}, {"name": "X-Ours", "value": "a b"}]

GOOD = pod(
    "good",
    container("web", SERVER, **NOTES, ports=[{"name": "http", "containerPort": 8080}],
              startupProbe={**get("http", "/moved"), "failureThreshold": 2, "periodSeconds": 1},
              readinessProbe={**get("http", "/ok", httpHeaders=HEADERS, scheme="HTTP"), "timeoutSeconds": 5,
                              "successThreshold": 2},
              livenessProbe=get(8080, "/away")),
    container("shell", SLEEP, readinessProbe=command("echo 1; sleep 0.2; echo last >&2"), livenessProbe=tcp(8080)),
    volumes=VOLUMES,
)  # fmt: skip
HOST = pod(
    "host",
    container("secure", SLEEP, readinessProbe=get(18443, "/", scheme="HTTPS")),
    container("else", SLEEP, readinessProbe=get(18443, "/", scheme="HTTPS", host="127.0.0.1"),
              livenessProbe=tcp(22, host="127.0.0.1")),
    hostNetwork=True,
)  # fmt: skip
BAD = pod(
    "bad",
    container("ill", SERVER, **NOTES, readinessProbe=get(8080, "/ill")),
    container("closed", SLEEP, readinessProbe=tcp(81)),
    container("missing", SLEEP, readinessProbe={"exec": {"command": ["/no/such/program"]}}),
    container("held", SLEEP, startupProbe={**command("false"), "initialDelaySeconds": 1, "failureThreshold": 9999},
              readinessProbe=command("echo asked >> /notes/held"), **NOTES),
    container("later", SLEEP, readinessProbe={**command("echo asked >> /notes/later"), "initialDelaySeconds": 9999},
              **NOTES),
    volumes=VOLUMES,
)  # fmt: skip
HANGING = pod(
    "hanging",
    container("mute", "exec nc -ll -p 8080 -e sleep 5150", readinessProbe={**get(8080, "/"), "timeoutSeconds": 2}),
    container("stuck", SLEEP, readinessProbe=command("echo waiting; sleep 4711", timeoutSeconds=2)),
    container("dropped", SLEEP, readinessProbe={**tcp(8099), "timeoutSeconds": 2}),
    container("stuck-too", SLEEP, readinessProbe=command("sleep 4711", timeoutSeconds=2)),
)


@pytest.fixture(scope="module")
def pods(sandbox, tmp_path_factory):
    minion = sandbox["alpha"]
    minion.run(["sh", "-c", "rm -rf /srv/probes; mkdir /srv/probes; cat > /srv/probes/serve; chmod +x $0",
                "/srv/probes/serve"], SERVE)  # fmt: skip
    for name, text in ANSWERS.items():
        minion.run(["sh", "-c", 'printf "$1" > $0', f"/srv/probes/{name}", text])
    minion.run(["sh", "-c", """
        cd /tmp && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 1 -subj /CN=nobody &&
        { openssl s_server -accept 18443 -key key.pem -cert cert.pem -www </dev/null >/dev/null 2>&1 & echo $! > pid; }
    """])  # fmt: skip
    minion.run(["iptables", "-A", "OUTPUT", "-p", "tcp", "--dport", "8099", "-j", "DROP"])
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [GOOD, HOST, BAD, HANGING]})
    with applied(sandbox, tmp_path_factory.mktemp("home"), text) as made:
        yield made
    minion.run(["iptables", "-D", "OUTPUT", "-p", "tcp", "--dport", "8099", "-j", "DROP"])
    minion.run(["sh", "-c", "kill $(cat /tmp/pid); rm -rf /srv/probes"])


def seen(pods, name: str) -> dict[str, str]:
    """Why each container of a Pod is not ready; "" for one that is."""
    shown = json.loads(pods.podctl("get", "pod", name, "-n", pods.namespace, "-o", "json").stdout)["status"]
    (ready,) = (each for each in shown["conditions"] if each["type"] == "Ready")
    told = dict(part.split(": ", 1) for part in ready.get("message", "").split("; ")[1:])
    return {each["name"]: "" if each["ready"] else told[each["name"]] for each in shown["containerStatuses"]}


@proves("Container.startupProbe", "Container.readinessProbe", "Container.livenessProbe", "Probe.httpGet", "Probe.exec")
@proves("Probe.tcpSocket", "TCPSocketAction.port", "TCPSocketAction.host", "Probe.successThreshold")
def test_what_is_well_is_ready_and_describe_has_each_answer(pods):
    def ready():
        rows = pods.podctl("get", "pods", "good", "host", "-n", pods.namespace, "--no-headers").stdout.splitlines()
        return [row.split()[1] for row in rows]

    eventually(ready, lambda cells: cells == ["2/2", "2/2"])
    asked = pods.minion.run(["cat", "/srv/probes/asked"]).stdout.splitlines()
    assert {"GET /moved HTTP/1.1", "GET /ok?from=moved HTTP/1.1", "GET /ok HTTP/1.1", "Host: shop.example",
            "X-Ours: a b", "User-Agent: podctl"} <= set(asked)  # fmt: skip
    address = pods.inspect("good")["NetworkSettings"]["Networks"]["podctl_sandbox"]["IPAddress"]
    assert f"Host: {address}:8080" in asked
    lines = [
        " ".join(line.split())
        for line in pods.podctl("describe", "pods", "-n", pods.namespace, "good").stdout.splitlines()
    ]
    for expected in (
        "Liveness: http-get http://:8080/away delay=0s timeout=1s period=10s #success=1 #failure=3",
        f"Answer: ok: GET http://{address}:8080/away: status 301",
        "Readiness: http-get http://:http/ok delay=0s timeout=5s period=10s #success=2 #failure=3",
        f"Answer: ok: GET http://{address}:8080/ok: status 204",
        "Startup: http-get http://:http/moved delay=0s timeout=1s period=1s #success=1 #failure=2",
        "Readiness: exec [sh -c echo 1; sleep 0.2; echo last >&2] delay=0s timeout=1s period=10s #success=1 #failure=3",
        "Answer: ok: last",
        f"Answer: ok: {address}:8080 accepts connections",
    ):
        assert expected in lines, lines


@proves("Probe.initialDelaySeconds", "Probe.failureThreshold")
def test_what_is_not_well_says_what_was_seen_and_nothing_is_asked_before_its_time(pods):
    assert seen(pods, "good") == {"web": "", "shell": ""}
    address = pods.inspect("bad")["NetworkSettings"]["Networks"]["podctl_sandbox"]["IPAddress"]
    found = seen(pods, "bad")
    missing = found.pop("missing")
    assert missing.startswith("readiness probe: exec: ")
    assert "no such file or directory" in missing
    assert found == {
        "ill": f"readiness probe: GET http://{address}:8080/ill: status 503",
        "closed": f"readiness probe: connect to {address}:81: connection refused",
        "held": "startup probe: exec: exit code 1",
        "later": "readiness probe: not asked before it has run for 9999 s (initialDelaySeconds)",
    }
    assert pods.minion.run(["ls", "/srv/probes/held", "/srv/probes/later"], check=False).stdout == ""


@proves("Probe.timeoutSeconds")
def test_probes_that_hang_cost_their_own_timeout_once_side_by_side_and_leave_nothing_behind(pods):
    with nothing_left(pods.minion):
        begun = time.monotonic()
        well = pods.podctl("get", "pod", "good", "-n", pods.namespace, "-o", "json")
        base = time.monotonic() - begun
        begun = time.monotonic()
        found = seen(pods, "hanging")
        took = time.monotonic() - begun
    assert well.returncode == 0
    late = "no answer within 2 s (timeoutSeconds)"
    address = pods.inspect("hanging")["NetworkSettings"]["Networks"]["podctl_sandbox"]["IPAddress"]
    assert found == {
        "mute": f"readiness probe: GET http://{address}:8080/: {late}",
        "dropped": f"readiness probe: connect to {address}:8099: {late}",
        "stuck": f"readiness probe: exec: {late}",
        "stuck-too": f"readiness probe: exec: {late}",
    }
    assert took < base + 2 * 2, "they were asked one after the other"
    assert not [line for line in processes(pods.minion) if line == "sleep 4711"]


def test_asking_takes_one_login_and_one_shell_and_only_what_is_shown_is_asked(pods):
    log = pods.minion.folder / "sshd.log"
    before = log.read_text()
    assert pods.podctl("get", "pods", "-n", pods.namespace).returncode == 0
    new = log.read_text()[len(before) :]
    assert (new.count("Accepted publickey"), new.count("Starting session: command")) == (1, 1), new
    asked = len(pods.minion.run(["cat", "/srv/probes/asked"]).stdout)
    for other in (("minions",), ("pods", "-o", "name", "-n", pods.namespace), ("pod", "host", "-n", pods.namespace)):
        assert pods.podctl("get", *other).returncode == 0
    assert len(pods.minion.run(["cat", "/srv/probes/asked"]).stdout) == asked


@proves("Probe.periodSeconds")
def test_apply_waits_until_probes_are_well_and_names_container_probe_and_answer_of_what_is_not(podctl, namespace):
    slow = pod("slow",
               container("web", "sleep 4; exec httpd -f -p 80 -h /www", readinessProbe=get(80, "/index.html")),
               initContainers=[
                   container("side", "sleep 1; touch /tmp/up; exec sleep 100000", restartPolicy="Always",
                             startupProbe={**command("ls /tmp/up"), "periodSeconds": 1, "failureThreshold": 99}),
                   container("next", "true"),
               ])  # fmt: skip
    begun = time.monotonic()
    done = podctl("apply", "-n", namespace, "-f", "-", input=json.dumps(slow))
    assert (done.returncode, done.stdout) == (0, "pod/slow created\n"), done.stderr
    assert time.monotonic() - begun > 5
    assert podctl("get", "pod", "slow", "-n", namespace, "--no-headers").stdout.split()[1] == "2/2"
    never = pod("never", container("web", "exec httpd -f -p 80 -h /www", startupProbe={
        **get(80, "/never"), "periodSeconds": 1, "failureThreshold": 2}), minion="bravo")  # fmt: skip
    unready = pod("unready", container("web", SLEEP, readinessProbe=tcp(80)), minion="charlie")
    both = json.dumps({"apiVersion": "v1", "kind": "List", "items": [never, unready]})
    done = podctl("apply", "-n", namespace, "--timeout", "6s", "-f", "-", input=both)
    assert done.returncode == 5, done.stderr
    assert (
        "pod/never on bravo: web: its startup probe failed for longer than the 2 s that it has: GET http://"
        in done.stderr
    )
    assert "/never: status 404" in done.stderr
    assert "pod/unready on charlie: not ready within 6 s: web: readiness probe: connect to " in done.stderr


def test_where_sshd_forwards_nothing_readiness_is_unknown_with_the_cause_and_the_fix(podctl, namespace, sandbox):
    bravo = sandbox["bravo"]
    setting = bravo.folder / "sshd_config.d" / "no-forwarding.conf"
    setting.write_text("AllowTcpForwarding no\n")
    bravo.reload_sshd()
    try:
        web = pod("web", container("web", SLEEP, readinessProbe=tcp(80)),
                  container("shell", SLEEP, readinessProbe=command("true")), minion="bravo")  # fmt: skip
        done = podctl("apply", "-n", namespace, "-f", "-", input=json.dumps(web))
        cause, fix = (
            "sshd there does not forward connections",
            "Set 'AllowTcpForwarding yes' (and PermitOpen) in sshd_config there.",
        )
        assert (done.returncode, done.stdout) == (0, "pod/web created\n"), done.stderr
        assert f"note: pod/web on bravo: started; nobody knows whether it is ready: {cause}\nHint: {fix}" in done.stderr
        shown = podctl("get", "pods", "-n", namespace, "--no-headers")
        assert (shown.returncode, shown.stdout.split()[1]) == (0, "?/2")
        assert shown.stderr == f"note: minion bravo: probes of 1 Pod are unknown: {cause}. {fix}\n"
        conditions = json.loads(podctl("get", "pod", "web", "-n", namespace, "-o", "json").stdout)["status"][
            "conditions"
        ]
        (ready,) = (each for each in conditions if each["type"] == "Ready")
        assert ready == {"type": "Ready", "status": "Unknown", "reason": "ProbeUnknown",
                         "message": f"web: readiness probe: {cause}"}  # fmt: skip
    finally:
        setting.unlink()
        bravo.reload_sshd()
