"""A Pod as a whole: names, name service, namespaces, ports, kernel parameters."""

from __future__ import annotations

import re
import socket

import pytest
from proof import applied, proves

MANIFEST = """
apiVersion: v1
kind: Pod
metadata:
  name: names
  labels: {app: names}
  annotations: {note: "two\\nlines"}
spec:
  nodeName: alpha
  os: {name: linux}
  hostUsers: true
  hostname: web-0
  subdomain: shop
  shareProcessNamespace: true
  terminationGracePeriodSeconds: 1
  hostAliases:
  - {ip: 192.0.2.7, hostnames: [seven.example, seven]}
  - {ip: "2001:db8::1", hostnames: [six.example]}
  dnsPolicy: None
  dnsConfig:
    nameservers: [192.0.2.53]
    searches: [one.example, two.example]
    options: [{name: ndots, value: "3"}, {name: edns0}]
  securityContext:
    sysctls:
    - {name: net.core.somaxconn, value: "345"}
    - {name: net/ipv4/ip_local_port_range, value: "20000 30000"}
    - {name: kernel.shm_rmid_forced, value: "1"}
  containers:
  - name: app
    image: sandbox/busybox:1
    command: [httpd, -f, -h, /www]
    ports:
    - {name: web, containerPort: 80, hostPort: 18080, protocol: TCP}
    - {containerPort: 81, hostPort: 18081, hostIP: 127.0.0.1}
    - {containerPort: 53, hostPort: 18053, protocol: UDP}
  - name: other
    image: sandbox/busybox:1
    command: [sleep, "1000"]
---
apiVersion: v1
kind: Pod
metadata: {name: fqdn}
spec:
  nodeName: alpha
  subdomain: shop
  setHostnameAsFQDN: true
  hostPID: true
  hostIPC: true
  runtimeClassName: io.containerd.runc.v2
  dnsConfig: {nameservers: [192.0.2.54], searches: [more.example]}
  containers:
  - {name: app, image: "sandbox/busybox:1", command: [sleep, "1000"]}
---
apiVersion: v1
kind: Pod
metadata: {name: minions-own}
spec:
  nodeName: alpha
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  dnsConfig: {nameservers: [192.0.2.55], options: [{name: attempts, value: "1"}]}
  hostAliases: [{ip: 192.0.2.8, hostnames: [eight.example]}]
  containers:
  - {name: app, image: "sandbox/busybox:1", command: [sleep, "1000"]}
---
apiVersion: v1
kind: Pod
metadata: {name: a-name-that-is-much-longer-than-the-sixty-three-characters-that-a-hostname-may-have}
spec:
  nodeName: alpha
  containers:
  - {name: app, image: "sandbox/busybox:1", command: [sleep, "1000"]}
"""


@pytest.fixture(scope="module")
def pods(sandbox, tmp_path_factory):
    with applied(sandbox, tmp_path_factory.mktemp("home"), MANIFEST) as made:
        yield made


@proves("Pod.apiVersion", "Pod.kind", "Pod.metadata", "Pod.spec", "ObjectMeta.name", "ObjectMeta.namespace")
@proves("ObjectMeta.labels", "ObjectMeta.annotations")
def test_a_pod_carries_its_metadata(pods):
    shown = pods.podctl(
        "get",
        "pod",
        "names",
        "-n",
        pods.namespace,
        "-o",
        "jsonpath={.metadata.labels.app} {.metadata.annotations.note}",
    )
    assert (shown.stdout, shown.stderr) == ("names two\nlines", "")
    labels = pods.inspect("names", "app")["Config"]["Labels"]
    assert [labels["podctl.namespace"], labels["podctl.pod"], labels["podctl.container"]] == [
        pods.namespace,
        "names",
        "app",
    ]


@proves("PodSpec.hostname", "PodSpec.subdomain")
def test_hostname_and_subdomain_are_the_pods_name_to_itself(pods):
    assert pods.lines("names", "app", "hostname; hostname -f; echo $HOSTNAME") == [
        "web-0", f"web-0.shop.{pods.namespace}.svc.cluster.local", "web-0",
    ]  # fmt: skip


@proves("PodSpec.setHostnameAsFQDN")
def test_the_hostname_can_be_the_whole_name(pods):
    assert pods.run("fqdn", "app", "hostname") == f"fqdn.shop.{pods.namespace}.svc.cluster.local\n"


def test_a_long_pod_name_is_cut_as_a_hostname(pods):
    name = "a-name-that-is-much-longer-than-the-sixty-three-characters-that-a-hostname-may-have"
    assert pods.run(name, "app", "hostname").strip() == name[:63].rstrip("-")


@proves("PodSpec.hostAliases", "HostAlias.ip", "HostAlias.hostnames")
def test_host_aliases_stand_in_the_hosts_file(pods):
    hosts = [line.split() for line in pods.lines("names", "other", "cat /etc/hosts")]
    assert [line for line in hosts if line[0] in ("192.0.2.7", "2001:db8::1")] == [
        ["192.0.2.7", "seven.example"], ["192.0.2.7", "seven"], ["2001:db8::1", "six.example"],
    ]  # fmt: skip


@proves("PodSpec.dnsPolicy", "PodSpec.dnsConfig", "PodDNSConfig.nameservers", "PodDNSConfig.searches")
@proves("PodDNSConfig.options", "PodDNSConfigOption.name", "PodDNSConfigOption.value")
def test_dns_policy_none_leaves_only_what_the_pod_says(pods):
    resolv = pods.sh("names", "app", "grep -v ^# /etc/resolv.conf").splitlines()
    assert ("search one.example two.example" in resolv, "options ndots:3 edns0" in resolv) == (True, True), resolv
    assert pods.host("names")["Dns"] == ["192.0.2.53"]


def test_dns_config_is_added_to_what_the_minion_has(pods):
    theirs = dict(re.findall(r"(?m)^(nameserver|search)\s+(.*)$", pods.minion.run(["cat", "/etc/resolv.conf"]).stdout))
    host = pods.host("fqdn")
    given = [] if theirs.get("nameserver", "127.").startswith("127.") else [theirs["nameserver"]]
    assert host["Dns"] == [*given, "192.0.2.54"]
    assert host["DnsSearch"] == [*theirs.get("search", "").split(), "more.example"]


@proves("PodSpec.hostNetwork")
def test_on_the_minions_network_a_pod_has_its_addresses_its_name_and_its_hosts(pods):
    inside = pods.sh("minions-own", "app", "hostname; ip -o -4 addr show; cat /etc/hosts")
    minion = pods.minion
    own = minion.run(["cat", "/etc/hosts"]).stdout
    assert inside.startswith("alpha\n")
    assert f" {minion.address}/" in inside
    entries = {
        (line.split()[0], name) for line in own.splitlines() if line and line[0] != "#" for name in line.split()[1:]
    }
    assert entries
    seen = {(line.split()[0], line.split()[1]) for line in inside.splitlines() if len(line.split()) == 2}
    assert entries | {("192.0.2.8", "eight.example")} <= seen
    nameservers = pods.lines("minions-own", "app", "grep -e ^nameserver -e ^options /etc/resolv.conf")
    assert nameservers[-2:] == ["nameserver 192.0.2.55", "options attempts:1"]


@proves("PodSecurityContext.sysctls", "Sysctl.name", "Sysctl.value")
def test_kernel_parameters_are_the_pods_own_in_every_container(pods):
    script = "cat /proc/sys/net/core/somaxconn /proc/sys/net/ipv4/ip_local_port_range /proc/sys/kernel/shm_rmid_forced"
    assert pods.sh("names", "other", script).split() == ["345", "20000", "30000", "1"]


@proves("PodSpec.shareProcessNamespace")
def test_containers_can_share_their_processes(pods):
    assert "httpd -f -h /www" in pods.run("names", "other", "ps")
    assert "httpd" not in pods.run("names", "other", "cat", "/proc/1/cmdline")


@proves("PodSpec.hostPID", "PodSpec.hostIPC")
def test_a_pod_can_see_the_minions_processes_and_ipc(pods):
    assert "dockerd" in pods.run("fqdn", "app", "ps")
    ours = pods.run("fqdn", "app", "readlink", "/proc/self/ns/ipc")
    assert ours == pods.minion.run(["readlink", "/proc/self/ns/ipc"]).stdout
    assert ours != pods.run("names", "app", "readlink", "/proc/self/ns/ipc")


def test_the_containers_of_a_pod_share_network_and_ipc_and_not_their_processes_unless_asked(pods):
    def namespaces(container):
        return pods.lines("names", container, "for each in net ipc mnt; do readlink /proc/self/ns/$each; done")

    app, other = namespaces("app"), namespaces("other")
    assert (app[:2] == other[:2], app[2] == other[2]) == (True, False)
    assert "Hello from a Pod" in pods.run("names", "other", "wget", "-q", "-O-", "http://127.0.0.1:80/")


@proves("PodSpec.os", "PodOS.name", "PodSpec.hostUsers")
def test_a_linux_pod_has_the_minions_user_ids(pods):
    assert (
        pods.run("names", "app", "cat", "/proc/self/uid_map") == pods.minion.run(["cat", "/proc/self/uid_map"]).stdout
    )


@proves("PodSpec.runtimeClassName")
def test_a_runtime_can_be_named(pods):
    assert pods.host("fqdn", "app")["Runtime"] == "io.containerd.runc.v2"


@proves("Container.ports", "ContainerPort.containerPort", "ContainerPort.hostPort", "ContainerPort.hostIP")
@proves("ContainerPort.protocol", "ContainerPort.name")
def test_a_host_port_answers_at_its_address_and_no_other(pods):
    minion = pods.minion
    with socket.create_connection((minion.address, 18080), timeout=5) as link:
        link.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert b"Hello from a Pod" in b"".join(iter(lambda: link.recv(4096), b""))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((minion.address, 18081), timeout=5)
    assert pods.inspect("names")["NetworkSettings"]["Ports"]["81/tcp"] == [{"HostIp": "127.0.0.1", "HostPort": "18081"}]
    assert {each["HostPort"] for each in pods.inspect("names")["NetworkSettings"]["Ports"]["53/udp"]} == {"18053"}


@proves("PodSpec.terminationGracePeriodSeconds")
def test_the_grace_period_is_known_to_docker_too(pods):
    assert [pods.inspect(pod, "app")["Config"]["StopTimeout"] for pod in ("names", "fqdn")] == [1, 30]
