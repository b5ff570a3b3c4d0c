"""Who a container runs as, and what it may do."""

from __future__ import annotations

import json

import pytest
from proof import applied, proves

USER_IMAGE = "fields/as-nobody:1"
MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: users}
spec:
  nodeName: alpha
  securityContext:
    runAsUser: 1234
    runAsGroup: 2345
    runAsNonRoot: true
    supplementalGroups: [3456, 3457]
    supplementalGroupsPolicy: Merge
    seccompProfile: {type: Unconfined}
    appArmorProfile: {type: Unconfined}
    seLinuxOptions: {level: "s0:c1,c2", role: some_r}
  containers:
  - {name: pods, image: "sandbox/busybox:1", command: [sleep, "1000"]}
  - name: own
    image: sandbox/busybox:1
    command: [sleep, "1000"]
    securityContext:
      runAsUser: 1000
      runAsGroup: 1001
      seccompProfile: {type: RuntimeDefault}
      appArmorProfile: {type: Localhost, localhostProfile: our-profile}
      seLinuxOptions: {user: some_u, type: some_t}
  - name: group-alone
    image: fields/as-nobody:1
    imagePullPolicy: Never
    command: [sleep, "1000"]
    securityContext: {runAsUser: 65534}
---
apiVersion: v1
kind: Pod
metadata: {name: rights}
spec:
  nodeName: alpha
  containers:
  - name: plain
    image: sandbox/busybox:1
    command: [sleep, "1000"]
  - name: fewer
    image: sandbox/busybox:1
    command: [sleep, "1000"]
    securityContext:
      capabilities: {drop: [ALL], add: [NET_BIND_SERVICE, cap_chown]}
      readOnlyRootFilesystem: true
      allowPrivilegeEscalation: false
      seccompProfile: {type: Localhost, localhostProfile: /srv/no-mkdir.json}
  - name: more
    image: sandbox/busybox:1
    command: [sleep, "1000"]
    securityContext: {procMount: Unmasked, capabilities: {add: [SYS_NICE]}, allowPrivilegeEscalation: true}
---
apiVersion: v1
kind: Pod
metadata: {name: image-user}
spec:
  nodeName: alpha
  securityContext: {runAsGroup: 4321}
  containers:
  - {name: app, image: "fields/as-nobody:1", imagePullPolicy: Never, command: [sleep, "1000"]}
  - name: checked
    image: fields/as-nobody:1
    imagePullPolicy: Never
    command: [sleep, "1000"]
    securityContext: {runAsNonRoot: true}
"""
ROOT = """
apiVersion: v1
kind: Pod
metadata: {name: root}
spec:
  nodeName: alpha
  containers:
  - {name: app, image: "sandbox/busybox:1", securityContext: {runAsNonRoot: true}}
"""
PRIVILEGED = """
apiVersion: v1
kind: Pod
metadata: {name: privileged}
spec:
  nodeName: alpha
  restartPolicy: Never
  containers:
  - {name: app, image: "sandbox/busybox:1", command: ["true"], securityContext: {privileged: true}}
"""


@pytest.fixture(scope="module")
def pods(sandbox, tmp_path_factory):
    minion = sandbox["alpha"]
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}
    minion.run(["sh", "-c", "cat > /srv/no-mkdir.json"], input=json.dumps(profile))
    minion.docker("build", "-q", "-t", USER_IMAGE, "-", input="FROM sandbox/busybox:1\nUSER 65534\n")
    with applied(sandbox, tmp_path_factory.mktemp("home"), MANIFEST) as made:
        yield made


def capabilities(pods, container) -> int:
    return int(pods.sh("rights", container, "sed -n 's/^CapBnd:\\t//p' /proc/1/status"), 16)


@proves("PodSpec.securityContext", "PodSecurityContext.runAsUser", "PodSecurityContext.runAsGroup")
@proves("PodSecurityContext.supplementalGroups", "PodSecurityContext.supplementalGroupsPolicy")
@proves("Container.securityContext", "SecurityContext.runAsUser", "SecurityContext.runAsGroup")
def test_a_containers_own_user_and_group_come_before_the_pods(pods):
    assert [pods.lines("users", name, "id -u; id -g; id -G")[0:3] for name in ("pods", "own", "group-alone")] == [
        ["1234", "2345", "2345 3456 3457"],
        ["1000", "1001", "1001 3456 3457"],
        ["65534", "2345", "2345 3456 3457"],
    ]


def test_a_group_alone_leaves_the_images_user(pods):
    assert pods.lines("image-user", "app", "id -u; id -g") == ["65534", "4321"]


@proves("PodSecurityContext.runAsNonRoot", "SecurityContext.runAsNonRoot")
def test_an_image_that_would_run_as_root_is_refused_and_nothing_stays(pods):
    done = pods.apply(ROOT)
    assert done.returncode == 1
    assert "container app has runAsNonRoot and image sandbox/busybox:1 will run as root" in done.stderr
    assert pods.minion.docker("ps", "-aq", "--filter", f"name={pods.name('root')}").stdout == ""
    assert pods.lines("image-user", "checked", "id -u") == ["65534"]


@proves("SecurityContext.capabilities", "Capabilities.add", "Capabilities.drop")
def test_capabilities(pods):
    chown, bind, nice = 1 << 0, 1 << 10, 1 << 23
    assert capabilities(pods, "fewer") == chown | bind
    assert capabilities(pods, "more") == capabilities(pods, "plain") | nice


@proves("SecurityContext.readOnlyRootFilesystem", "SecurityContext.allowPrivilegeEscalation")
def test_nothing_can_be_written_or_gained(pods):
    assert "Read-only file system" in pods.sh("rights", "fewer", "echo x 2>&1 >/x || :")
    gained = "sed -n 's/^NoNewPrivs:\\t//p' /proc/1/status"
    assert [pods.sh("rights", name, gained).strip() for name in ("fewer", "more", "plain")] == ["1", "0", "0"]


@proves("SecurityContext.seccompProfile", "PodSecurityContext.seccompProfile", "SeccompProfile.type")
@proves("SeccompProfile.localhostProfile")
def test_seccomp_profiles(pods):
    mode = "sed -n 's/^Seccomp:\\t//p' /proc/1/status"
    modes = [
        pods.sh(pod, name, mode).strip() for pod, name in (("users", "pods"), ("users", "own"), ("rights", "fewer"))
    ]
    assert modes == ["0", "2", "2"]
    assert "Operation not permitted" in pods.sh("rights", "fewer", "mkdir /dev/shm/x 2>&1 || :")
    assert pods.sh("rights", "plain", "mkdir /dev/shm/x 2>&1 || :") == ""


@proves("SecurityContext.procMount")
def test_proc_can_be_unmasked(pods):
    masked = "mount | grep -c ' /proc/' || :"
    assert [int(pods.sh("rights", name, masked)) > 0 for name in ("plain", "more")] == [True, False]


@proves("SecurityContext.appArmorProfile", "PodSecurityContext.appArmorProfile", "AppArmorProfile.type")
@proves("AppArmorProfile.localhostProfile", "SecurityContext.seLinuxOptions", "PodSecurityContext.seLinuxOptions")
@proves("SELinuxOptions.user", "SELinuxOptions.role", "SELinuxOptions.type", "SELinuxOptions.level")
def test_docker_is_told_of_apparmor_and_selinux(pods):
    options = [
        sorted(each for each in pods.host("users", name)["SecurityOpt"] if each.startswith(("apparmor", "label")))
        for name in ("pods", "own")
    ]
    assert options == [
        ["apparmor=unconfined", "label=level:s0:c1,c2", "label=role:some_r"],
        ["apparmor=our-profile", "label=type:some_t", "label=user:some_u"],
    ]


@proves("SecurityContext.privileged")
def test_docker_is_asked_for_a_privileged_container(pods):
    """It may not be able to start one: a daemon cannot give what it does not have itself."""
    done = pods.apply(PRIVILEGED)
    assert pods.host("privileged", "app")["Privileged"] is True
    assert done.returncode in (0, 1)
    if done.returncode:
        assert "unable to apply caps" in done.stderr
