"""What works, but not as one might think: warnings that need more than a field's name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from podctl.core.schema.prune import Warned
from podctl.core.yamltext import path_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from podctl.core.schema.container import Container
    from podctl.core.schema.pod import Pod
    from podctl.core.yamltext import Path

Found: TypeAlias = "Iterator[Warned]"
_VARIABLE = re.compile(r"\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")


def advice(pod: Pod, secret_keys: Mapping[str, Iterable[str]]) -> Found:
    """`secret_keys` has the keys of each Secret that the Pod uses, for envFrom."""
    yield from secrets_in_arguments(pod, secret_keys)
    yield from disk_limits(pod)


def secrets_in_arguments(pod: Pod, secret_keys: Mapping[str, Iterable[str]]) -> Found:
    """A value in an argument is seen by all who may list processes, also when it came there by another variable."""
    for path, container in _containers(pod):
        secret = _secret_variables(container, secret_keys)
        for name, texts in (("command", container.command), ("args", container.args)):
            for index, text in enumerate(texts):
                shown = [each for each in _VARIABLE.findall(text) if each in secret]
                if shown:
                    here = (*path, name, index)
                    note = (
                        f"$({shown[0]}) has a Secret's value, and all who may list the Minion's processes see it here; "
                        "read the variable inside the program"
                    )
                    yield Warned(path=here, type_name=f"{pod.metadata.name}", name=path_text(here), note=note)


def _secret_variables(container: Container, secret_keys: Mapping[str, Iterable[str]]) -> set[str]:
    found = {
        each.prefix + key
        for each in container.env_from
        if each.secret_ref
        for key in secret_keys.get(each.secret_ref.name, ())
    }
    for each in container.env:  # in order: a variable knows those before it
        from_secret = each.value_from is not None and each.value_from.secret_key_ref is not None
        if from_secret or found & set(_VARIABLE.findall(each.value)):
            found.add(each.name)
        else:
            found.discard(each.name)
    return found


def _containers(pod: Pod) -> Iterator[tuple[Path, Container]]:
    for field, containers in (("initContainers", pod.spec.init_containers), ("containers", pod.spec.containers)):
        for at, container in enumerate(containers):
            yield ("spec", field, at), container


def disk_limits(pod: Pod) -> Found:
    for at, volume in enumerate(pod.spec.volumes):
        if volume.empty_dir and volume.empty_dir.size_limit and not volume.empty_dir.medium:
            path: Path = ("spec", "volumes", at, "emptyDir", "sizeLimit")
            note = "not enforced on disk; with medium: Memory it is"
            yield Warned(path=path, type_name="V1EmptyDirVolumeSource", name="sizeLimit", note=note)
    for place, container in _containers(pod):
        for name, amounts in (("limits", container.resources.limits), ("requests", container.resources.requests)):
            if "ephemeral-storage" in amounts:
                here = (*place, "resources", name, "ephemeral-storage")
                note = "not enforced: it counts for placement, but a container may write more"
                yield Warned(path=here, type_name="V1ResourceRequirements", name="ephemeral-storage", note=note)
