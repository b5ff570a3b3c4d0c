"""References that files leave open, and what closes them: what the cluster remembers."""

# ruff: noqa: E501  a message, and a manifest, stands in one line, as it is shown

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podctl.core.document.codec import decode, encode
from podctl.core.document.model import Document, ObjectKey, PodEntry
from podctl.core.manifest import Manifests, parse
from podctl.core.model import PodKey
from podctl.core.references import attempt, resolve
from podctl.core.remembered import completed, known_objects, remembered
from podctl.errors import ManifestError

WEB = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: a\n    image: nginx:1\n"
APP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {mode: fast, size: '3'}\n"
LOGIN = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {PASSWORD: hunter2}\n"
DATA = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
)
ALL = "    envFrom: [{configMapRef: {name: app}}]\n"
KEY = "    env: [{name: M, valueFrom: {configMapKeyRef: {name: app, key: mode}}}]\n"
OPTIONAL = "    envFrom: [{secretRef: {name: login, optional: true}}]\n"
PULL = "  imagePullSecrets: [{name: login}]\n"
CLAIM = "  volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]\n"


def read(*texts: str) -> Manifests:
    return parse([(f"{number}.yaml", text) for number, text in enumerate(texts, 1)])


def problems(files: Manifests, known: Manifests) -> tuple[str, ...]:
    with pytest.raises(ManifestError) as caught:
        resolve(files, known)
    return caught.value.problems


def document(*texts: str) -> Document:
    """What an apply of these files would remember, as the next command reads it."""
    found = read(*texts)
    pods = [PodEntry(key=pod.key, manifest=pod.raw, spec_hash=pod.spec_hash) for pod in found.pods]
    return decode(encode(Document(cluster="c", revision=1, pods={each.key: each for each in pods}, objects=found.raws)))


# ---------------------------------------------------------------------------------------------------------- resolving


@given(st.sets(st.sampled_from((ALL, OPTIONAL, KEY, CLAIM)), min_size=1))
def test_a_pod_is_the_same_whether_what_it_uses_stands_in_the_files_or_in_the_cluster(extra):
    lines = {each.split(":")[0]: each for each in sorted(extra)}  # one envFrom
    text = WEB + "".join(sorted(lines.values(), key=lambda each: not each.startswith("    ")))
    (together,) = read(text, APP, LOGIN, DATA).pods
    (apart,) = resolve(read(text), read(APP, LOGIN, DATA)).pods
    assert apart == together


def test_what_was_taken_is_there_for_the_making_of_the_pod_and_nothing_else():
    files = resolve(
        read(WEB + ALL + PULL + CLAIM),
        read(APP, LOGIN.replace("PASSWORD", ".dockerconfigjson"), DATA, APP.replace("app", "other")),
    )
    assert (files.config_maps, files.secrets, files.claims) == ((), (), ())
    assert list(files.config_maps_of("default")) == ["app"]
    assert list(files.secrets_of("default")) == ["login"]
    assert list(files.claims_of("default")) == ["data"]
    assert files.config_maps_of("shop") == {}


def test_files_come_before_what_the_cluster_remembers():
    files = resolve(read(WEB + ALL, APP.replace("fast", "new")), read(APP))
    assert files == read(WEB + ALL, APP.replace("fast", "new"))


def test_an_optional_object_counts_as_soon_as_the_cluster_has_it():
    (without,) = resolve(read(WEB + OPTIONAL), Manifests()).pods
    (having,) = resolve(read(WEB + OPTIONAL), read(LOGIN)).pods
    assert (without.config_hashes, list(having.config_hashes)) == ({}, ["secret/login"])


def test_a_reference_stays_in_its_namespace():
    (problem,) = problems(read(WEB + ALL), read(APP.replace("name: app", "name: app, namespace: shop")))
    assert problem == (
        '1.yaml:8: spec.containers[0].envFrom[0].configMapRef: the ConfigMap "app" of namespace "default" is neither in '
        "these files nor in the cluster; add its file with -f, or say optional: true"
    )


def test_every_complaint_comes_at_once_in_the_order_of_files_and_lines():
    files = read(WEB + PULL + "  volumes: [{name: s, secret: {secretName: gone}}]\n", WEB.replace("web", "two") + KEY)
    assert problems(files, read(LOGIN, APP.replace("mode", "modes"))) == (
        '1.yaml:8: spec.imagePullSecrets[0].name: the Secret "login" in the cluster has no key ".dockerconfigjson"; its type is kubernetes.io/dockerconfigjson',
        '1.yaml:9: spec.volumes[0].secret: the Secret "gone" of namespace "default" is neither in these files nor in the cluster; add its file with -f, or say optional: true',
        '2.yaml:8: spec.containers[0].env[0].valueFrom.configMapKeyRef: the ConfigMap "app" in the cluster has no key "mode" (did you mean "modes"?)',
    )


def test_a_pod_that_cannot_be_completed_is_told_of_beside_those_that_can():
    done, told = attempt(read(WEB + ALL, WEB.replace("web", "two")), Manifests())
    assert [pod.key.name for pod in done.pods] == ["two"]
    assert list(told) == [PodKey("default", "web")]


def test_a_secret_of_the_cluster_in_an_argument_is_warned_about_as_one_of_the_files():
    text = WEB + "    envFrom: [{secretRef: {name: login}}]\n    args: [$(PASSWORD)]\n"
    (warning,) = resolve(read(text), read(LOGIN)).warnings
    assert warning.startswith("1.yaml:9: spec.containers[0].args[0]: $(PASSWORD) has a Secret's value")
    assert resolve(read(text, LOGIN), Manifests()).warnings == (warning,)


def test_no_secret_is_shown_by_what_was_resolved():
    done = resolve(read(WEB + OPTIONAL), read(LOGIN))
    assert (
        "hunter2"
        not in f"{done!r} {read(WEB + OPTIONAL + '---' + chr(10) + LOGIN.replace('login', 'x'))!r} {document(LOGIN)!r}"
    )


# --------------------------------------------------------------------------------------------------- from the Document


def test_what_the_document_remembers_is_what_was_applied():
    login = "    env: [{name: P, valueFrom: {secretKeyRef: {name: login, key: PASSWORD}}}]\n"
    files = read(WEB + ALL + login + CLAIM, APP, LOGIN, DATA)
    held = document(WEB + ALL + login + CLAIM, APP, LOGIN, DATA)
    pods = remembered(held, [PodKey("default", "web")])
    known = known_objects(held, pods)
    again = resolve(pods, known)
    assert [(pod.key, pod.raw, pod.spec_hash, pod.claims) for pod in again.pods] == [
        (pod.key, pod.raw, pod.spec_hash, pod.claims) for pod in files.pods
    ]
    assert (again.known_config_maps, again.known_claims) == (files.config_maps, files.claims)
    assert known.raws == files.raws


def test_only_what_is_referred_to_is_read():
    held = Document(cluster="c", objects={**read(APP, DATA).raws, ObjectKey("Secret", "default", "bad"): {"datum": 1}})
    found = known_objects(held, read(WEB + ALL))
    assert ([each.metadata.name for each in found.config_maps], found.claims) == (["app"], ())
    with pytest.raises(ManifestError):
        known_objects(held, read((WEB + PULL).replace("login", "bad")))


def test_what_an_observed_pod_carried_is_enough():
    entry = PodEntry(key=PodKey("shop", "web"), manifest={"spec": read(WEB).pods[0].raw["spec"]}, spec_hash="")
    (pod,) = remembered(Document(cluster="c", pods={entry.key: entry}), [entry.key]).pods
    assert (pod.key, pod.source) == (entry.key, "the Document")


def test_waiting_pods_come_behind_those_of_the_files_and_use_what_the_files_bring():
    held = document(WEB + ALL, WEB.replace("web", "one"), APP)
    files = read(WEB.replace("web", "one"), APP.replace("fast", "new"))
    done, broken = completed(held, sorted(held.pods), files)
    assert ([pod.key.name for pod in done.pods], broken) == (["one", "web"], {})
    assert done.pods[1].config_hashes == read(WEB + ALL, APP.replace("fast", "new")).pods[0].config_hashes


def test_a_waiting_pod_whose_config_map_is_gone_stops_nothing_else():
    held = document(WEB + ALL, WEB.replace("web", "two"))
    done, broken = completed(held, sorted(held.pods), Manifests())
    assert [pod.key.name for pod in done.pods] == ["two"]
    assert list(broken) == [PodKey("default", "web")]
    assert 'the ConfigMap "app" of namespace "default" is neither' in broken[PodKey("default", "web")]


def test_a_pod_that_cannot_be_read_any_more_stops_no_other():
    good = document(WEB)
    bad = PodEntry(key=PodKey("default", "bad"), manifest={"spec": {"contaners": []}}, spec_hash="")
    held = Document(cluster="c", pods={**good.pods, bad.key: bad})
    done, broken = completed(held, sorted(held.pods), Manifests())
    assert ([pod.key.name for pod in done.pods], list(broken)) == (["web"], [bad.key])
