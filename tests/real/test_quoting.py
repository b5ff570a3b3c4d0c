"""Any text into a real container and back, unchanged: through variables, arguments, metadata and files.

The values are hypothesis' own: two examples with many values in each, as each is a Pod.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from proof import Pods

AWKWARD = [
    "", " ", "\n", "\r", "\t", "'", '"', "\\", "$", "`", "!", "#", "=", "-", "--", "-e", "--rm", "%s", "*", "~",
    "a\r\n", "'\"'\"'", "$(id)", "${HOME}", "`id`", "!!", "$$", "\\n", "a\\", "EOF", "é", "\U0001f980", "\u2028",
    "\ufeff", "\x01", "\x7f", "\x1b[31m", " leading", "trailing ", "two\nlines", "last\n", "\n\nfirst", "cr\r", "{}",
    "# comment", "{{.Id}}", "{braces}", "&& false", "; exit", "| cat", "> /x", "<&-", "\ud7ff", "\ue000",
]  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(AWKWARD),
    st.lists(st.sampled_from(AWKWARD), min_size=2, max_size=6).map("".join),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60),
)
KEY = st.from_regex(r"\A[-._a-zA-Z0-9]{1,40}\Z").filter(lambda key: key != "." and not key.startswith(".."))
LABEL = st.from_regex(r"\A([A-Za-z0-9][-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")
FEW = settings(
    max_examples=2, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@dataclass(frozen=True)
class Texts:
    """`values` are the awkward ones, hypothesis' own, and long ones, of which the example has only seed and length."""

    own: list[str]
    long: list[tuple[str, int]]

    @property
    def values(self) -> list[str]:
        return [*AWKWARD, *self.own, *(((seed or "x") * size)[:size] for seed, size in self.long)]

    @property
    def named(self) -> dict[str, str]:
        return {f"V{number}": value for number, value in enumerate(self.values)}


def texts(least: int, most: int):
    long = st.tuples(st.sampled_from([*AWKWARD, "x"]).filter(str.isascii), st.integers(least, most))
    return st.builds(Texts, st.lists(TEXT, max_size=60), st.lists(long, min_size=3, max_size=3))


@pytest.fixture
def pods(sandbox, podctl, namespace) -> Pods:
    return Pods(sandbox=sandbox, podctl=podctl, namespace=namespace, text="")


def pod(name: str, metadata=None, volumes=(), **container) -> dict:
    app = {"name": "app", "image": "sandbox/busybox:1", "command": ["sleep", "1000"], **container}
    spec = {"nodeName": "alpha", "terminationGracePeriodSeconds": 0, "containers": [app], "volumes": list(volumes)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **(metadata or {})}, "spec": spec}


def config_map(name: str, data: dict[str, str]) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def secret(name: str, content: dict[str, bytes]) -> dict:
    data = {key: base64.b64encode(value).decode() for key, value in content.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}


def escaped(value: str) -> str:
    """So that Kubernetes expands nothing in it."""
    return value.replace("$", "$$")


def out(pods: Pods, name: str, *argv: str) -> bytes:
    done = pods.minion.docker("exec", pods.name(name, "app"), *argv)
    return done.stdout.encode(errors="surrogateescape")


def environment(pods: Pods, name: str) -> dict[str, bytes]:
    listed = [each.split(b"=", 1) for each in out(pods, name, "cat", "/proc/1/environ").split(b"\0") if each]
    return {name.decode(): value for name, value in listed}


def apply(pods: Pods, *objects: dict) -> None:
    """Twice: what came through unchanged is also known again."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    done = pods.apply(text, "--no-wait")
    assert done.returncode == 0, done.stderr
    again = pods.apply(text, "--no-wait")
    lines = [line for line in again.stdout.splitlines() if line.startswith("pod/")]
    assert all(line.endswith(" unchanged") for line in lines), again.stdout + again.stderr


@FEW
@given(given_texts=texts(60_000, 100_000))
def test_text_through_variables_and_arguments(pods, given_texts):
    named = given_texts.named
    as_bytes = {name: value.encode() for name, value in named.items()}
    apply(
        pods,
        config_map("m", named),
        secret("s", as_bytes),
        pod("given", env=[{"name": name, "value": escaped(value)} for name, value in named.items()]),
        pod("taken", envFrom=[{"configMapRef": {"name": "m"}}, {"prefix": "S", "secretRef": {"name": "s"}}]),
        pod("words", command=["sh", "-c", "sleep 1000; :"], args=list(map(escaped, given_texts.values))),
    )
    argv = out(pods, "words", "cat", "/proc/1/cmdline").split(b"\0")[:-1]
    assert argv == [b"sh", b"-c", b"sleep 1000; :", *as_bytes.values()]
    for name, wanted in (
        ("given", as_bytes),
        ("taken", as_bytes | {f"S{name}": value for name, value in as_bytes.items()}),
    ):
        found = environment(pods, name)
        assert {each: found.get(each) for each in wanted} == wanted


@FEW
@given(
    given_texts=texts(1_900, 2_000),
    labels=st.lists(LABEL, min_size=5, max_size=20),
    contents=st.dictionaries(KEY, TEXT, min_size=5, max_size=30),
    binaries=st.dictionaries(KEY, st.binary(max_size=300), min_size=5, max_size=30),
    seed=st.binary(min_size=7, max_size=64),
)
def test_text_and_bytes_through_metadata_and_files(pods, given_texts, *, labels, contents, binaries, seed):
    annotations = {f"example.com/a{number}": value for number, value in enumerate(given_texts.values)}
    named = {f"l{number}": value for number, value in enumerate(labels)}
    paths = [key.partition("/")[2] for key in annotations]
    about = [{"path": path, "fieldRef": {"fieldPath": f"metadata.annotations['example.com/{path}']"}} for path in paths]
    files = {
        "m": {key: value.encode() for key, value in contents.items()},
        "s": {**binaries, "all": bytes(range(256))},
        "big": {"k": (seed * 2**20)[: 2**20]},
        "about": {path: value.encode() for path, value in zip(paths, annotations.values(), strict=True)},
    }
    apply(
        pods,
        config_map("m", contents),
        secret("s", files["s"]),
        secret("big", files["big"]),
        pod(
            "p",
            {"annotations": annotations, "labels": named},
            [
                {"name": "m", "configMap": {"name": "m"}},
                {"name": "s", "secret": {"secretName": "s"}},
                {"name": "big", "secret": {"secretName": "big"}},
                {"name": "about", "downwardAPI": {"items": about}},
            ],
            env=[
                {"name": name, "valueFrom": {"fieldRef": {"fieldPath": f"metadata.labels['{name}']"}}} for name in named
            ],
            volumeMounts=[{"name": name, "mountPath": f"/files/{name}"} for name in files],
        ),
    )
    shown = json.loads(pods.podctl("get", "pod", "p", "-n", pods.namespace, "-o", "json").stdout)["metadata"]
    assert (shown["annotations"], shown["labels"]) == (annotations, named)
    found = environment(pods, "p")
    assert {name: found.get(name) for name in named} == {name: value.encode() for name, value in named.items()}
    listing = 'cd /files && find . -type f -exec sh -c \'for f; do echo "$f"; base64 -w0 "$f"; echo; done\' sh {} +'
    lines = out(pods, "p", "sh", "-c", listing).decode().splitlines()
    read = dict(zip(lines[::2], map(base64.b64decode, lines[1::2]), strict=True))
    assert read == {f"./{name}/{key}": data for name, keys in files.items() for key, data in keys.items()}


def test_what_linux_cannot_carry_is_refused_before_anything_is_touched(pods):
    for manifest, said in (
        (pod("p", args=["x" * 131_072]), "an argument has 131072 bytes; Linux allows 131071"),
        (
            pod("p", env=[{"name": "V", "value": "x" * 131_070}]),
            "env V has 131072 bytes; Linux allows 131071 with its name",
        ),
    ):
        done = pods.apply(json.dumps(manifest))
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert pods.minion.docker("ps", "-aq", "--filter", f"label=podctl.namespace={pods.namespace}").stdout == ""
