"""Volumes that are made and filled for a Pod, and how containers mount them."""

from __future__ import annotations

import pytest
from proof import applied, proves

MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {app.conf: "key = value\\n", other: not wanted}
binaryData: {raw.bin: AAH/gA==}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
data: {id_rsa: cHJpdmF0ZQ==, raw: AP8=}
---
apiVersion: v1
kind: Pod
metadata: {name: files, labels: {tier: back}}
spec:
  nodeName: alpha
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  volumes:
  - {name: scratch, emptyDir: {}}
  - {name: memory, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
  - {name: nothing}
  - name: settings
    configMap:
      name: settings
      defaultMode: 0640
      items: [{key: app.conf, path: deep/down/app.conf}, {key: raw.bin, path: raw.bin, mode: 0777}]
  - {name: whole, configMap: {name: settings}}
  - name: keys
    secret:
      secretName: keys
      defaultMode: 0400
      items: [{key: id_rsa, path: ssh/key, mode: 0600}, {key: raw, path: raw}]
  - {name: no-map, configMap: {name: nowhere, optional: true}}
  - {name: no-secret, secret: {secretName: nowhere, optional: true}}
  - name: all
    projected:
      defaultMode: 0444
      sources:
      - configMap: {name: settings, items: [{key: app.conf, path: conf}]}
      - configMap: {name: nowhere, optional: true}
      - secret: {name: keys, items: [{key: id_rsa, path: key, mode: 0400}]}
      - secret: {name: nowhere, optional: true}
      - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}
  initContainers:
  - name: first
    image: sandbox/busybox:1
    command: [sh, -c, "mkdir -p /scratch/tree/leaf && echo grown > /scratch/tree/leaf/file"]
    volumeMounts: [{name: scratch, mountPath: /scratch}]
  containers:
  - name: app
    image: sandbox/busybox:1
    command: [sleep, "1000"]
    env: [{name: PART, value: tree}]
    volumeMounts:
    - {name: scratch, mountPath: /scratch}
    - {name: scratch, mountPath: /read, readOnly: true, recursiveReadOnly: IfPossible}
    - {name: scratch, mountPath: /tree, subPath: tree}
    - {name: scratch, mountPath: /leaf, subPathExpr: $(PART)/leaf}
    - {name: scratch, mountPath: "/odd, name", subPath: "made, by us"}
    - {name: memory, mountPath: /memory}
    - {name: nothing, mountPath: /www}
    - {name: settings, mountPath: /settings}
    - {name: whole, mountPath: /whole}
    - {name: whole, mountPath: /etc/one.conf, subPath: app.conf}
    - {name: keys, mountPath: /keys}
    - {name: no-map, mountPath: /no-map}
    - {name: no-secret, mountPath: /no-secret}
    - {name: all, mountPath: /all}
  - name: user
    image: sandbox/busybox:1
    command: [sleep, "1000"]
    securityContext: {runAsUser: 1000}
    volumeMounts: [{name: scratch, mountPath: /data}, {name: memory, mountPath: /memory}]
---
apiVersion: v1
kind: Pod
metadata: {name: group}
spec:
  nodeName: alpha
  securityContext: {runAsUser: 1000, runAsGroup: 1000, fsGroup: 4000}
  volumes:
  - {name: scratch, emptyDir: {}}
  - {name: memory, emptyDir: {medium: Memory}}
  - {name: keys, secret: {secretName: keys, defaultMode: 0400}}
  - {name: keep, persistentVolumeClaim: {claimName: keep}}
  containers:
  - name: app
    image: sandbox/busybox:1
    command: [sleep, "1000"]
    volumeMounts:
    - {name: scratch, mountPath: /scratch}
    - {name: memory, mountPath: /memory}
    - {name: keys, mountPath: /keys}
    - {name: keep, mountPath: /keep, subPath: own/part}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: keep}
spec: {accessModes: [ReadWriteOnce], volumeMode: Filesystem, resources: {requests: {storage: 100Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: reader}
spec:
  nodeName: alpha
  terminationGracePeriodSeconds: 0
  volumes: [{name: keep, persistentVolumeClaim: {claimName: keep, readOnly: true}}]
  containers:
  - name: app
    image: sandbox/busybox:1
    command: [sleep, "1000"]
    volumeMounts: [{name: keep, mountPath: /keep}]
"""


@pytest.fixture(scope="module")
def pods(sandbox, tmp_path_factory):
    with applied(sandbox, tmp_path_factory.mktemp("home"), MANIFEST) as made:
        yield made


@proves("PodSpec.volumes", "Volume.name", "Volume.emptyDir", "Container.volumeMounts")
@proves("VolumeMount.name", "VolumeMount.mountPath")
def test_an_empty_dir_is_empty_writable_to_all_and_shared(pods):
    assert pods.lines("files", "app", "ls -A /www; stat -c '%a %u:%g' /www /scratch") == ["777 0:0", "777 0:0"]
    pods.sh("files", "user", "echo from the other > /data/note")
    assert pods.sh("files", "app", "cat /scratch/note") == "from the other\n"


@proves("EmptyDirVolumeSource.medium", "EmptyDirVolumeSource.sizeLimit")
def test_an_empty_dir_in_memory_is_shared_and_ends_at_its_size(pods):
    assert " tmpfs " in pods.sh("files", "app", "grep ' /memory ' /proc/mounts")
    pods.sh("files", "user", "echo mine > /memory/note")
    full = pods.sh(
        "files", "app", "cat /memory/note; dd if=/dev/zero of=/memory/big bs=1k count=2000 2>&1; rm /memory/big"
    )
    assert full.startswith("mine\n")
    assert "No space left on device" in full


@proves("VolumeMount.readOnly", "VolumeMount.recursiveReadOnly")
def test_a_mount_can_be_read_only_beside_one_that_is_not(pods):
    assert "Read-only file system" in pods.sh("files", "app", "echo x 2>&1 > /read/x || :; echo x > /scratch/x")
    mounts = {each["Destination"]: each["RW"] for each in pods.inspect("files", "app")["Mounts"]}
    assert [mounts[path] for path in ("/read", "/scratch", "/whole", "/keys", "/all")] == [
        False,
        True,
        False,
        False,
        False,
    ]


@proves("VolumeMount.subPath", "VolumeMount.subPathExpr")
def test_a_part_of_a_volume_is_the_same_part_for_all(pods):
    assert pods.lines("files", "app", "cat /tree/leaf/file /leaf/file; stat -c %a /scratch/tree '/odd, name'") == [
        "grown", "grown", "777", "777",
    ]  # fmt: skip
    pods.sh("files", "app", "echo written > '/odd, name/file'")
    assert pods.sh("files", "user", "cat '/data/made, by us/file'") == "written\n"
    assert pods.sh("files", "app", "cat /etc/one.conf") == "key = value\n"


@proves("Volume.configMap", "ConfigMapVolumeSource.name", "ConfigMapVolumeSource.items", "ConfigMap.binaryData")
@proves("ConfigMapVolumeSource.defaultMode", "ConfigMapVolumeSource.optional")
@proves("KeyToPath.key", "KeyToPath.path", "KeyToPath.mode")
def test_files_of_a_config_map(pods):
    script = "cd /settings; find . -type f | sort; cat deep/down/app.conf; xxd -p raw.bin"
    assert pods.lines("files", "app", script) == [
        "./deep/down/app.conf", "./raw.bin", "key = value", "0001ff80",
    ]  # fmt: skip
    assert pods.lines("files", "app", "cd /settings; stat -c '%a %u:%g' deep deep/down/app.conf raw.bin") == [
        "755 0:0", "640 0:0", "777 0:0",
    ]  # fmt: skip
    assert pods.lines("files", "app", "ls /whole; ls -A /no-map /no-secret; stat -c %a /whole/other") == [
        "app.conf", "other", "raw.bin", "/no-map:", "", "/no-secret:", "644",
    ]  # fmt: skip


@proves("Volume.secret", "SecretVolumeSource.secretName", "SecretVolumeSource.items", "SecretVolumeSource.defaultMode")
@proves("SecretVolumeSource.optional")
def test_files_of_a_secret(pods):
    assert pods.lines("files", "app", "cd /keys; cat ssh/key; echo; xxd -p raw; stat -c %a ssh/key raw") == [
        "private", "00ff", "600", "400",
    ]  # fmt: skip


@proves("Volume.projected", "ProjectedVolumeSource.sources", "ProjectedVolumeSource.defaultMode")
@proves("VolumeProjection.configMap", "VolumeProjection.secret", "VolumeProjection.downwardAPI")
@proves("ConfigMapProjection.name", "ConfigMapProjection.items", "ConfigMapProjection.optional")
@proves("SecretProjection.name", "SecretProjection.items", "SecretProjection.optional", "DownwardAPIProjection.items")
def test_several_sources_in_one_volume(pods):
    assert pods.lines("files", "app", "cd /all; cat conf key; echo; cat name; echo; stat -c '%n %a' *") == [
        "key = value", "private", "files", "conf 444", "key 400", "name 444",
    ]  # fmt: skip


@proves("PodSecurityContext.fsGroup")
def test_an_fs_group_owns_the_volumes_and_may_read_the_files(pods):
    assert pods.lines("group", "app", "id -G; stat -c '%a %u:%g' /scratch /memory /keys/id_rsa; cat /keys/id_rsa") == [
        "1000 4000", "2777 0:4000", "2777 0:4000", "440 0:4000", "private",
    ]  # fmt: skip
    pods.sh("group", "app", "echo x > /scratch/x")
    assert pods.lines("group", "app", "stat -c %u:%g /scratch/x") == ["1000:4000"]


@proves("Volume.persistentVolumeClaim", "PersistentVolumeClaimVolumeSource.claimName")
@proves("PersistentVolumeClaimVolumeSource.readOnly", "PersistentVolumeClaim.apiVersion", "PersistentVolumeClaim.kind")
@proves("PersistentVolumeClaim.metadata", "PersistentVolumeClaim.spec", "PersistentVolumeClaimSpec.accessModes")
@proves(
    "PersistentVolumeClaimSpec.resources", "PersistentVolumeClaimSpec.volumeMode", "VolumeResourceRequirements.requests"
)
def test_a_claim_is_one_volume_for_all_its_pods_and_outlives_them(pods):
    pods.sh("group", "app", "echo kept > /keep/file")
    assert pods.sh("reader", "app", "cat /keep/own/part/file; touch /keep/x 2>&1 || :").splitlines() == [
        "kept", "touch: /keep/x: Read-only file system",
    ]  # fmt: skip
    volume = f"podctl_sandbox_{pods.namespace}_claim_keep"
    labels = pods.minion.docker("volume", "inspect", "-f", "{{json .Labels}}", volume).stdout
    assert all(each in labels for each in ('"100Mi"', '"ReadWriteOnce"', '"keep"'))
    assert pods.podctl("delete", "pod", "reader", "-n", pods.namespace).returncode == 0
    assert pods.apply(pods.text, "--no-wait").returncode == 0
    assert pods.sh("reader", "app", "cat /keep/own/part/file") == "kept\n"


def test_volumes_of_a_pod_go_with_it(pods):
    label = f"label=podctl.namespace={pods.namespace}"
    uid = pods.inspect("files")["Config"]["Labels"]["podctl.uid"]
    before = pods.minion.docker("volume", "ls", "-q", "--filter", label).stdout
    assert pods.podctl("delete", "pod", "files", "-n", pods.namespace).returncode == 0
    after = pods.minion.docker("volume", "ls", "-q", "--filter", label).stdout
    assert (before.count(uid), after.count(uid), after.count("claim_keep")) == (9, 0, 1)
