"""Variables, `$(VAR)` expansion, and what a Pod may know of itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podctl.core.environment import PodContext, Text, argv, environment, expand, field_value, resource_value
from podctl.core.manifest import parse

OBJECTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: m}
data: {a: one, b: two}
---
apiVersion: v1
kind: Secret
metadata: {name: s}
data: {a: c2VjcmV0, raw: /w==, nul: AA==}
---
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: web, labels: {{b: "2", a: "1"}}, annotations: {{note: "say \\"hi\\"\\n\\tnow \\u00e9\\u200b"}}}}
spec:
  initContainers: [{{name: other, image: i, resources: {{limits: {{cpu: 1500m}}}}}}]
  containers: [{{name: app, image: i, resources: {{requests: {{cpu: 250m}}, limits: {{memory: 100M}}}}, {more}}}]
"""
NAME = st.from_regex(r"\A[-._a-zA-Z][-._a-zA-Z0-9]{0,5}\Z")
PLAIN = st.text(st.characters(exclude_characters="$", exclude_categories=["Cs"]))


def context(more: str = "") -> PodContext:
    manifests = parse([("web.yaml", OBJECTS + POD.format(more=more))])
    return PodContext(
        pod=manifests.pods[0].pod, uid="u-1", minion="alpha", host_ip="192.0.2.1", pod_ip="172.18.0.2",
        allocatable_cpu_millis=1900, allocatable_memory_bytes=2**30,
        config_maps={"m": manifests.config_maps[0]}, secrets={"s": manifests.secrets[0]},
    )  # fmt: skip


def variables(more: str) -> dict[str, tuple[str, bool]]:
    made = context(more)
    found = environment(made.pod.spec.containers[0], made)
    return {name: (text.value, text.secret) for name, text in found.items()}


def test_no_variables():
    assert variables("") == {}


def test_sources_come_first_and_the_last_of_a_name_wins():
    more = (
        "envFrom: [{configMapRef: {name: m}}, {prefix: P_, configMapRef: {name: m}}, "
        "{configMapRef: {name: none, optional: true}}], "
        "env: [{name: b, value: own}, {name: b, value: '$(b)er'}, {name: c, value: '$(a) $(d) $$(a)'}, "
        "{name: d, value: x}]"
    )
    assert variables(more) == {
        "a": ("one", False), "b": ("owner", False), "P_a": ("one", False), "P_b": ("two", False),
        "c": ("one $(d) $(a)", False), "d": ("x", False),
    }  # fmt: skip


def test_what_holds_a_secret_is_secret():
    more = (
        "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: a}}}, {name: B, value: '<$(A)>'}, "
        "{name: C, value: '$$(A)'}, {name: D, valueFrom: {secretKeyRef: {name: s, key: none, optional: true}}}]"
    )
    assert variables(more) == {"A": ("secret", True), "B": ("<secret>", True), "C": ("$(A)", False)}


@pytest.mark.parametrize("more", ["env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: raw}}}]",
                                  "envFrom: [{prefix: A, secretRef: {name: s}}]"])  # fmt: skip
def test_bytes_that_are_no_text_are_no_variable(more):
    with pytest.raises(ValueError, match=r"env A(raw)?: the Secret's value is not UTF-8 text; mount it as a file"):
        variables(more)


def test_a_nul_is_no_variable():
    with pytest.raises(ValueError, match="env A: its value holds a NUL"):
        variables("env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: nul}}}]")


def test_command_and_args_know_the_variables():
    made = context('command: [run, "$(A)"], args: ["$(B)"]')
    found = argv(made.pod.spec.containers[0], {"A": Text(value="x", secret=True)})
    assert found == ((Text(value="run"), Text(value="x", secret=True)), (Text(value="$(B)"),))


# Kubernetes' own cases: third_party/forked/golang/expansion/expand_test.go
@pytest.mark.parametrize(
    ("given_text", "wanted"),
    [
        ("$(VAR_A)", "A"), ("___$(VAR_B)___", "___B___"), ("$(VAR_A)-$(VAR_B)", "A-B"), ("$$(VAR_A)_", "$(VAR_A)_"),
        ("$$$(VAR_A)", "$A"), ("$$$$$$$(VAR_A)", "$$$A"), ("$$$$$$(VAR_A)", "$$$(VAR_A)"), ("$(UNKNOWN)", "$(UNKNOWN)"),
        ("$VAR_A", "$VAR_A"), ("${VAR_A}", "${VAR_A}"), ("$(VAR_A", "$(VAR_A"), ("$", "$"), ("$$", "$"), ("", ""),
        ("foo$", "foo$"), ("$()", "$()"), ("$(VAR_A)$", "A$"), ("$(VAR_EMPTY)!", "!"), ("$(VAR_REF)", "$(VAR_A)"),
    ],
)  # fmt: skip
def test_expansion_is_kubernetes_own(given_text, wanted):
    values = {"VAR_A": "A", "VAR_B": "B", "VAR_EMPTY": "", "VAR_REF": "$(VAR_A)"}
    known = {name: Text(value=value) for name, value in values.items()}
    assert expand(given_text, known).value == wanted


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_doubled_dollars_are_any_text(text):
    assert expand(text.replace("$", "$$"), {"a": Text(value="x")}).value == text


@given(PLAIN, NAME, st.text(), PLAIN, st.booleans())
def test_a_reference_is_replaced_once_and_keeps_whether_it_is_secret(before, name, value, after, secret):
    known = {name: Text(value=value, secret=secret)}
    assert expand(f"{before}$({name}){after}", known) == Text(value=before + value + after, secret=secret)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("metadata.name", "web"), ("metadata.namespace", "default"), ("metadata.uid", "u-1"),
        ("spec.nodeName", "alpha"),
        ("metadata.labels['a']", "1"), ("metadata.labels['none']", ""), ("metadata.labels", 'a="1"\nb="2"'),
        ("metadata.annotations", 'note="say \\"hi\\"\\n\\tnow é\\u200b"'), ("spec.serviceAccountName", "default"),
        ("status.hostIP", "192.0.2.1"), ("status.podIP", "172.18.0.2"), ("status.podIPs", "172.18.0.2"),
    ],
)  # fmt: skip
def test_fields(path, wanted):
    assert field_value(path, context()) == wanted


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        ("resource: requests.cpu", "1"), ("resource: requests.cpu, divisor: 1m", "250"), ("resource: limits.cpu", "2"),
        ("resource: limits.cpu, divisor: 1m", "1900"), ("resource: limits.memory", "100000000"),
        ("resource: limits.memory, divisor: 1Mi", "96"), ("resource: requests.memory, divisor: 1M", "100"),
        ("resource: limits.memory, divisor: 1Gi, containerName: other", "1"),
        ("resource: limits.cpu, divisor: 1m, containerName: other", "1500"),
        ("resource: requests.ephemeral-storage", "0"),
    ],
)  # fmt: skip
def test_resources_are_rounded_up_and_without_a_limit_are_the_minions(reference, wanted):
    found = variables(f"env: [{{name: R, valueFrom: {{resourceFieldRef: {{{reference}}}}}}}]")
    assert found == {"R": (wanted, False)}


@given(millis=st.integers(0, 10**7), divisor=st.sampled_from(["1m", "10m", "1", "3"]))
def test_a_resource_in_units_is_never_less_than_it_is(millis, divisor):
    made = context(f"env: [{{name: R, valueFrom: {{resourceFieldRef: {{resource: limits.cpu, divisor: {divisor}}}}}}}]")
    selector = made.pod.spec.containers[0].env[0].value_from.resource_field_ref
    unit = 1 if divisor == "1m" else 10 if divisor == "10m" else int(divisor) * 1000
    own = made.pod.spec.containers[0].model_copy(
        update={"resources": made.pod.spec.containers[0].resources.model_copy(update={"limits": {"cpu": f"{millis}m"}})}
    )
    assert int(resource_value(selector, own, made)) == -(-millis // unit)
