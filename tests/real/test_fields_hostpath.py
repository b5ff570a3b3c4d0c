"""Paths and devices of the Minion in a Pod."""

from __future__ import annotations

import pytest
from proof import Pods, applied, proves

MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: paths}
spec:
  nodeName: alpha
  terminationGracePeriodSeconds: 0
  volumes:
  - {name: any, hostPath: {path: /srv/fields/any}}
  - {name: made, hostPath: {path: /srv/fields/made/deep, type: DirectoryOrCreate}}
  - {name: dir, hostPath: {path: /srv/fields/dir, type: Directory}}
  - {name: file, hostPath: {path: /srv/fields/dir/file, type: File}}
  - {name: new-file, hostPath: {path: "/srv/fields/dir/new, file", type: FileOrCreate}}
  - {name: old-file, hostPath: {path: /srv/fields/dir/file, type: FileOrCreate}}
  - {name: socket, hostPath: {path: /run/docker.sock, type: Socket}}
  - {name: full, hostPath: {path: /dev/full, type: CharDevice}}
  - {name: odd, hostPath: {path: "/srv/fields/o:d d", type: Directory}}
  - {name: mounts, hostPath: {path: /srv/fields/mounts}}
  containers:
  - name: app
    image: sandbox/busybox:1
    command: [sleep, "1000"]
    volumeMounts:
    - {name: any, mountPath: /any}
    - {name: any, mountPath: /any-ro, readOnly: true}
    - {name: any, mountPath: /part, subPath: some/part}
    - {name: made, mountPath: /made}
    - {name: dir, mountPath: /dir}
    - {name: dir, mountPath: /dir-part, subPath: new/part}
    - {name: file, mountPath: /file}
    - {name: new-file, mountPath: /new-file}
    - {name: old-file, mountPath: /old-file}
    - {name: socket, mountPath: /docker.sock}
    - {name: odd, mountPath: /odd}
    - {name: mounts, mountPath: /private}
    - {name: mounts, mountPath: /slave, mountPropagation: HostToContainer}
    volumeDevices: [{name: full, devicePath: /dev/never-empty}]
"""
WRONG = """
apiVersion: v1
kind: Pod
metadata: {{name: wrong-{number}}}
spec:
  nodeName: alpha
  volumes: [{{name: v, hostPath: {{path: {path}, type: {type}}}}}]
  containers:
  - {{name: app, image: "sandbox/busybox:1", command: [sleep, "1000"], volumeMounts: [{{name: v, mountPath: /v}}]}}
---
"""


@pytest.fixture(scope="module")
def pods(sandbox, tmp_path_factory):
    minion = sandbox["alpha"]
    prepare = """
        mkdir -p /srv/fields/dir /srv/fields/mounts "/srv/fields/o:d d"
        echo there > /srv/fields/dir/file
        mount -t tmpfs mounts /srv/fields/mounts && mount --make-shared /srv/fields/mounts && mkdir /srv/fields/mounts/m
    """
    minion.run(["sh", "-ec", prepare])
    try:
        with applied(sandbox, tmp_path_factory.mktemp("home"), MANIFEST) as made:
            yield made
    finally:
        minion.run(["sh", "-c", "umount -R /srv/fields/mounts; rm -rf /srv/fields"])


@proves("Volume.hostPath", "HostPathVolumeSource.path", "HostPathVolumeSource.type")
def test_a_path_of_the_minion_is_the_pods_made_where_its_type_says_so(pods):
    types = "stat -c '%F' /any /made /dir /file /new-file /docker.sock /odd /part /dir-part"
    assert pods.lines("paths", "app", types) == [
        "directory", "directory", "directory", "regular file", "regular empty file", "socket", "directory", "directory",
        "directory",
    ]  # fmt: skip
    pods.sh("paths", "app", "echo in > /any/in; echo made > /made/in; echo new > /new-file; echo deep > /part/in")
    minion = "cd /srv/fields; cat any/in made/deep/in 'dir/new, file' any/some/part/in"
    assert pods.minion.run(["sh", "-c", minion]).stdout.split() == ["in", "made", "new", "deep"]
    assert pods.sh("paths", "app", "cat /file /old-file") == "there\nthere\n"
    assert "Read-only file system" in pods.sh("paths", "app", "echo x 2>&1 >/any-ro/x || :")


@proves("Container.volumeDevices", "VolumeDevice.name", "VolumeDevice.devicePath")
def test_a_device_of_the_minion(pods):
    assert "No space left on device" in pods.sh("paths", "app", "echo x 2>&1 > /dev/never-empty || :")


@proves("VolumeMount.mountPropagation")
def test_what_is_mounted_on_the_minion_later_appears_where_it_is_asked_for(pods):
    pods.minion.run(["sh", "-c", "mount -t tmpfs later /srv/fields/mounts/m && echo later > /srv/fields/mounts/m/file"])
    assert pods.lines("paths", "app", "cat /slave/m/file; ls /private/m") == ["later"]


def test_a_path_of_another_type_is_refused_and_nothing_stays(pods: Pods):
    cases = [
        ("/srv/fields/dir/file", "Directory", "is not a Directory"),
        ("/srv/fields/dir/file", "DirectoryOrCreate", "is not a Directory"),
        ("/srv/fields/dir", "File", "is not a File"),
        ("/srv/fields/dir", "FileOrCreate", "is not a File"),
        ("/srv/fields/none", "Socket", "is not a Socket"),
        ("/dev/full", "BlockDevice", "is not a BlockDevice"),
    ]
    manifests = [WRONG.format(number=number, path=path, type=kind) for number, (path, kind, _) in enumerate(cases)]
    done = pods.apply("".join(manifests))
    assert done.returncode == 1
    told = {text.split()[0]: text for text in done.stderr.split("error: pod/")[1:]}
    for number, (path, _, what) in enumerate(cases):
        assert f"hostPath {path} of volume v {what} on this Minion" in told[f"wrong-{number}"]
    left = pods.minion.docker(
        "ps", "-a", "--filter", f"label=podctl.namespace={pods.namespace}", "--format", "{{.Names}}"
    )
    assert sorted(left.stdout.split()) == [pods.name("paths"), pods.name("paths", "app")]
