"""What a container runs with: argv, variables, streams, folder, and files about the Pod itself."""

from __future__ import annotations

import pytest
from proof import applied, proves

MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: fast, size: "3", with.dot-and-dash: kept}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
type: Opaque
data: {old: b2xkLXZhbHVl, both: Zmlyc3Q=}
stringData: {token: "s3cr3t value", both: second}
---
apiVersion: v1
kind: Pod
metadata:
  name: env
  labels: {tier: back}
  annotations: {example/note: "say \\"hi\\"\\tnow"}
spec:
  nodeName: alpha
  restartPolicy: OnFailure
  volumes:
  - name: about
    downwardAPI:
      defaultMode: 0440
      items:
      - {path: labels, fieldRef: {fieldPath: metadata.labels}}
      - {path: deep/annotations, fieldRef: {apiVersion: v1, fieldPath: metadata.annotations}, mode: 0400}
      - {path: cpu, resourceFieldRef: {containerName: app, resource: requests.cpu, divisor: 1m}}
  containers:
  - name: app
    image: sandbox/busybox:1
    command: [sh, -c, 'printf "%s\\n" "$0" "$@"; sleep 1000; :']
    args: [zero, "$(PLAIN) $$(PLAIN) $(UNKNOWN)", "", --dash, "two\\nlines", "$HOME `id` \\"q\\" 'q'"]
    workingDir: /made/for/it
    tty: true
    stdin: true
    stdinOnce: true
    resources:
      requests: {cpu: 30m, memory: 10Mi}
      limits: {cpu: 100m, memory: 64M}
    volumeMounts: [{name: about, mountPath: /about}]
    envFrom:
    - {prefix: C_, configMapRef: {name: settings}}
    - {configMapRef: {name: settings}}
    - {prefix: S_, secretRef: {name: keys}}
    - {configMapRef: {name: nowhere, optional: true}}
    - {secretRef: {name: nowhere, optional: true}}
    env:
    - {name: PLAIN, value: plain}
    - {name: mode, value: slow}
    - {name: EMPTY}
    - {name: CHAIN, value: "$(PLAIN)-$(mode)-$(LATER)-$$(PLAIN)"}
    - {name: LATER, value: later}
    - {name: PLAIN, value: "$(PLAIN)er"}
    - {name: LINES, value: "one\\n two\\n"}
    - {name: SIZE, valueFrom: {configMapKeyRef: {name: settings, key: size}}}
    - {name: NO_KEY, valueFrom: {configMapKeyRef: {name: settings, key: nothing, optional: true}}}
    - {name: NO_MAP, valueFrom: {configMapKeyRef: {name: nowhere, key: size, optional: true}}}
    - {name: TOKEN, valueFrom: {secretKeyRef: {name: keys, key: token}}}
    - {name: NO_SECRET, valueFrom: {secretKeyRef: {name: nowhere, key: token, optional: true}}}
    - {name: POD, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}}
    - {name: NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
    - {name: POD_UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}
    - {name: TIER, valueFrom: {fieldRef: {fieldPath: "metadata.labels['tier']"}}}
    - {name: NOTE, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['example/note']"}}}
    - {name: MINION, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    - {name: HOST_IP, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
    - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    - {name: CPU_MILLIS, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}
    - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
    - {name: OTHERS, valueFrom: {resourceFieldRef: {containerName: other, resource: limits.memory}}}
  - name: other
    image: sandbox/busybox:1
    args: [sleep, "1000"]
    resources: {limits: {memory: 20Mi}}
"""


@pytest.fixture(scope="module")
def pods(sandbox, tmp_path_factory):
    with applied(sandbox, tmp_path_factory.mktemp("home"), MANIFEST) as made:
        yield made


@pytest.fixture(scope="module")
def variables(pods):
    """The environment of the container's first process."""
    listed = pods.sh("env", "app", "cat /proc/1/environ").split("\0")
    return dict(each.split("=", 1) for each in listed if each)


@proves("Container.command", "Container.args")
def test_command_and_args_are_the_argv_with_variables_and_nothing_else_expanded(pods):
    argv = pods.sh("env", "app", "cat /proc/1/cmdline").split("\0")
    assert argv == [
        "sh", "-c", 'printf "%s\\n" "$0" "$@"; sleep 1000; :',
        "zero", "plainer $(PLAIN) $(UNKNOWN)", "", "--dash", "two\nlines", "$HOME `id` \"q\" 'q'", "",
    ]  # fmt: skip


def test_args_alone_go_to_the_images_own_entrypoint(pods):
    config = pods.inspect("env", "other")["Config"]
    assert (config["Entrypoint"], config["Cmd"]) == (None, ["sleep", "1000"])


@proves("Container.env", "EnvVar.name", "EnvVar.value", "Container.name")
def test_variables_know_those_before_them_and_the_last_of_a_name_wins(variables):
    wanted = {"PLAIN": "plainer", "mode": "slow", "EMPTY": "", "LATER": "later", "LINES": "one\n two\n",
              "CHAIN": "plain-slow-$(LATER)-$(PLAIN)"}  # fmt: skip
    assert {name: variables.get(name) for name in wanted} == wanted


@proves("Container.envFrom", "EnvFromSource.configMapRef", "EnvFromSource.secretRef", "EnvFromSource.prefix")
@proves("ConfigMapEnvSource.name", "ConfigMapEnvSource.optional", "SecretEnvSource.name", "SecretEnvSource.optional")
@proves("ConfigMap.data", "ConfigMap.apiVersion", "ConfigMap.kind", "ConfigMap.metadata")
@proves("Secret.data", "Secret.stringData", "Secret.apiVersion", "Secret.kind", "Secret.metadata", "Secret.type")
def test_every_key_of_a_map_or_secret_can_be_a_variable(variables):
    wanted = {"C_mode": "fast", "C_size": "3", "size": "3", "with.dot-and-dash": "kept", "C_with.dot-and-dash": "kept",
              "S_old": "old-value", "S_token": "s3cr3t value", "S_both": "second"}  # fmt: skip
    assert {name: variables.get(name) for name in wanted} == wanted


@proves("EnvVar.valueFrom", "EnvVarSource.configMapKeyRef", "EnvVarSource.secretKeyRef")
@proves("ConfigMapKeySelector.name", "ConfigMapKeySelector.key", "ConfigMapKeySelector.optional")
@proves("SecretKeySelector.name", "SecretKeySelector.key", "SecretKeySelector.optional")
def test_single_keys_and_what_is_optional_and_not_there(variables):
    names = ("SIZE", "TOKEN", "NO_KEY", "NO_MAP", "NO_SECRET")
    assert [variables.get(name) for name in names] == ["3", "s3cr3t value", None, None, None]


@proves("EnvVarSource.fieldRef", "ObjectFieldSelector.fieldPath", "ObjectFieldSelector.apiVersion")
def test_a_pod_knows_itself_and_its_place(pods, variables):
    infra = pods.inspect("env")
    networks = infra["NetworkSettings"]["Networks"]
    wanted = {
        "POD": "env",
        "NAMESPACE": pods.namespace,
        "POD_UID": infra["Config"]["Labels"]["podctl.uid"],
        "TIER": "back",
        "NOTE": 'say "hi"\tnow',
        "MINION": "alpha",
        "HOST_IP": pods.minion.address,
        "POD_IP": next(iter(networks.values()))["IPAddress"],
    }
    assert {name: variables.get(name) for name in wanted} == wanted


@proves("EnvVarSource.resourceFieldRef", "ResourceFieldSelector.resource", "ResourceFieldSelector.divisor")
@proves("ResourceFieldSelector.containerName")
def test_a_container_knows_its_own_and_others_resources(variables):
    wanted = {"CPU": "1", "CPU_MILLIS": "100", "MEMORY": "62", "OTHERS": str(20 * 2**20)}
    assert {name: variables.get(name) for name in wanted} == wanted


@proves("Volume.downwardAPI", "DownwardAPIVolumeSource.items", "DownwardAPIVolumeSource.defaultMode")
@proves("DownwardAPIVolumeFile.path", "DownwardAPIVolumeFile.fieldRef", "DownwardAPIVolumeFile.mode")
@proves("DownwardAPIVolumeFile.resourceFieldRef")
def test_files_tell_a_pod_about_itself(pods):
    assert pods.sh("env", "app", "cd /about && cat labels; echo; cat deep/annotations; echo; cat cpu").splitlines() == [
        'tier="back"', 'example/note="say \\"hi\\"\\tnow"', "30",
    ]  # fmt: skip
    assert pods.lines("env", "app", "stat -c %a /about/labels /about/deep/annotations") == ["440", "400"]


@proves("Container.workingDir")
def test_the_working_folder_is_made(pods):
    assert pods.run("env", "app", "pwd") == "/made/for/it\n"


@proves("Container.tty", "Container.stdin", "Container.stdinOnce")
def test_terminal_and_stdin(pods):
    app, other = (pods.inspect("env", name)["Config"] for name in ("app", "other"))
    assert [app[name] for name in ("Tty", "OpenStdin", "StdinOnce")] == [True, True, True]
    assert [other[name] for name in ("Tty", "OpenStdin", "StdinOnce")] == [False, False, False]
    assert "zero\r\n" in pods.logs("env", "app")


@proves("Container.resources", "ResourceRequirements.requests", "ResourceRequirements.limits")
def test_requests_are_shares_and_limits_are_enforced(pods):
    app, other = pods.host("env", "app"), pods.host("env", "other")
    names = ("CpuShares", "CpuPeriod", "CpuQuota", "Memory", "MemorySwap")
    assert [app[name] for name in names] == [30, 100_000, 10_000, 64_000_000, 64_000_000]
    assert [other[name] for name in names] == [2, 0, 0, 20 * 2**20, 20 * 2**20]
    limits = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"
    assert int(pods.sh("env", "other", limits)) == 20 * 2**20
