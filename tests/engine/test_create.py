"""Whole command lines of `docker create`, as they are sent."""

from __future__ import annotations

import shlex

import pytest
from making import making

from podctl.core.model import Role
from podctl.engine.docker import create, infra, security
from podctl.errors import InputError

HEAD = "docker create --pull never --name podctl_c_shop_web_app --label-file /dev/fd/3 --env-file /dev/fd/4"
JOIN = "--network container:podctl_c_shop_web.new.u-1 --ipc container:podctl_c_shop_web.new.u-1"
LIFE = "--restart unless-stopped --no-healthcheck --stop-timeout 30"
INFRA = (
    "docker create --pull never --name podctl_c_shop_web.new.u-1 --label-file /dev/fd/3 --restart unless-stopped "
    "--no-healthcheck --cap-drop ALL --security-opt no-new-privileges --user 65535:65535 --memory 33554432 "
    "--cpu-shares 2 --pids-limit 128 --log-driver none"
)
SECRET = """---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: shop}
stringData: {token: s3cr3t}
"""


def app(container="", spec="", **given):
    made = making(container, spec, **given)
    return create.container(made, made.spec.containers[0], Role.APP)


def line(container="", spec="", **given) -> str:
    return app(container, spec, **given).script.text


def test_the_least_container():
    assert line() == f"{HEAD} {JOIN} {LIFE} --cpu-shares 2 nginx:1.27"


@pytest.mark.parametrize(
    ("container", "spec", "flags"),
    [
        ("tty: true, stdin: true, workingDir: /w", "", "--workdir /w -t -i --cpu-shares 2"),
        ("resources: {limits: {cpu: 8}}", "", "--cpu-shares 8192 --cpu-period 100000 --cpu-quota 800000"),
        ("resources: {limits: {cpu: 1m}}", "", "--cpu-shares 2 --cpu-period 100000 --cpu-quota 1000"),
        ("resources: {limits: {cpu: 0, memory: 0}}", "", "--cpu-shares 2"),
        ("resources: {requests: {cpu: 100m}}", "", "--cpu-shares 102"),
        ("resources: {limits: {memory: 64Mi}}", "", "--cpu-shares 2 --memory 67108864 --memory-swap 67108864"),
        ('resources: {limits: {"nvidia.com/gpu": 2}}', "", "--cpu-shares 2 --gpus 2"),
        ("", "securityContext: {runAsUser: 7, fsGroup: 9, supplementalGroups: [8, 9]}",
         "--cpu-shares 2 --user 7 --group-add 9 --group-add 8"),
        ("securityContext: {privileged: true}", "", "--cpu-shares 2 --privileged"),
        ("securityContext: {seccompProfile: {type: Localhost, localhostProfile: p.json}}", "",
         "--cpu-shares 2 --security-opt seccomp=/var/lib/kubelet/seccomp/p.json"),
    ],
)  # fmt: skip
def test_flags(container, spec, flags):
    assert line(container, spec) == f"{HEAD} {JOIN} {LIFE} {flags} nginx:1.27"


@pytest.mark.parametrize(
    ("policy", "flag"), [("Always", "unless-stopped"), ("OnFailure", "on-failure"), ("Never", "no")]
)
def test_restart_policies(policy, flag):
    assert line(spec=f"restartPolicy: {policy}") == line().replace("--restart unless-stopped", f"--restart {flag}")


@pytest.mark.parametrize(
    ("container", "ending"),
    [
        ('command: [a, "b c"], args: ["d"]', "--entrypoint a nginx:1.27 'b c' d"),
        ('args: ["--rm", "", "$(A)", "$$(A)", "$(B)"], env: [{name: A, value: "x y"}]',
         "nginx:1.27 --rm '' 'x y' '$(A)' '$(B)'"),
    ],
)  # fmt: skip
def test_command_and_args(container, ending):
    assert line(container) == f"{HEAD} {JOIN} {LIFE} --cpu-shares 2 {ending}"


def test_what_a_secret_is_expanded_into_is_sent_and_never_shown():
    reference = "env: [{name: T, valueFrom: {secretKeyRef: {name: keys, key: token}}}]"
    script = app(f'args: [plain, "-p=$(T)"], {reference}', more=SECRET).script
    assert script.text.endswith(" nginx:1.27 plain -p=s3cr3t")
    assert script.shown.endswith(" nginx:1.27 plain ***")
    assert "s3cr3t" not in repr(script)


def test_variables_of_one_line_go_by_file_and_all_others_through_the_shell():
    step = app('env: [{name: A.b, value: " x "}, {name: L, value: "1\\n2"}, {name: R, value: "r\\r"}]')
    assert step.files[4] == "A.b= x \n"
    assert step.env == {"L": "1\n2", "R": "r\r"}
    assert step.script.text.startswith(f"{HEAD} -e L -e R {JOIN}")


@pytest.mark.parametrize("name", ["A.b", "A-b", "PATH", "LD_PRELOAD", "DOCKER_HOST", "UID", "IFS"])
def test_several_lines_need_a_name_that_a_shell_can_export_and_that_does_nothing_to_docker(name):
    with pytest.raises(InputError, match=f"env {name} has several lines and a name that no shell can export"):
        app(f'env: [{{name: {name}, value: "1\\n2"}}]')


def test_the_least_infra_container():
    assert infra.create(making()).script.text == (
        f"{INFRA} --network podctl_c --hostname web --ipc shareable podctl/infra:1"
    )


@pytest.mark.parametrize(
    ("container", "spec", "flags"),
    [
        ("ports: [{containerPort: 80}]", "", "--hostname web --ipc shareable"),
        ("ports: [{containerPort: 80, hostPort: 81, hostIP: '::1'}, {containerPort: 53, hostPort: 53, protocol: UDP}]",
         "", "-p [::1]:81:80/tcp -p 53:53/udp --hostname web --ipc shareable"),
        ("", "hostname: h\n  subdomain: s\n  hostIPC: true",
         "--hostname h --domainname s.shop.svc.cluster.local --ipc host"),
        ("", "hostAliases: [{ip: '::1', hostnames: [a, b]}]",
         "--add-host a:::1 --add-host b:::1 --hostname web --ipc shareable"),
        ("", "dnsConfig: {nameservers: [192.0.2.9], searches: [x.org]}",
         "--hostname web --dns 192.0.2.53 --dns 192.0.2.9 --dns-search example.org --dns-search x.org --ipc shareable"),
        ("", "dnsPolicy: None\n  dnsConfig: {nameservers: [192.0.2.9]}",
         "--hostname web --dns 192.0.2.9 --dns-search . --dns-option '' --ipc shareable"),
        ("", "securityContext: {sysctls: [{name: net/core/somaxconn, value: '9'}]}",
         "--hostname web --sysctl net.core.somaxconn=9 --ipc shareable"),
    ],
)  # fmt: skip
def test_flags_of_the_infra_container(container, spec, flags):
    given = shlex.split(infra.create(making(container, spec)).script.text)
    assert given == shlex.split(f"{INFRA} --network podctl_c {flags} podctl/infra:1")


def test_on_the_minions_network_nothing_is_published_and_its_own_name_service_is_kept():
    spec = "hostNetwork: true\n  dnsConfig: {nameservers: [192.0.2.9]}"
    text = infra.create(making("ports: [{containerPort: 80, hostPort: 80}]", spec)).script.text
    flags = "--network host --dns 127.0.0.53 --dns 192.0.2.53 --dns 192.0.2.9 --ipc shareable"
    assert text == f"{INFRA} {flags} podctl/infra:1"


def test_on_the_minions_network_its_own_hosts_come_before_the_aliases():
    text = infra.create(making(spec="hostNetwork: true\n  hostAliases: [{ip: 192.0.2.9, hostnames: [a]}]")).script.text
    before, _, after = text.partition("$(")
    assert (before, after.partition("done)")[2]) == (
        f"{INFRA} --network host ", " --add-host a:192.0.2.9 --ipc shareable podctl/infra:1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("user", "problem"),
    [
        ("", "container app has runAsNonRoot and image nginx:1.27 will run as root"),
        ("0:5", "container app has runAsNonRoot and image nginx:1.27 will run as root"),
        ("web", "container app has runAsNonRoot and image nginx:1.27 has the non-numeric user web"),
        ("101:101", ""),
    ],
)
def test_run_as_non_root_judges_the_images_user(user, problem):
    made = making("securityContext: {runAsNonRoot: true}", users={"nginx:1.27": user})
    assert security.image_user_problem(made) == problem


def test_a_group_alone_stands_beside_the_images_user():
    assert "--user web:5 " in line("securityContext: {runAsGroup: 5}", users={"nginx:1.27": "web:9"})
    assert "--user 0:5 " in line("securityContext: {runAsGroup: 5}", users={"nginx:1.27": ""})
