"""How volumes are made, filled and mounted, as whole command lines and whole tars."""

from __future__ import annotations

import io
import shlex
import tarfile

import pytest
from making import making

from podctl.core.environment import Text
from podctl.engine.docker import volumes

CREATE = "docker volume create --label podctl.cluster=c --label podctl.namespace=shop --label podctl.uid=u-1 "


def volume(text: str, mount: str = "{name: v, mountPath: /m}", **given):
    made = making(f"volumeMounts: [{mount}]", f"volumes: [{{name: v, {text}}}]", **given)
    return made, made.spec.volumes[0]


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("emptyDir: {}", ""),
        ("emptyDir: {medium: Memory}", "--opt type=tmpfs --opt device=tmpfs --opt o=mode=1777 "),
        ("emptyDir: {medium: Memory, sizeLimit: 1Mi}",
         "--opt type=tmpfs --opt device=tmpfs --opt o=size=1048576,mode=1777 "),
        ("nfs: {server: 192.0.2.9, path: /x}",
         "--opt type=nfs --opt o=addr=192.0.2.9,rw,nfsvers=4 --opt device=:/x "),
        ("nfs: {server: h, path: /x, readOnly: true}", "--opt type=nfs --opt o=addr=h,ro,nfsvers=4 --opt device=:/x "),
    ],
)  # fmt: skip
def test_volumes_are_made(text, flags):
    assert volumes.create(*volume(text)).text == f"{CREATE}{flags}podctl_c_u-1_v"


def test_a_path_of_the_minion_needs_no_volume():
    assert volumes.create(*volume("hostPath: {path: /x}")) is None


VOLUME = "type=volume,src=podctl_c_u-1_v,dst=/m"


@pytest.mark.parametrize(
    ("text", "mount", "api", "flags"),
    [
        ("emptyDir: {}", "", (1, 41), ("--mount", f"{VOLUME},volume-nocopy")),
        ("emptyDir: {}", "readOnly: true", (1, 41), ("--mount", f"{VOLUME},volume-nocopy,readonly")),
        ("downwardAPI: {items: []}", "", (1, 41), ("--mount", f"{VOLUME},volume-nocopy,readonly")),
        ("emptyDir: {}", "subPath: a/b", (1, 45), ("--mount", f"{VOLUME},volume-subpath=a/b,volume-nocopy")),
        ("emptyDir: {}", "subPath: a/b", (1, 41), ("--mount", "type=bind,src=/mp/v/a/b,dst=/m")),
        ("emptyDir: {}", 'subPath: "a,b"', (1, 41), ("--mount", 'type=bind,"src=/mp/v/a,b",dst=/m')),
        ("hostPath: {path: /x}", "", (1, 41), ("-v", "/x:/m")),
        ("hostPath: {path: /x}", "readOnly: true, mountPropagation: HostToContainer", (1, 41),
         ("-v", "/x:/m:ro,rslave")),
        ("hostPath: {path: /x}", "subPath: s", (1, 41), ("-v", "/x/s:/m")),
        ("hostPath: {path: '/x:y'}", "", (1, 41), ("--mount", "type=bind,src=/x:y,dst=/m")),
        ("hostPath: {path: /x, type: File}", "", (1, 41), ("--mount", "type=bind,src=/x,dst=/m")),
        ("hostPath: {path: /x, type: Directory}", "mountPropagation: Bidirectional", (1, 41),
         ("--mount", "type=bind,src=/x,dst=/m,bind-propagation=rshared")),
        ("hostPath: {path: /x, type: Directory}", "subPath: s", (1, 41), ("-v", "/x/s:/m")),
    ],
)  # fmt: skip
def test_mounts(text, mount, api, flags):
    made, _ = volume(text, f"{{name: v, mountPath: /m{', ' + mount if mount else ''}}}", api=api)
    own = made.spec.containers[0].volume_mounts[0]
    assert volumes.mount_flags(made, own, volumes.sub_path(own, {})) == flags


@pytest.mark.parametrize(
    ("kind", "tests"),
    [("Directory", "test -d /a/x"), ("FileOrCreate", "test -f /a/x || ! test -e /a/x"), ("Socket", "test -S /a/x")],
)
def test_the_type_of_a_path_is_checked(kind, tests):
    script = volumes.host_path_check(volume(f"hostPath: {{path: /a/x, type: {kind}}}")[1])
    said = f"hostPath /a/x of volume v is not a {kind.removesuffix('OrCreate')} on this Minion"
    assert script.text == f"{tests} || ! test -x /a || {{ echo '{said}' >&2; false; }}"


@pytest.mark.parametrize("text", ["emptyDir: {}", "hostPath: {path: /x}"])
def test_where_anything_goes_nothing_is_checked(text):
    assert volumes.host_path_check(volume(text)[1]) is None


def test_the_infra_container_mounts_every_volume_and_the_folders_of_files_to_be_made():
    spec = (
        "volumes: [{name: a}, {name: h, hostPath: {path: /x}}, {name: f, hostPath: {path: /d/f, type: FileOrCreate}}]"
    )
    assert list(volumes.infra_mounts(making(spec=spec))) == [
        "--mount", "type=volume,src=podctl_c_u-1_a,dst=/v/a,volume-nocopy", "--mount", "type=bind,src=/d,dst=/h/f",
    ]  # fmt: skip


def entries(made, fresh=frozenset()) -> list[tuple[str, int, int, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(volumes.content(made, fresh))) as tar:
        return [(each.name, each.mode, each.gid, b"" if each.isdir() else tar.extractfile(each).read()) for each in tar]


CLAIM = """---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: keep, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: m, namespace: shop}
data: {k: text}
"""
ALL = (
    "volumes: [{name: e, emptyDir: {}}, {name: h, hostPath: {path: /x}}, "
    "{name: c, persistentVolumeClaim: {claimName: keep}}, "
    "{name: m, configMap: {name: m, defaultMode: 0400, items: [{key: k, path: a/b/k}]}}]"
)


def test_one_tar_fills_all_volumes_and_leaves_claims_that_have_been_used():
    files = [("m", 0o755, 0, b""), ("m/a", 0o755, 0, b""), ("m/a/b", 0o755, 0, b""), ("m/a/b/k", 0o400, 0, b"text")]
    assert entries(making(spec=ALL, more=CLAIM)) == [("e", 0o777, 0, b""), *files]
    assert entries(making(spec=ALL, more=CLAIM), frozenset({"keep"})) == [
        ("e", 0o777, 0, b""), ("c", 0o777, 0, b""), *files,
    ]  # fmt: skip


def test_an_fs_group_owns_all_of_it():
    spec = ALL + "\n  securityContext: {fsGroup: 9}"
    assert entries(making(spec=spec, more=CLAIM)) == [
        ("e", 0o2777, 9, b""), ("m", 0o755, 9, b""), ("m/a", 0o755, 9, b""), ("m/a/b", 0o755, 9, b""),
        ("m/a/b/k", 0o440, 9, b"text"),
    ]  # fmt: skip


def test_no_volumes_no_tar_entries():
    assert entries(making()) == []


@pytest.mark.parametrize("value", ["../up", "/abs", "a/../../b"])
def test_an_expanded_sub_path_never_leads_out(value):
    made, _ = volume("emptyDir: {}", "{name: v, mountPath: /m, subPathExpr: $(A)}")
    mount = made.spec.containers[0].volume_mounts[0]
    with pytest.raises(ValueError, match="leads out of the volume"):
        volumes.sub_path(mount, {"A": Text(value=value)})


def test_a_path_with_a_secret_in_it_is_refused_without_showing_it():
    made, _ = volume("emptyDir: {}", "{name: v, mountPath: /m, subPathExpr: $(TOKEN)}")
    mount = made.spec.containers[0].volume_mounts[0]
    with pytest.raises(ValueError, match="holds a Secret's value") as caught:
        volumes.sub_path(mount, {"TOKEN": Text(value="s3cr3t", secret=True)})
    assert "s3cr3t" not in str(caught.value)


def test_the_folders_of_sub_paths_are_made_where_nothing_is():
    made = making(spec="volumes: [{name: e, emptyDir: {}}, {name: m, downwardAPI: {}}]")
    script = volumes.sub_path_folders(made, [("e", "a/b"), ("m", "x"), ("e", "")])
    words = shlex.split(script.text.replace(";", " ; "))
    assert words[:7] == ["{", "docker", "cp", "podctl_c_shop_web.new.u-1:/v/e/a/b", "-", "2>/dev/null", "|"]
    assert words.count("cp") == 2
    assert volumes.sub_path_folders(made, [("m", "x")]) is None
