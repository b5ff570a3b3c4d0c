"""Kubernetes' Pod, ConfigMap, Secret and PersistentVolumeClaim as frozen values, with its defaults and rules."""

from podctl.core.schema.affinity import Affinity, NodeAffinity, NodeSelector, NodeSelectorTerm, Toleration
from podctl.core.schema.config import ConfigMap, PersistentVolumeClaim, Secret, SecretBytes
from podctl.core.schema.container import Container, ContainerPort, EnvVar, VolumeMount
from podctl.core.schema.pod import ObjectMeta, Pod, PodSpec
from podctl.core.schema.resources import ResourceRequirements
from podctl.core.schema.volume import Volume

__all__ = [
    "Affinity",
    "ConfigMap",
    "Container",
    "ContainerPort",
    "EnvVar",
    "NodeAffinity",
    "NodeSelector",
    "NodeSelectorTerm",
    "ObjectMeta",
    "PersistentVolumeClaim",
    "Pod",
    "PodSpec",
    "ResourceRequirements",
    "Secret",
    "SecretBytes",
    "Toleration",
    "Volume",
    "VolumeMount",
]
