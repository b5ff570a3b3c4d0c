"""Manifests as text to frozen values: Kubernetes' own YAML, with every error of all files at once.

What a Pod takes from ConfigMaps and Secrets that are in none of the files stays open: see podctl.core.references.
An error is one line, `web.yaml:7: spec.containers[0].image: what`. No error and no warning shows a Secret's value.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from podctl.core.document.model import ObjectKey
from podctl.core.model import PodKey
from podctl.core.references import OpenUse, content_of, lacking, taken
from podctl.core.schema.advice import advice
from podctl.core.schema.config import ConfigMap, PersistentVolumeClaim, Secret
from podctl.core.schema.kinds import kind_problem
from podctl.core.schema.messages import problems_of
from podctl.core.schema.pod import Pod
from podctl.core.schema.prune import Findings, Warned, prune
from podctl.core.schema.references import claims, uses
from podctl.core.schema.rules import broken_rules
from podctl.core.spechash import content_hash, spec_hash
from podctl.core.yamlnodes import Node
from podctl.core.yamltext import Document, Path, kind, load
from podctl.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Thing: TypeAlias = Pod | ConfigMap | Secret | PersistentVolumeClaim
_MODELS: Mapping[str, type[Thing]] = {
    "Pod": Pod,
    "ConfigMap": ConfigMap,
    "Secret": Secret,
    "PersistentVolumeClaim": PersistentVolumeClaim,
}
_LISTS = ("List", *(f"{name}List" for name in _MODELS))


@dataclass(frozen=True, slots=True, kw_only=True)
class PodManifest:
    """A Pod to be applied. `raw` is what the user wrote, with the namespace filled in and without status."""

    key: PodKey
    pod: Pod
    raw: Mapping[str, Any]
    source: str
    line: int
    config_hashes: Mapping[str, str]  # "configmap/web" -> hash of the keys that this Pod uses
    claims: tuple[str, ...]  # names that it mounts; in the files, or in the cluster already
    open: tuple[OpenUse, ...] = ()  # references to objects that are in none of the files

    @property
    def spec_hash(self) -> str:
        """Reckoned when it is asked for: a simulation of thousands of new Pods compares none."""
        return spec_hash(self.raw, self.config_hashes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifests:
    """Everything in the order of the files. `known_*`: what its Pods use besides, as the cluster remembers it."""

    pods: tuple[PodManifest, ...] = ()
    config_maps: tuple[ConfigMap, ...] = ()
    secrets: tuple[Secret, ...] = ()
    claims: tuple[PersistentVolumeClaim, ...] = ()
    warnings: tuple[str, ...] = ()
    known_config_maps: tuple[ConfigMap, ...] = ()
    known_secrets: tuple[Secret, ...] = ()
    known_claims: tuple[PersistentVolumeClaim, ...] = ()
    # As written, namespace filled in, of all objects of the files but Pods; not shown, since it has Secrets' values.
    raws: Mapping[ObjectKey, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    def config_maps_of(self, namespace: str) -> Mapping[str, ConfigMap]:
        """By name; those of the files come before known ones."""
        every = (*self.known_config_maps, *self.config_maps)
        return {each.metadata.name: each for each in every if each.metadata.namespace == namespace}

    def secrets_of(self, namespace: str) -> Mapping[str, Secret]:
        """As config_maps_of."""
        every = (*self.known_secrets, *self.secrets)
        return {each.metadata.name: each for each in every if each.metadata.namespace == namespace}

    def claims_of(self, namespace: str) -> Mapping[str, PersistentVolumeClaim]:
        """As config_maps_of."""
        every = (*self.known_claims, *self.claims)
        return {each.metadata.name: each for each in every if each.metadata.namespace == namespace}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One object as written, at its place in a document. `thing` is None when it is wrong."""

    document: Document
    path: Path
    kind: str
    namespace: str
    name: str
    raw: Mapping[str, Any]
    kept: Mapping[str, Any]  # the fields that are known
    thing: Thing | None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.namespace, self.name

    @property
    def place(self) -> str:
        return f"{self.document.source}:{self.document.line(self.path)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """The state of one parse. Notes are (number of the source, line, text), to be sorted."""

    namespace: str
    enforce: bool
    order: Mapping[str, int]
    problems: list[tuple[int, int, str]] = field(default_factory=list)
    warned: list[tuple[Document, Warned]] = field(default_factory=list)

    def problem(self, document: Document, path: Path, what: str) -> None:
        self.problems.append(
            (self.order[document.source], document.line(path), document.problem(path, what)),
        )

    def warn(self, document: Document, path: Path, warned: Warned) -> None:
        self.warned.append((document, replace(warned, path=(*path, *warned.path))))


def parse(
    sources: Sequence[tuple[str, str]],
    *,
    namespace: str = "default",
    enforce_namespace: bool | None = None,
    references: bool = True,
) -> Manifests:
    """The objects of all (name, text), checked against each other. Raises ManifestError with every problem.

    An object without a namespace gets `namespace`. With `enforce_namespace` (default: when the namespace is not
    "default") an object of another namespace is an error, as under `kubectl -n`. A reference to an object that is in
    none of the files stays open; without `references` one to an object that lacks what it needs is no problem either:
    to delete a Pod, its ConfigMaps are not needed.
    """
    enforce = namespace != "default" if enforce_namespace is None else enforce_namespace
    reading = _Reading(namespace=namespace, enforce=enforce, order={name: at for at, (name, _) in enumerate(sources)})
    documents = [document for name, text in sources for document in _documents(name, text, reading)]
    items = _read(documents, reading)
    if not items and not reading.problems:
        given = ", ".join(name for name, _ in sources)
        raise ManifestError([f"{given or 'the given files'}: no objects"], hint="Write a Pod, or name another file.")
    hint = "Nothing was touched. Correct the files and run it again."
    return _manifests(items, reading, hint=hint, references=references)


def parse_values(values: Iterable[Mapping[str, Any]], source: str) -> Manifests:
    """As `parse`, of objects that were read before: each says its namespace, and none has lines."""
    reading = _Reading(namespace="default", enforce=False, order={source: 0})
    documents = [Document(value=each, source=source, root=Node(line=1, value=None)) for each in values]
    return _manifests(
        _read(documents, reading), reading, hint="This podctl reads it otherwise than the one that wrote it."
    )


def _read(documents: Iterable[Document], reading: _Reading) -> list[_Item]:
    items = [item for document in documents for item in _items(document, (), document.value, reading)]
    return _distinct(items, reading)


def _manifests(items: Sequence[_Item], reading: _Reading, *, hint: str, references: bool = True) -> Manifests:
    pods = _pods(items, reading, references=references)
    if reading.problems:
        problems = [text for _, _, text in sorted(reading.problems, key=lambda each: each[:2])]
        raise ManifestError(problems, hint=hint)
    things = [item.thing for item in items]
    others = [item for item in items if item.thing is not None and not isinstance(item.thing, Pod)]
    return Manifests(
        pods=pods,
        config_maps=tuple(each for each in things if isinstance(each, ConfigMap)),
        secrets=tuple(each for each in things if isinstance(each, Secret)),
        claims=tuple(each for each in things if isinstance(each, PersistentVolumeClaim)),
        warnings=tuple(_warnings(reading.warned)),
        raws={ObjectKey(each.kind, each.namespace, each.name): each.raw for each in others},
    )


def _documents(name: str, text: str, reading: _Reading) -> tuple[Document, ...]:
    try:
        return load(text, name)
    except ManifestError as error:
        reading.problems.extend((reading.order[name], _line(each, name), each) for each in error.problems)
        return ()


def _line(problem: str, name: str) -> int:
    return int(problem.removeprefix(f"{name}:").partition(":")[0])


def _items(document: Document, path: Path, value: Any, reading: _Reading) -> Iterator[_Item]:
    """The objects in a document, those of lists one by one."""
    if not isinstance(value, dict):
        reading.problem(document, path, f"an object is a mapping with apiVersion and kind, not {kind(value)}")
        return
    named = value.get("kind")
    if named in _LISTS:
        inner = value.get("items")
        if not isinstance(inner, list):
            reading.problem(document, (*path, "items"), f"must be a list, not {kind(inner)}")
            return
        for index, each in enumerate(inner):
            yield from _items(document, (*path, "items", index), each, reading)
        return
    if what := kind_problem(named, value.get("apiVersion")):
        reading.problem(document, (*path, "kind"), what)
        return
    if named in _MODELS:
        yield _item(document, path, value, reading)
    elif named == "Namespace":
        yield _Item(
            document=document, path=path, kind=named, namespace="", name=_name(value), raw=value, kept={}, thing=None
        )


def _name(raw: Mapping[str, Any]) -> str:
    metadata = raw.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""


def _item(document: Document, path: Path, value: Mapping[str, Any], reading: _Reading) -> _Item:
    raw = {name: inner for name, inner in value.items() if name != "status" and inner is not None}
    metadata = raw.get("metadata")
    namespace = reading.namespace
    if isinstance(metadata, dict):
        namespace = metadata.get("namespace") or namespace
        raw["metadata"] = {**metadata, "namespace": namespace}
        if reading.enforce and namespace != reading.namespace:
            what = f'is "{namespace}", which is not the namespace "{reading.namespace}" that was asked for with -n'
            reading.problem(document, (*path, "metadata", "namespace"), what)
    model = _MODELS[str(value["kind"])]
    findings = Findings()
    kept = prune({**value, **raw}, model, findings)
    wrong = [*findings.problems, *broken_rules(kept)]
    thing: Thing | None = None
    try:
        thing = model.model_validate(kept)
    except ValidationError as error:
        wrong += [(at, what) for at, what in problems_of(error) if not findings.explain(at, what)]
    for at, what in wrong:
        reading.problem(document, (*path, *at), what)
    for each in findings.warnings:
        reading.warn(document, path, each)
    return _Item(
        document=document,
        path=path,
        kind=model.__name__,
        namespace=str(namespace),
        name=_name(raw),
        raw=raw,
        kept=kept,
        thing=None if wrong else thing,
    )


def _distinct(items: Iterable[_Item], reading: _Reading) -> list[_Item]:
    """Each kind, namespace and name once; a second one is a problem that names both places."""
    first: dict[tuple[str, str, str], _Item] = {}
    for item in items:
        if item.name and item.key in first and item.kind != "Namespace":
            twice = f'the {item.kind} "{item.name}" is given twice in namespace "{item.namespace}"'
            what = f"{twice}, first at {first[item.key].place}"
            reading.problem(item.document, (*item.path, "metadata", "name"), what)
        else:
            first.setdefault(item.key, item)
    return list(first.values())


def _pods(items: Sequence[_Item], reading: _Reading, *, references: bool) -> tuple[PodManifest, ...]:
    by_key = {item.key: item for item in items}
    found = [_pod(item, by_key, reading, references=references) for item in items if item.kind == "Pod"]
    return tuple(pod for pod in found if pod)


def _pod(
    item: _Item, by_key: Mapping[tuple[str, str, str], _Item], reading: _Reading, *, references: bool
) -> PodManifest | None:
    used: dict[str, dict[str, bytes]] = {}
    left: list[OpenUse] = []
    for use in uses(item.kept):
        target = by_key.get((use.kind, item.namespace, use.name))
        if target is None:
            left.append(OpenUse(use=use, document=item.document, path=item.path))
            continue
        content = content_of(target.thing)
        if references and target.thing and (what := lacking(use, content)):
            reading.problem(item.document, (*item.path, *use.path), what)
        elif not use.for_pull:
            used.setdefault(f"{use.kind.lower()}/{use.name}", {}).update(taken(use, content))
    if not isinstance(item.thing, Pod):
        return None
    secret_keys = {name.removeprefix("secret/"): keys for name, keys in used.items() if name.startswith("secret/")}
    for each in advice(item.thing, secret_keys):
        reading.warn(item.document, item.path, each)
    hashes = {name: content_hash(content) for name, content in sorted(used.items())}
    return PodManifest(
        key=PodKey(item.namespace, item.name),
        pod=item.thing,
        raw=item.raw,
        source=item.document.source,
        line=item.document.line(item.path),
        config_hashes=hashes,
        claims=claims(item.kept),
        open=tuple(left),
    )


def _warnings(warned: Iterable[tuple[Document, Warned]]) -> Iterator[str]:
    """Each field once, at its first place."""
    grouped: dict[object, list[tuple[Document, Warned]]] = {}
    for document, each in warned:
        grouped.setdefault((each.type_name, each.name), []).append((document, each))
    for (document, each), *more in grouped.values():
        count = f" (and at {len(more)} more places)" if len(more) > 1 else " (and at 1 more place)" if more else ""
        yield document.problem(each.path, each.note + count)
