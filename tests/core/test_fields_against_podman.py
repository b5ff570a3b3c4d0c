"""More of Kubernetes than podman kube play has, counted on podman's own list of what means something on one machine."""

from __future__ import annotations

from pathlib import Path

from podctl.core.fields import FIELDS, Level
from podctl.core.schema.config import ConfigMap, PersistentVolumeClaimSpec
from podctl.core.schema.container import Container
from podctl.core.schema.pod import PodSpec

LIST = Path(__file__).parents[1] / "data" / "podman_kube_play.txt"
MODELS = {model.__name__: model for model in (PodSpec, Container, PersistentVolumeClaimSpec, ConfigMap)}


def rows():
    lines = [line.split() for line in LIST.read_text().splitlines() if not line.startswith("#")]
    return [(word == "yes", kind, path.split(".")) for word, kind, path in lines]


def models_in(annotation):
    """The models that an annotation such as `tuple[Container, ...] | None` speaks of."""
    if isinstance(annotation, type) and hasattr(annotation, "api_type"):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in models_in(part)]


def works(model, path):
    """Whether podctl has the whole path in its first list."""
    field, *rest = path
    support = FIELDS[model.api_type].get(field)
    if support is None or support.level is not Level.WORKS:
        return False
    if not rest:
        return True
    attribute = next(each for each in model.model_fields.values() if each.alias == field)
    deeper = models_in(attribute.annotation)
    return bool(deeper) and works(deeper[0], rest)


def test_the_first_list_has_more_than_podman_documents():
    theirs = sum(podman for podman, _, _ in rows())
    ours = sum(works(MODELS[kind], path) for _, kind, path in rows())
    assert ours > theirs


def test_what_podman_has_and_podctl_has_not_is_known():
    missing = {".".join(path) for podman, kind, path in rows() if podman and not works(MODELS[kind], path)}
    assert missing == {"storageClassName"}
