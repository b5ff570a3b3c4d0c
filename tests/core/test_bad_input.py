"""Wrong manifests and inventories, each with everything that is said about it: what a tired operator reads."""

# ruff: noqa: E501  a message stands in one line, as it is shown

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podctl.core.inventory import parse_inventory
from podctl.core.manifest import Manifests, parse
from podctl.core.references import resolve
from podctl.core.yamltext import load
from podctl.errors import ExitCode, InventoryError, ManifestError

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
A = POD + "  containers:\n  - name: a\n    image: nginx\n"  # line 8 comes next
V = A + "  volumes:\n"


R = "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]"
P = "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0]"
T = "spec.topologySpreadConstraints"
ZONE = "maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule"


def near(term: str) -> str:
    return A + f"  affinity: {{podAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{{{term}}}]}}}}\n"


def rather_apart(term: str) -> str:
    return A + f"  affinity: {{podAntiAffinity: {{preferredDuringSchedulingIgnoredDuringExecution: [{{{term}}}]}}}}\n"


def spread(*constraints: str) -> str:
    return A + f"  topologySpreadConstraints: [{', '.join(f'{{{each}}}' for each in constraints)}]\n"


def o(kind: str, rest: str) -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: c}}\n{rest}"


MANIFESTS = [
    # text
    ("a tab indents", "a:\n\tb: 1\n", ("w.yaml:2: not YAML: indented with a tab; YAML wants blanks",)),
    (
        "a bracket is left open",
        "a: [1,\n",
        ("w.yaml:2: not YAML: while parsing a flow node, did not find expected node content",),
    ),
    (
        "a key is written twice",
        A + "    image: redis\n",
        ("w.yaml:8: spec.containers[0].image: written twice, first in line 7",),
    ),
    (
        "a key is written twice in JSON",
        '{"apiVersion": "v1",\n "kind": "Pod", "kind": "Pod"}',
        ("w.yaml:2: kind: written twice, first in line 2",),
    ),
    ("a key is a number", "80: x\n", ("w.yaml:1: a key must be a string, not a number: put it in quotes",)),
    (
        "an alias has no anchor",
        "a: *b\n",
        ("w.yaml:1: an alias (*) to no anchor (&) above it; text that begins with * needs quotes",),
    ),
    (
        "a value begins with an exclamation mark",
        "a: !secret x\n",
        ("w.yaml:1: a tag (!) that cannot be read here; text that begins with ! needs quotes",),
    ),
    ("a number is not a number", '{"a": NaN}', ("w.yaml:1: NaN is not a number that JSON knows",)),
    ("it holds a control character", "a: \x07\n", ("w.yaml:1: not YAML: a control character, or not UTF-8",)),
    ("it is nested without end", "[" * 200, ("w.yaml:1: nested more than 100 deep",)),
    # objects
    ("it is empty", "", ("w.yaml: no objects",)),
    ("it holds comments only", "# nothing\n---\n# here\n", ("w.yaml: no objects",)),
    ("it is a list", "- a\n", ("w.yaml:1: an object is a mapping with apiVersion and kind, not a list",)),
    ("it is a sentence", "hello\n", ("w.yaml:1: an object is a mapping with apiVersion and kind, not a string",)),
    (
        "the kind is missing",
        "apiVersion: v1\n",
        ("w.yaml:1: kind: is required: one of Pod, ConfigMap, Secret, PersistentVolumeClaim, Namespace, List",),
    ),
    (
        "the kind is misspelt",
        "apiVersion: v1\nkind: pdo\n",
        (
            'w.yaml:2: kind: "pdo" is not supported (did you mean "Pod"?); there are Pod, ConfigMap, Secret, PersistentVolumeClaim, Namespace, List',
        ),
    ),
    (
        "the kind is a Deployment",
        "apiVersion: apps/v1\nkind: Deployment\n",
        (
            "w.yaml:2: kind: Deployment comes with a later version; until then write its spec.template as kind: Pod, with a name",
        ),
    ),
    (
        "the kind is a Service",
        "apiVersion: v1\nkind: Service\n",
        ("w.yaml:2: kind: Service comes with a later version; until then publish a container's port with hostPort",),
    ),
    (
        "the kind is a ServiceAccount",
        "apiVersion: v1\nkind: ServiceAccount\n",
        ("w.yaml:2: kind: ServiceAccount has no meaning here: there is no API server; leave it out",),
    ),
    (
        "the kind is a stranger",
        "apiVersion: acme.io/v1\nkind: Gizmo\n",
        (
            'w.yaml:2: kind: "Gizmo" of acme.io/v1 is not supported; there are Pod, ConfigMap, Secret, PersistentVolumeClaim, Namespace, List',
        ),
    ),
    ("a List has no items", "apiVersion: v1\nkind: List\n", ("w.yaml:1: items: must be a list, not nothing",)),
    (
        "an item of a List is wrong",
        "kind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n",
        ("w.yaml:3: items[0].spec: is required",),
    ),
    (
        "the apiVersion is another",
        "apiVersion: apps/v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n",
        ('w.yaml:1: apiVersion: "apps/v1" is not v1',),
    ),
    (
        "there is no metadata",
        "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: b}]}\n",
        ("w.yaml:1: metadata: is required",),
    ),
    ("there is no spec", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", ("w.yaml:1: spec: is required",)),
    (
        "metadata is a string",
        "apiVersion: v1\nkind: Pod\nmetadata: web\nspec: {containers: [{name: a, image: b}]}\n",
        ("w.yaml:3: metadata: must be a mapping, not a string",),
    ),
    (
        "a name has capitals",
        A.replace("name: web", "name: Web_1"),
        (
            'w.yaml:3: metadata.name: "Web_1" is no name: it has lower-case letters, digits, - and ., and begins and ends with a letter or digit (RFC 1123)',
        ),
    ),
    (
        "a name is too long",
        A.replace("name: web", "name: " + "a" * 254),
        ("w.yaml:3: metadata.name: has 254 characters; at most 253 are allowed",),
    ),
    (
        "the name is generated",
        A.replace("name: web", "generateName: web-"),
        (
            "w.yaml:3: metadata.generateName: is not supported: would make another Pod at every apply; give a name",
            "w.yaml:3: metadata.name: is required",
        ),
    ),
    (
        "a label's value is a number",
        A.replace("name: web", "name: web, labels: {version: 1}"),
        ("w.yaml:3: metadata.labels.version: must be a string, not a number: put it in quotes",),
    ),
    (
        "a label's key has a blank",
        A.replace("name: web", "name: web, labels: {my key: x}"),
        (
            'w.yaml:3: metadata.labels["my key"]: "my key" is no key: it has letters, digits, -, _ and ., begins and ends with a letter or digit, and has at most 63 characters',
        ),
    ),
    (
        "a label's value has a slash",
        A.replace("name: web", "name: web, labels: {path: a/b}"),
        (
            'w.yaml:3: metadata.labels.path: "a/b" is no label value: it has letters, digits, -, _ and ., and begins and ends with a letter or digit',
        ),
    ),
    (
        "an annotation is a boolean",
        A.replace("name: web", "name: web, annotations: {on-call: yes}"),
        (
            "w.yaml:3: metadata.annotations.on-call: must be a string, not true (yes, no, on, off, y and n are booleans): put it in quotes",
        ),
    ),
    # fields
    (
        "a field of the Pod is misspelt",
        POD + "  contaners:\n  - {name: a, image: b}\n",
        ('w.yaml:5: spec.contaners: is no field of a PodSpec (did you mean "containers"?)',),
    ),
    (
        "a field of a container stands in the Pod",
        A + "  command: [a]\n",
        ("w.yaml:8: spec.command: is no field of a PodSpec; it belongs under containers",),
    ),
    (
        "a field's capitals are wrong",
        A + "    imagepullpolicy: Always\n",
        ('w.yaml:8: spec.containers[0].imagepullpolicy: is no field of a Container (did you mean "imagePullPolicy"?)',),
    ),
    (
        "a field is unknown",
        A + "    frobnicate: 1\n",
        ("w.yaml:8: spec.containers[0].frobnicate: is no field of a Container",),
    ),
    (
        "an ephemeral container",
        A + "  ephemeralContainers: [{name: d, image: b}]\n",
        (
            "w.yaml:8: spec.ephemeralContainers: is not supported: cannot be in a manifest in Kubernetes either; use podctl exec",
        ),
    ),
    (
        "a deadline for the Pod",
        A + "  activeDeadlineSeconds: 60\n",
        (
            "w.yaml:8: spec.activeDeadlineSeconds: is not supported: nothing on a Minion watches the deadline; use command: [timeout, SECONDS, ...]",
        ),
    ),
    (
        "user namespaces",
        A + "  hostUsers: false\n",
        ("w.yaml:8: spec.hostUsers: false is not supported: containers share the Minion's user ids; leave it out",),
    ),
    ("Windows", A + "  os: {name: windows}\n", ('w.yaml:8: spec.os.name: "windows" does not run here; only linux',)),
    (
        "a cloud volume",
        V + "  - {name: v, awsElasticBlockStore: {volumeID: x}}\n",
        (
            "w.yaml:9: spec.volumes[0].awsElasticBlockStore: is not supported: needs a storage driver that a plain machine has not; mount it on the Minion and use hostPath, or use nfs",
        ),
    ),
    (
        "a CSI volume",
        V + "  - {name: v, csi: {driver: x}}\n",
        (
            "w.yaml:9: spec.volumes[0].csi: is not supported: needs a storage driver that a plain machine has not; mount it on the Minion and use hostPath, or use nfs",
        ),
    ),
    (
        "a token of a service account",
        V + "  - {name: v, projected: {sources: [{serviceAccountToken: {path: t}}]}}\n",
        (
            "w.yaml:9: spec.volumes[0].projected.sources[0].serviceAccountToken: is not supported: there is no API server to issue tokens; remove this source (an exported Pod has it as volume kube-api-access-...)",
        ),
    ),
    # other Pods
    (
        "a pod affinity term says nothing",
        near(""),
        (f"w.yaml:8: {R}.topologyKey: is required",),
    ),
    (
        "a topologyKey is empty",
        near('topologyKey: ""'),
        (f"w.yaml:8: {R}.topologyKey: is required",),
    ),
    (
        "a topologyKey has a blank",
        near("topologyKey: my zone"),
        (
            f'w.yaml:8: {R}.topologyKey: "my zone" is no key: it has letters, digits, -, _ and ., begins and ends with a letter or digit, and has at most 63 characters',
        ),
    ),
    (
        "a field of a pod affinity term is misspelt",
        near("topologykey: zone"),
        (f'w.yaml:8: {R}.topologykey: is no field of a PodAffinityTerm (did you mean "topologyKey"?)',),
    ),
    (
        "a namespace has capitals",
        near("topologyKey: zone, namespaces: [shop, My-Shop]"),
        (
            f'w.yaml:8: {R}.namespaces[1]: "My-Shop" is no name: it has lower-case letters, digits and -, and begins and ends with a letter or digit (RFC 1123)',
        ),
    ),
    (
        "a pod affinity term is nothing",
        near("").replace("{}", "null"),
        (f"w.yaml:8: {R}: must be a mapping, not nothing",),
    ),
    (
        "pod affinity has an unknown field",
        A + "  affinity: {podAffinity: {required: []}}\n",
        ("w.yaml:8: spec.affinity.podAffinity.required: is no field of a PodAffinity",),
    ),
    (
        "a label selector has labels in its top",
        near("topologyKey: zone, labelSelector: {app: web}"),
        (f"w.yaml:8: {R}.labelSelector.app: is no field of a LabelSelector; labels stand under matchLabels",),
    ),
    (
        "a label selector's label is a number",
        near("topologyKey: zone, labelSelector: {matchLabels: {app: 1}}"),
        (f"w.yaml:8: {R}.labelSelector.matchLabels.app: must be a string, not a number: put it in quotes",),
    ),
    (
        "a label selector is a string",
        near("topologyKey: zone, labelSelector: app=web"),
        (f"w.yaml:8: {R}.labelSelector: must be a mapping, not a string",),
    ),
    (
        "a label selector has In without values",
        near("topologyKey: zone, labelSelector: {matchExpressions: [{key: app, operator: In}]}"),
        (f"w.yaml:8: {R}.labelSelector.matchExpressions[0]: operator In needs values",),
    ),
    (
        "a label selector has Exists with values",
        near("topologyKey: zone, labelSelector: {matchExpressions: [{key: app, operator: Exists, values: [a]}]}"),
        (f"w.yaml:8: {R}.labelSelector.matchExpressions[0]: operator Exists has no values",),
    ),
    (
        "a label selector compares numbers",
        near("topologyKey: zone, namespaceSelector: {matchExpressions: [{key: app, operator: Gt, values: ['1']}]}"),
        (
            f'w.yaml:8: {R}.namespaceSelector.matchExpressions[0].operator: "Gt" is none of In, NotIn, Exists, DoesNotExist',
        ),
    ),
    (
        "a label selector has a value that no label has",
        near("topologyKey: zone, labelSelector: {matchExpressions: [{key: app, operator: In, values: [a/b]}]}"),
        (
            f'w.yaml:8: {R}.labelSelector.matchExpressions[0].values[0]: "a/b" is no label value: it has letters, digits, -, _ and ., and begins and ends with a letter or digit',
        ),
    ),
    (
        "matchLabelKeys have no selector",
        near("topologyKey: zone, matchLabelKeys: [hash]"),
        (f"w.yaml:8: {R}: matchLabelKeys needs a labelSelector, which it adds to (labelSelector: {{}} is every Pod)",),
    ),
    (
        "mismatchLabelKeys have no selector",
        near("topologyKey: zone, mismatchLabelKeys: [hash]"),
        (
            f"w.yaml:8: {R}: mismatchLabelKeys needs a labelSelector, which it adds to (labelSelector: {{}} is every Pod)",
        ),
    ),
    (
        "a key is matched and mismatched",
        near("topologyKey: zone, labelSelector: {}, matchLabelKeys: [hash], mismatchLabelKeys: [hash]"),
        (f'w.yaml:8: {R}: "hash" is in matchLabelKeys and in mismatchLabelKeys; no Pod is both',),
    ),
    (
        "a matched key is in the selector's labels",
        near("topologyKey: zone, labelSelector: {matchLabels: {hash: a}}, matchLabelKeys: [hash]"),
        (f'w.yaml:8: {R}: "hash" is in matchLabelKeys and in labelSelector; leave one of them out',),
    ),
    (
        "a matched key is in the selector's expressions",
        near(
            "topologyKey: zone, labelSelector: {matchExpressions: [{key: hash, operator: Exists}]}, matchLabelKeys: [hash]"
        ),
        (f'w.yaml:8: {R}: "hash" is in matchLabelKeys and in labelSelector; leave one of them out',),
    ),
    (
        "a matched key has a blank",
        near("topologyKey: zone, labelSelector: {}, matchLabelKeys: [my hash]"),
        (
            f'w.yaml:8: {R}.matchLabelKeys[0]: "my hash" is no key: it has letters, digits, -, _ and ., begins and ends with a letter or digit, and has at most 63 characters',
        ),
    ),
    (
        "a pod affinity weight is 0",
        rather_apart("weight: 0, podAffinityTerm: {topologyKey: zone}"),
        (f"w.yaml:8: {P}.weight: must be at least 1, not 0",),
    ),
    (
        "a pod affinity weight is 101",
        rather_apart("weight: 101, podAffinityTerm: {topologyKey: zone}"),
        (f"w.yaml:8: {P}.weight: must be at most 100, not 101",),
    ),
    (
        "a preferred pod affinity has its term at the top",
        rather_apart("weight: 1, topologyKey: zone"),
        (
            f"w.yaml:8: {P}.topologyKey: is no field of a WeightedPodAffinityTerm; it belongs under podAffinityTerm",
            f"w.yaml:8: {P}.podAffinityTerm: is required",
        ),
    ),
    (
        "a spread constraint says nothing",
        spread(""),
        (
            f"w.yaml:8: {T}[0].maxSkew: is required",
            f"w.yaml:8: {T}[0].topologyKey: is required",
            f"w.yaml:8: {T}[0].whenUnsatisfiable: is required",
        ),
    ),
    (
        "a spread constraint allows no skew",
        spread("maxSkew: 0, topologyKey: zone, whenUnsatisfiable: DoNotSchedule"),
        (f"w.yaml:8: {T}[0].maxSkew: must be at least 1, not 0",),
    ),
    (
        "a spread constraint is unsatisfiable in other words",
        spread("maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DontSchedule"),
        (
            f'w.yaml:8: {T}[0].whenUnsatisfiable: "DontSchedule" is none of DoNotSchedule, ScheduleAnyway (did you mean "DoNotSchedule"?)',
        ),
    ),
    (
        "a wish to spread has minDomains",
        spread("maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, minDomains: 2"),
        (f"w.yaml:8: {T}[0]: minDomains goes with whenUnsatisfiable: DoNotSchedule only",),
    ),
    (
        "minDomains is 0",
        spread(f"{ZONE}, minDomains: 0"),
        (f"w.yaml:8: {T}[0].minDomains: must be at least 1, not 0",),
    ),
    (
        "a node policy is misspelt",
        spread(f"{ZONE}, nodeAffinityPolicy: No, nodeTaintsPolicy: honor"),
        (
            f"w.yaml:8: {T}[0].nodeAffinityPolicy: must be one of Honor, Ignore, not a boolean",
            f'w.yaml:8: {T}[0].nodeTaintsPolicy: "honor" is none of Honor, Ignore (did you mean "Honor"?)',
        ),
    ),
    (
        "a spread constraint's matchLabelKeys have no selector",
        spread(f"{ZONE}, matchLabelKeys: [hash]"),
        (
            f"w.yaml:8: {T}[0]: matchLabelKeys needs a labelSelector, which it adds to (labelSelector: {{}} is every Pod)",
        ),
    ),
    (
        "a spread constraint's matched key is in the selector",
        spread(f"{ZONE}, labelSelector: {{matchLabels: {{hash: a}}}}, matchLabelKeys: [hash]"),
        (f'w.yaml:8: {T}[0]: "hash" is in matchLabelKeys and in labelSelector; leave one of them out',),
    ),
    (
        "two spread constraints are of one kind",
        spread(ZONE, ZONE.replace("DoNotSchedule", "ScheduleAnyway"), ZONE.replace("1", "2")),
        (f'w.yaml:8: {T}[2].topologyKey: the spread constraint "zone DoNotSchedule" is given twice',),
    ),
    (
        "spread constraints are a mapping",
        A + "  topologySpreadConstraints: {maxSkew: 1}\n",
        (f"w.yaml:8: {T}: must be a list, not a mapping",),
    ),
    (
        "an owner is named by half",
        A.replace("name: web", "name: web, ownerReferences: [{kind: ReplicaSet, controller: 'yes'}]"),
        (
            "w.yaml:3: metadata.ownerReferences[0].apiVersion: is required",
            "w.yaml:3: metadata.ownerReferences[0].name: is required",
            "w.yaml:3: metadata.ownerReferences[0].controller: must be true or false, not a string",
        ),
    ),
    (
        "a Pod has two controllers",
        A.replace(
            "name: web",
            "name: web, ownerReferences: [{apiVersion: v1, kind: A, name: a, controller: true}, {apiVersion: v1, kind: B, name: b, controller: true}]",
        ),
        ("w.yaml:3: metadata: of ownerReferences only one can have controller: true",),
    ),
    # containers
    ("there are no containers", POD + "  containers: []\n", ("w.yaml:5: spec.containers: must not be empty",)),
    (
        "containers are a mapping",
        POD + "  containers: {name: a, image: b}\n",
        ("w.yaml:5: spec.containers: must be a list, not a mapping",),
    ),
    (
        "a container has no image",
        POD + "  containers:\n  - name: a\n",
        ("w.yaml:6: spec.containers[0].image: is required",),
    ),
    (
        "a container has no name",
        POD + "  containers:\n  - image: a\n",
        ("w.yaml:6: spec.containers[0].name: is required",),
    ),
    (
        "an image has capitals",
        POD + "  containers: [{name: a, image: Nginx}]\n",
        (
            'w.yaml:5: spec.containers[0].image: "Nginx" is no image reference: upper-case letters stand in the tag only',
        ),
    ),
    (
        "an image has a blank",
        POD + "  containers: [{name: a, image: 'nginx latest'}]\n",
        (
            'w.yaml:5: spec.containers[0].image: "nginx latest" is no image reference such as nginx:1.27 or registry.example.com:5000/team/web:2',
        ),
    ),
    (
        "two containers have one name",
        POD + "  initContainers: [{name: a, image: b}]\n  containers: [{name: a, image: b}]\n",
        ('w.yaml:6: spec.containers[0].name: the container "a" is given twice',),
    ),
    (
        "args hold a number",
        A + "    args: [-p, 80]\n",
        ("w.yaml:8: spec.containers[0].args[1]: must be a string, not a number: put it in quotes",),
    ),
    (
        "args hold a boolean",
        A + "    args: [--fast, yes]\n",
        (
            "w.yaml:8: spec.containers[0].args[1]: must be a string, not true (yes, no, on, off, y and n are booleans): put it in quotes",
        ),
    ),
    (
        "a command is one string",
        A + "    command: sh -c true\n",
        ("w.yaml:8: spec.containers[0].command: must be a list, not a string",),
    ),
    (
        "a working folder is relative",
        A + "    workingDir: srv\n",
        ('w.yaml:8: spec.containers[0].workingDir: "srv" is no absolute path: it begins with /',),
    ),
    (
        "a pull policy is misspelt",
        A + "    imagePullPolicy: IfNotPresnt\n",
        (
            'w.yaml:8: spec.containers[0].imagePullPolicy: "IfNotPresnt" is none of Always, IfNotPresent, Never (did you mean "IfNotPresent"?)',
        ),
    ),
    (
        "a restart policy is in lower case",
        A + "  restartPolicy: always\n",
        ('w.yaml:8: spec.restartPolicy: "always" is none of Always, OnFailure, Never (did you mean "Always"?)',),
    ),
    (
        "a container restarts by itself",
        A + "    restartPolicy: Always\n",
        (
            "w.yaml:8: spec.containers[0].restartPolicy: only init containers have it (Always makes a sidecar); the Pod's stands in spec.restartPolicy",
        ),
    ),
    (
        "a boolean is a string",
        A + '    tty: "true"\n',
        ("w.yaml:8: spec.containers[0].tty: must be true or false, not a string",),
    ),
    (
        "a number is a string",
        A + '  terminationGracePeriodSeconds: "30"\n',
        ("w.yaml:8: spec.terminationGracePeriodSeconds: must be a whole number, not a string: remove the quotes",),
    ),
    (
        "a grace period is negative",
        A + "  terminationGracePeriodSeconds: -1\n",
        ("w.yaml:8: spec.terminationGracePeriodSeconds: must be at least 0, not -1",),
    ),
    (
        "a variable has a blank in its name",
        A + "    env: [{name: MY VAR, value: x}]\n",
        (
            'w.yaml:8: spec.containers[0].env[0].name: "MY VAR" is no variable: it has letters, digits, _, - and ., no digit first',
        ),
    ),
    (
        "a variable's value is a number",
        A + "    env: [{name: PORT, value: 80}]\n",
        ("w.yaml:8: spec.containers[0].env[0].value: must be a string, not a number: put it in quotes",),
    ),
    (
        "a variable has two values",
        A + "    env: [{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]\n",
        ("w.yaml:8: spec.containers[0].env[0]: has value and valueFrom; give one of them",),
    ),
    (
        "a variable has no source",
        A + "    env: [{name: A, valueFrom: {}}]\n",
        (
            "w.yaml:8: spec.containers[0].env[0].valueFrom: valueFrom has exactly one of configMapKeyRef, fieldRef, resourceFieldRef and secretKeyRef, not none",
        ),
    ),
    (
        "a variable has two sources",
        A
        + "    env:\n    - name: A\n      valueFrom: {fieldRef: {fieldPath: metadata.name}, resourceFieldRef: {resource: limits.cpu}}\n",
        (
            "w.yaml:10: spec.containers[0].env[0].valueFrom: valueFrom has exactly one of configMapKeyRef, fieldRef, resourceFieldRef and secretKeyRef, not fieldRef and resourceFieldRef",
        ),
    ),
    (
        "a field of the Pod cannot be asked for",
        A + "    env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.podIp}}}]\n",
        (
            'w.yaml:8: spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: "status.podIp" cannot be asked for (did you mean "status.podIP"?); there are metadata.name, metadata.namespace, metadata.uid, spec.nodeName, spec.serviceAccountName, status.hostIP, status.hostIPs, status.podIP, status.podIPs and metadata.labels[\'KEY\']',
        ),
    ),
    (
        "a resource field names no container",
        A + "    env: [{name: A, valueFrom: {resourceFieldRef: {containerName: b, resource: limits.cpu}}}]\n",
        ('w.yaml:8: spec.containers[0].env[0].valueFrom.resourceFieldRef.containerName: no container is named "b"',),
    ),
    (
        "a port is out of range",
        A + "    ports: [{containerPort: 70000}]\n",
        ("w.yaml:8: spec.containers[0].ports[0].containerPort: must be at most 65535, not 70000",),
    ),
    (
        "a port is a string",
        A + '    ports: [{containerPort: "80"}]\n',
        (
            "w.yaml:8: spec.containers[0].ports[0].containerPort: must be a whole number, not a string: remove the quotes",
        ),
    ),
    (
        "a port's name is too long",
        A + "    ports: [{containerPort: 80, name: administration-port}]\n",
        ("w.yaml:8: spec.containers[0].ports[0].name: has 19 characters; at most 15 are allowed",),
    ),
    (
        "a protocol is unknown",
        A + "    ports: [{containerPort: 80, protocol: tcp}]\n",
        ('w.yaml:8: spec.containers[0].ports[0].protocol: "tcp" is none of TCP, UDP, SCTP (did you mean "TCP"?)',),
    ),
    (
        "a host port is given twice",
        A + "    ports: [{containerPort: 80, hostPort: 8080}, {containerPort: 81, hostPort: 8080}]\n",
        ("w.yaml:8: spec.containers[0].ports[1].hostPort: the port 8080 of the Minion is given twice",),
    ),
    (
        "a host port differs under hostNetwork",
        A + "    ports: [{containerPort: 80, hostPort: 8080}]\n  hostNetwork: true\n",
        ("w.yaml:8: spec.containers[0].ports[0].hostPort: must be the containerPort 80 under hostNetwork, not 8080",),
    ),
    (
        "a host address is a name",
        A + "    ports: [{containerPort: 80, hostPort: 80, hostIP: localhost}]\n",
        ('w.yaml:8: spec.containers[0].ports[0].hostIP: "localhost" is no IP address',),
    ),
    (
        "a request is above its limit",
        A + "    resources: {requests: {cpu: 2}, limits: {cpu: 500m}}\n",
        ("w.yaml:8: spec.containers[0].resources.requests.cpu: 2 is more than the limit of 500m",),
    ),
    (
        "a quantity is none",
        A + "    resources: {limits: {memory: 1GB}}\n",
        (
            "w.yaml:8: spec.containers[0].resources.limits.memory: '1GB' is not a quantity such as 250m, 1.5, 128Mi or 2Gi",
        ),
    ),
    (
        "memory is in millibytes",
        A + "    resources: {limits: {memory: 512m}}\n",
        (
            "w.yaml:8: spec.containers[0].resources.limits.memory: 512m is less than container engines accept: at least 6Mi (M is mega, m is milli)",
        ),
    ),
    (
        "a resource is misspelt",
        A + "    resources: {limits: {memry: 1Gi}}\n",
        (
            'w.yaml:8: spec.containers[0].resources.limits.memry: is neither cpu, memory nor a name such as nvidia.com/gpu (did you mean "memory"?)',
        ),
    ),
    (
        "a GPU is halved",
        A + "    resources: {limits: {nvidia.com/gpu: 0.5}}\n",
        ('w.yaml:8: spec.containers[0].resources.limits["nvidia.com/gpu"]: must be a whole number, not 0.5',),
    ),
    (
        "a quantity is beyond all",
        A + "    resources: {limits: {cpu: 1e999999999}}\n",
        ('w.yaml:8: spec.containers[0].resources.limits.cpu: "1e999999999" is beyond any quantity',),
    ),
    # volumes
    (
        "a mount names no volume",
        A + "    volumeMounts: [{name: date, mountPath: /d}]\n  volumes: [{name: data}]\n",
        (
            'w.yaml:8: spec.containers[0].volumeMounts[0].name: no volume of spec.volumes is named "date" (did you mean "data"?)',
        ),
    ),
    (
        "a mount path is relative",
        A + "    volumeMounts: [{name: v, mountPath: d}]\n  volumes: [{name: v}]\n",
        ('w.yaml:8: spec.containers[0].volumeMounts[0].mountPath: "d" is no absolute path: it begins with /',),
    ),
    (
        "a mount path is used twice",
        A + "    volumeMounts: [{name: v, mountPath: /d}, {name: v, mountPath: /d/}]\n  volumes: [{name: v}]\n",
        ('w.yaml:8: spec.containers[0].volumeMounts[1].mountPath: the path "/d" is given twice',),
    ),
    (
        "a sub path leads out",
        A + "    volumeMounts: [{name: v, mountPath: /d, subPath: a/../../b}]\n  volumes: [{name: v}]\n",
        ('w.yaml:8: spec.containers[0].volumeMounts[0].subPath: "a/../../b" must not contain ..',),
    ),
    (
        "two volumes have one name",
        V + "  - name: v\n  - name: v\n",
        ('w.yaml:10: spec.volumes[1].name: the volume "v" is given twice',),
    ),
    (
        "a volume has two sources",
        V + "  - {name: v, emptyDir: {}, hostPath: {path: /a}}\n",
        (
            "w.yaml:9: spec.volumes[0]: a volume has exactly one of configMap, downwardAPI, emptyDir, hostPath, nfs, persistentVolumeClaim, projected and secret, not emptyDir and hostPath",
        ),
    ),
    (
        "a host path's type is misspelt",
        V + "  - {name: v, hostPath: {path: /a, type: Dir}}\n",
        (
            'w.yaml:9: spec.volumes[0].hostPath.type: "Dir" is none of "", DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice, BlockDevice',
        ),
    ),
    (
        "a host path is relative",
        V + "  - {name: v, hostPath: {path: a}}\n",
        ('w.yaml:9: spec.volumes[0].hostPath.path: "a" is no absolute path: it begins with /',),
    ),
    (
        "an nfs volume has no server",
        V + "  - {name: v, nfs: {path: /a}}\n",
        ("w.yaml:9: spec.volumes[0].nfs.server: is required",),
    ),
    (
        "a mode is decimal by mistake",
        V + "  - {name: v, emptyDir: {}}\n  - name: w\n    downwardAPI: {defaultMode: 644, items: []}\n",
        (
            "w.yaml:11: spec.volumes[1].downwardAPI.defaultMode: 644 is no file mode: they go from 0 to 0777, and an octal number begins with 0",
        ),
    ),
    (
        "an empty folder is in huge pages",
        V + "  - {name: v, emptyDir: {medium: HugePages}}\n",
        ("w.yaml:9: spec.volumes[0].emptyDir.medium: HugePages is not supported: use hostPath /dev/hugepages",),
    ),
    (
        "a claim has no name",
        V + "  - {name: v, persistentVolumeClaim: {}}\n",
        ("w.yaml:9: spec.volumes[0].persistentVolumeClaim.claimName: is required",),
    ),
    # references
    (
        "a ConfigMap is missing",
        A + "    envFrom: [{configMapRef: {name: app}}]\n",
        (
            'w.yaml:8: spec.containers[0].envFrom[0].configMapRef: the ConfigMap "app" of namespace "default" is neither in these files nor in the cluster; add its file with -f, or say optional: true',
        ),
    ),
    (
        "a Secret is missing",
        V + "  - {name: v, secret: {secretName: tls}}\n",
        (
            'w.yaml:9: spec.volumes[0].secret: the Secret "tls" of namespace "default" is neither in these files nor in the cluster; add its file with -f, or say optional: true',
        ),
    ),
    (
        "a pull Secret is missing",
        A + "  imagePullSecrets: [{name: registry}]\n",
        (
            'w.yaml:8: spec.imagePullSecrets[0].name: the Secret "registry" of namespace "default" is neither in these files nor in the cluster; add its file with -f',
        ),
    ),
    (
        "a key is missing",
        A
        + "    env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: modes}}}]\n---\n"
        + o("ConfigMap", "data: {mode: x}\n"),
        (
            'w.yaml:8: spec.containers[0].env[0].valueFrom.configMapKeyRef: the ConfigMap "c" has no key "modes" (did you mean "mode"?)',
        ),
    ),
    (
        "a pull Secret is of another type",
        A + "  imagePullSecrets: [{name: c}]\n---\n" + o("Secret", "stringData: {password: hunter2}\n"),
        (
            'w.yaml:8: spec.imagePullSecrets[0].name: the Secret "c" has no key ".dockerconfigjson"; its type is kubernetes.io/dockerconfigjson',
        ),
    ),
    (
        "an object is given twice",
        o("ConfigMap", "data: {}\n") + "---\n" + o("ConfigMap", "data: {}\n"),
        ('w.yaml:8: metadata.name: the ConfigMap "c" is given twice in namespace "default", first at w.yaml:1',),
    ),
    # security, hooks, probes, placement
    (
        "a capability is misspelt",
        A + "    securityContext: {capabilities: {add: [NET_ADMN]}}\n",
        (
            'w.yaml:8: spec.containers[0].securityContext.capabilities.add[0]: "NET_ADMN" is no capability (did you mean "NET_ADMIN"?)',
        ),
    ),
    (
        "a user is negative",
        A + "    securityContext: {runAsUser: -1}\n",
        ("w.yaml:8: spec.containers[0].securityContext.runAsUser: must be at least 0, not -1",),
    ),
    (
        "a user is a name",
        A + "    securityContext: {runAsUser: nobody}\n",
        ("w.yaml:8: spec.containers[0].securityContext.runAsUser: must be a whole number, not a string",),
    ),
    (
        "privileged without escalation",
        A + "    securityContext: {privileged: true, allowPrivilegeEscalation: false}\n",
        (
            "w.yaml:8: spec.containers[0].securityContext: privileged: true cannot go with allowPrivilegeEscalation: false",
        ),
    ),
    (
        "a local profile has no name",
        A + "    securityContext: {seccompProfile: {type: Localhost}}\n",
        ("w.yaml:8: spec.containers[0].securityContext.seccompProfile: type Localhost needs localhostProfile",),
    ),
    (
        "a sysctl is the Minion's",
        A + "  securityContext: {sysctls: [{name: vm.max_map_count, value: '262144'}]}\n",
        (
            'w.yaml:8: spec.securityContext.sysctls[0].name: "vm.max_map_count" belongs to the whole Minion; a Pod has its own net.*, kernel.shm*, kernel.msg*, kernel.sem and fs.mqueue.* only; set it on the Minion',
        ),
    ),
    (
        "a sysctl's value is a number",
        A + "  securityContext: {sysctls: [{name: net.core.somaxconn, value: 1024}]}\n",
        ("w.yaml:8: spec.securityContext.sysctls[0].value: must be a string, not a number: put it in quotes",),
    ),
    (
        "a net sysctl under hostNetwork",
        A + "  hostNetwork: true\n  securityContext: {sysctls: [{name: net.core.somaxconn, value: '1'}]}\n",
        (
            "w.yaml:9: spec.securityContext.sysctls[0].name: net.core.somaxconn cannot be set under hostNetwork: it would be the Minion's own",
        ),
    ),
    (
        "a hook does two things",
        A + "    lifecycle: {preStop: {sleep: {seconds: 1}, exec: {command: [a]}}}\n",
        (
            "w.yaml:8: spec.containers[0].lifecycle.preStop: a hook has exactly one of exec, httpGet, sleep and tcpSocket, not exec and sleep",
        ),
    ),
    (
        "a signal is misspelt",
        A + "    lifecycle: {stopSignal: SIGTRM}\n",
        (
            'w.yaml:8: spec.containers[0].lifecycle.stopSignal: "SIGTRM" is no signal such as SIGTERM (did you mean "SIGTERM"?)',
        ),
    ),
    (
        "a probe asks nothing",
        A + "    livenessProbe: {periodSeconds: 5}\n",
        (
            "w.yaml:8: spec.containers[0].livenessProbe: a probe has exactly one of exec, httpGet and tcpSocket, not none",
        ),
    ),
    (
        "a probe asks by grpc",
        A + "    livenessProbe: {grpc: {port: 80}}\n",
        (
            "w.yaml:8: spec.containers[0].livenessProbe.grpc: is not supported: podctl asks no grpc probes; use httpGet or tcpSocket, or exec with a client in the image",
        ),
    ),
    (
        "a probe's port has no name here",
        A + "    ports: [{name: http, containerPort: 80}]\n    readinessProbe: {httpGet: {port: htp}}\n",
        (
            'w.yaml:9: spec.containers[0].readinessProbe.httpGet.port: no port of this container is named "htp" (did you mean "http"?)',
        ),
    ),
    (
        "a probe's port is a number in quotes",
        A + "    readinessProbe: {tcpSocket: {port: '80'}}\n",
        (
            'w.yaml:8: spec.containers[0].readinessProbe.tcpSocket.port: "80" is no port name; a number stands without quotes',
        ),
    ),
    (
        "a liveness probe wants two successes",
        A + "    livenessProbe: {tcpSocket: {port: 80}, successThreshold: 2}\n",
        ("w.yaml:8: spec.containers[0].livenessProbe.successThreshold: must be 1, not 2",),
    ),
    (
        "an init container has a probe",
        A + "  initContainers:\n  - {name: i, image: b, readinessProbe: {tcpSocket: {port: 80}}}\n",
        (
            "w.yaml:9: spec.initContainers[0].readinessProbe: an init container has this only as a sidecar, with restartPolicy: Always",
        ),
    ),
    (
        "a toleration without a key",
        A + "  tolerations: [{operator: Equal, value: x}]\n",
        ("w.yaml:8: spec.tolerations[0]: without a key the operator must be Exists",),
    ),
    (
        "node affinity without values",
        A
        + "  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In}]}]}}}\n",
        (
            "w.yaml:8: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0]: operator In needs values",
        ),
    ),
    (
        "a node selector's value is a boolean",
        A + "  nodeSelector: {ssd: true}\n",
        (
            "w.yaml:8: spec.nodeSelector.ssd: must be a string, not true (yes, no, on, off, y and n are booleans): put it in quotes",
        ),
    ),
    (
        "two ways to share processes",
        A + "  hostPID: true\n  shareProcessNamespace: true\n",
        ("w.yaml:4: spec: hostPID and shareProcessNamespace cannot both be true",),
    ),
    (
        "no name server at all",
        A + "  dnsPolicy: None\n",
        ("w.yaml:4: spec: dnsPolicy None needs dnsConfig.nameservers",),
    ),
    (
        "a name server is a name",
        A + "  dnsConfig: {nameservers: [dns.example.com]}\n",
        ('w.yaml:8: spec.dnsConfig.nameservers[0]: "dns.example.com" is no IP address',),
    ),
    # ConfigMaps, Secrets, claims
    (
        "a ConfigMap's value is a number",
        o("ConfigMap", "data: {port: 80}\n"),
        ("w.yaml:4: data.port: must be a string, not a number: put it in quotes",),
    ),
    (
        "a ConfigMap's key has a slash",
        o("ConfigMap", "data: {a/b: x}\n"),
        ('w.yaml:4: data["a/b"]: "a/b" is no key: it has letters, digits, -, _ and .',),
    ),
    (
        "a ConfigMap's key is in both maps",
        o("ConfigMap", "data: {a: x}\nbinaryData: {a: eA==}\n"),
        ("w.yaml:1: the key a is in data and in binaryData",),
    ),
    (
        "a Secret is not in base64",
        o("Secret", "data: {password: hunter2!}\n"),
        (
            "w.yaml:4: data.password: is not base64; plain text of a Secret goes into stringData, of a ConfigMap into data",
        ),
    ),
    (
        "a Secret's text is a number",
        o("Secret", "stringData: {pin: 4711}\n"),
        ("w.yaml:4: stringData.pin: must be a string, not a number: put it in quotes",),
    ),
    (
        "a Secret's data is a string",
        o("Secret", "stringData: hunter2\n"),
        ("w.yaml:4: stringData: must be a mapping, not a string",),
    ),
    (
        "a claim asks for no space",
        o("PersistentVolumeClaim", "spec: {accessModes: [ReadWriteOnce]}\n"),
        ("w.yaml:4: spec.resources: is required",),
    ),
    (
        "a claim asks for zero",
        o("PersistentVolumeClaim", "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 0}}}\n"),
        ("w.yaml:4: spec: resources.requests.storage is required, as in storage: 1Gi",),
    ),
    (
        "a claim's access mode is misspelt",
        o("PersistentVolumeClaim", "spec: {accessModes: [ReadWriteOne], resources: {requests: {storage: 1Gi}}}\n"),
        (
            'w.yaml:4: spec.accessModes[0]: "ReadWriteOne" is none of ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod (did you mean "ReadWriteOnce"?)',
        ),
    ),
    (
        "a claim wants a device",
        o(
            "PersistentVolumeClaim",
            "spec: {accessModes: [ReadWriteOnce], volumeMode: Block, resources: {requests: {storage: 1Gi}}}\n",
        ),
        (
            "w.yaml:4: spec.volumeMode: Block is not supported: a claim is a directory; for a device use volumeDevices with a hostPath volume of type BlockDevice",
        ),
    ),
    (
        "a NUL is in an argument",
        A + '    args: ["a\\0b"]\n',
        ("w.yaml:8: spec.containers[0].args[0]: must not contain a NUL character",),
    ),
    (
        "operator Exists has values",
        A
        + "  affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}]}}\n",
        (
            "w.yaml:8: spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0]: operator Exists has no values",
        ),
    ),
    (
        "operator Gt compares a word",
        A
        + "  affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: a, operator: Gt, values: [b]}]}}]}}\n",
        (
            "w.yaml:8: spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0]: operator Gt has exactly one value, a whole number in quotes",
        ),
    ),
    (
        "a weight is above 100",
        A
        + "  affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 101, preference: {}}]}}\n",
        (
            "w.yaml:8: spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: must be at most 100, not 101",
        ),
    ),
    (
        "a node's field is unknown",
        A
        + "  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: spec.x, operator: In, values: [b]}]}]}}}\n",
        (
            "w.yaml:8: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]: matchFields knows the key metadata.name with In or NotIn and exactly one value",
        ),
    ),
    (
        "a toleration that Exists has a value",
        A + "  tolerations: [{key: a, operator: Exists, value: x}]\n",
        ("w.yaml:8: spec.tolerations[0]: operator Exists has no value",),
    ),
    (
        "a toleration's key has a blank",
        A + "  tolerations: [{key: a b, operator: Exists}]\n",
        (
            'w.yaml:8: spec.tolerations[0].key: "a b" is no key: it has letters, digits, -, _ and ., begins and ends with a letter or digit, and has at most 63 characters',
        ),
    ),
    (
        "a file's path begins with two dots",
        V + "  - {name: v, configMap: {name: c, optional: true, items: [{key: k, path: ..data}]}}\n",
        ('w.yaml:9: spec.volumes[0].configMap.items[0].path: "..data" must not begin with ..',),
    ),
    (
        "a quantity is a list",
        A + "    resources: {limits: {cpu: [1]}}\n",
        ("w.yaml:8: spec.containers[0].resources.limits.cpu: must be a quantity such as 250m or 1Gi, not a list",),
    ),
    (
        "a quantity is negative",
        A + "    resources: {limits: {cpu: -1}}\n",
        ('w.yaml:8: spec.containers[0].resources.limits.cpu: "-1" is below 0',),
    ),
    (
        "huge pages",
        A + "    resources: {limits: {hugepages-2Mi: 2Mi}}\n",
        (
            "w.yaml:8: spec.containers[0].resources.limits.hugepages-2Mi: huge pages cannot be limited for a container here; use hostPath /dev/hugepages",
        ),
    ),
    (
        "a GPU is requested without a limit",
        A + "    resources: {requests: {nvidia.com/gpu: 1}}\n",
        (
            'w.yaml:8: spec.containers[0].resources.requests["nvidia.com/gpu"]: must be the same as the limit of nvidia.com/gpu: give both, or the limit alone',
        ),
    ),
    (
        "a probe's port is a boolean",
        A + "    readinessProbe: {tcpSocket: {port: true}}\n",
        ("w.yaml:8: spec.containers[0].readinessProbe.tcpSocket.port: must be a port's number or name, not a boolean",),
    ),
    (
        "a probe's port is out of range",
        A + "    readinessProbe: {tcpSocket: {port: 70000}}\n",
        ("w.yaml:8: spec.containers[0].readinessProbe.tcpSocket.port: 70000 is no port: they go from 1 to 65535",),
    ),
    (
        "a readiness probe has a grace period",
        A + "    readinessProbe: {tcpSocket: {port: 80}, terminationGracePeriodSeconds: 1}\n",
        (
            "w.yaml:8: spec.containers[0].readinessProbe.terminationGracePeriodSeconds: a readiness probe ends nothing; leave it out",
        ),
    ),
    (
        "a mount path has a colon",
        A + "    volumeMounts: [{name: v, mountPath: '/a:b'}]\n  volumes: [{name: v}]\n",
        ('w.yaml:8: spec.containers[0].volumeMounts[0].mountPath: "/a:b" must not contain ":"',),
    ),
    (
        "a mount has two sub paths",
        A + "    volumeMounts: [{name: v, mountPath: /a, subPath: a, subPathExpr: $(B)}]\n  volumes: [{name: v}]\n",
        ("w.yaml:8: spec.containers[0].volumeMounts[0]: has subPath and subPathExpr; give one of them",),
    ),
    (
        "a mount is recursively read-only but not read-only",
        A + "    volumeMounts: [{name: v, mountPath: /a, recursiveReadOnly: IfPossible}]\n  volumes: [{name: v}]\n",
        ("w.yaml:8: spec.containers[0].volumeMounts[0]: recursiveReadOnly needs readOnly: true",),
    ),
    (
        "a mount must be recursively read-only",
        A
        + "    volumeMounts: [{name: v, mountPath: /a, readOnly: true, recursiveReadOnly: Enabled}]\n  volumes: [{name: v}]\n",
        (
            "w.yaml:8: spec.containers[0].volumeMounts[0].recursiveReadOnly: Enabled is not supported: mounts below a read-only one cannot be made read-only on every engine; use IfPossible",
        ),
    ),
    (
        "mounts of an empty folder propagate",
        A + "    volumeMounts: [{name: v, mountPath: /a, mountPropagation: Bidirectional}]\n  volumes: [{name: v}]\n",
        ("w.yaml:8: spec.containers[0].volumeMounts[0].mountPropagation: is possible for hostPath volumes only",),
    ),
    (
        "a device is no device",
        A + "    volumeDevices: [{name: v, devicePath: /dev/x}]\n  volumes: [{name: v}]\n",
        (
            'w.yaml:8: spec.containers[0].volumeDevices[0].name: the volume "v" is no device: give it hostPath with type BlockDevice or CharDevice',
        ),
    ),
    (
        "a device names no volume",
        A + "    volumeDevices: [{name: v, devicePath: /dev/x}]\n",
        ('w.yaml:8: spec.containers[0].volumeDevices[0].name: no volume of spec.volumes is named "v"',),
    ),
    (
        "a label's domain has a blank",
        A.replace("name: web", 'name: web, labels: {"my domain/x": y}'),
        (
            'w.yaml:3: metadata.labels["my domain/x"]: "my domain/x" is no key: before the / stands a domain, as example.com/role',
            'w.yaml:3: metadata.labels["my domain/x"]: must be a string, not true (yes, no, on, off, y and n are booleans): put it in quotes',
        ),
    ),
    (
        "a label's value is too long",
        A.replace("name: web", "name: web, labels: {x: " + "y" * 64 + "}"),
        ("w.yaml:3: metadata.labels.x: has 64 characters; at most 63 are allowed",),
    ),
    (
        "a container's name has a dot",
        POD + "  containers: [{name: a.b, image: c}]\n",
        (
            'w.yaml:5: spec.containers[0].name: "a.b" is no name: it has lower-case letters, digits and -, and begins and ends with a letter or digit (RFC 1123)',
        ),
    ),
    (
        "a container's name is too long",
        POD + "  containers: [{name: " + "a" * 64 + ", image: c}]\n",
        ("w.yaml:5: spec.containers[0].name: has 64 characters; at most 63 are allowed",),
    ),
    (
        "a sysctl is misspelt",
        A + "  securityContext: {sysctls: [{name: net..x, value: '1'}]}\n",
        ('w.yaml:8: spec.securityContext.sysctls[0].name: "net..x" is no kernel parameter such as net.core.somaxconn',),
    ),
    (
        "a kernel sysctl under hostIPC",
        A + "  hostIPC: true\n  securityContext: {sysctls: [{name: kernel.shmmax, value: '1'}]}\n",
        (
            "w.yaml:9: spec.securityContext.sysctls[0].name: kernel.shmmax cannot be set under hostIPC: it would be the Minion's own",
        ),
    ),
    (
        "a profile is named without need",
        A + "    securityContext: {appArmorProfile: {type: Unconfined, localhostProfile: x}}\n",
        (
            "w.yaml:8: spec.containers[0].securityContext.appArmorProfile: localhostProfile stands with type Localhost only, not Unconfined",
        ),
    ),
    (
        "SYS_ADMIN without escalation",
        A + "    securityContext: {capabilities: {add: [SYS_ADMIN]}, allowPrivilegeEscalation: false}\n",
        (
            "w.yaml:8: spec.containers[0].securityContext: the capability SYS_ADMIN cannot go with allowPrivilegeEscalation: false",
        ),
    ),
    (
        "strict groups",
        A + "  securityContext: {supplementalGroupsPolicy: Strict}\n",
        (
            "w.yaml:8: spec.securityContext.supplementalGroupsPolicy: Strict is not supported: groups of the image are merged; give runAsGroup, which leaves them out",
        ),
    ),
    (
        "the full host name under hostNetwork",
        A + "  hostNetwork: true\n  setHostnameAsFQDN: true\n",
        ("w.yaml:4: spec: setHostnameAsFQDN cannot go with hostNetwork",),
    ),
    (
        "a resource in a file names no container",
        V + "  - {name: v, downwardAPI: {items: [{path: a, resourceFieldRef: {resource: limits.cpu}}]}}\n",
        ("w.yaml:9: spec.volumes[0].downwardAPI.items[0]: resourceFieldRef in a volume needs containerName",),
    ),
    (
        "four name servers",
        A + "  dnsConfig: {nameservers: [192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4]}\n",
        ("w.yaml:8: spec.dnsConfig.nameservers: has 4 entries; at most 3 are allowed",),
    ),
    (
        "bytes of a ConfigMap are a number",
        o("ConfigMap", "binaryData: {a: 1}\n"),
        ("w.yaml:4: binaryData.a: must be a string in base64, not a number",),
    ),
    ("the kind is a list", "apiVersion: v1\nkind: [Pod]\n", ("w.yaml:2: kind: must be a string, not a list",)),
]

MINIONS = "cluster: shop\nminions:\n"


def m(settings: str) -> str:
    return MINIONS + "  a: {" + settings + "}\n"


INVENTORIES = [
    ("it is empty", "", ("i.yaml:1: is empty",)),
    (
        "it is a plain list of hosts",
        "- alpha\n- beta\n",
        ("i.yaml:1: an inventory is a mapping with cluster and minions, not a list",),
    ),
    (
        "it has two documents",
        "cluster: a\n---\ncluster: b\n",
        ("i.yaml:1: has several documents (---); an inventory is one",),
    ),
    (
        "there is no cluster",
        "minions:\n  a: {address: 192.0.2.1}\n",
        ("i.yaml:1: cluster: is required: a name that goes into every container's name, as cluster: shop",),
    ),
    (
        "the cluster is a number",
        "cluster: 5\nminions: {a: }\n",
        ("i.yaml:1: cluster: must be a string, not a number: put it in quotes",),
    ),
    (
        "the cluster's name has capitals",
        "cluster: Shop_1\nminions: {a: }\n",
        (
            'i.yaml:1: cluster: "Shop_1" is no name: it has lower-case letters, digits and -, and begins and ends with a letter or digit (RFC 1123)',
        ),
    ),
    (
        "there are no Minions",
        "cluster: shop\n",
        ("i.yaml:1: minions: is required: at least one machine, as alpha: {address: 192.0.2.11}",),
    ),
    (
        "the Minions are a list",
        "cluster: shop\nminions: [alpha, beta]\n",
        (
            "i.yaml:2: minions: must be a mapping from names to settings, not a list: write alpha: {address: 192.0.2.11}",
        ),
    ),
    (
        "a key at the top is misspelt",
        "cluster: shop\nminion: {a: }\n",
        ('i.yaml:2: minion: is no key of an inventory (did you mean "minions"?)',),
    ),
    (
        "a Minion is written twice",
        MINIONS + "  a: {}\n  a: {}\n",
        ("i.yaml:4: minions.a: written twice, first in line 3",),
    ),
    (
        "a Minion's name has an underscore",
        MINIONS + "  web_1: {}\n",
        (
            'i.yaml:3: minions.web_1: "web_1" is no name: it has lower-case letters, digits and -, and begins and ends with a letter or digit (RFC 1123)',
        ),
    ),
    (
        "a Minion is an address alone",
        MINIONS + "  a: 192.0.2.1\n",
        ("i.yaml:3: minions.a: must be a mapping, as {address: 192.0.2.11}, not a string",),
    ),
    (
        "a key is misspelt",
        m("adress: 192.0.2.1"),
        ('i.yaml:3: minions.a.adress: is no key of a Minion (did you mean "address"?)',),
    ),
    (
        "a key of one Minion stands in defaults",
        "cluster: shop\ndefaults: {address: 192.0.2.1}\nminions: {a: }\n",
        ("i.yaml:2: defaults.address: belongs to one Minion, not to defaults",),
    ),
    (
        "a key in defaults is misspelt",
        "cluster: shop\ndefaults: {users: x}\nminions: {a: }\n",
        ('i.yaml:2: defaults.users: is no key of a Minion (did you mean "user"?)',),
    ),
    (
        "an address has a user",
        m("address: root@192.0.2.1"),
        ('i.yaml:3: minions.a.address: "root@192.0.2.1" has a user in it; write address: 192.0.2.1, user: root',),
    ),
    (
        "an address has a port",
        m("address: '192.0.2.1:2222'"),
        ('i.yaml:3: minions.a.address: "192.0.2.1:2222" has a port in it; write address: 192.0.2.1, port: 2222',),
    ),
    (
        "an address is a URL",
        m("address: 'ssh://a'"),
        ('i.yaml:3: minions.a.address: "ssh://a" is a URL; write the name or address alone',),
    ),
    (
        "an address has a blank",
        m("address: a b"),
        ('i.yaml:3: minions.a.address: "a b" is neither an address, nor a name, nor a Host of ~/.ssh/config',),
    ),
    (
        "a port is a string",
        m("port: '22'"),
        ("i.yaml:3: minions.a.port: must be a number, not a string: remove the quotes",),
    ),
    ("a port is out of range", m("port: 0"), ("i.yaml:3: minions.a.port: 0 is no port: they go from 1 to 65535",)),
    (
        "a timeout has a unit",
        m("connect_timeout: 10s"),
        ("i.yaml:3: minions.a.connect_timeout: must be a number of seconds, as 30, not a string",),
    ),
    (
        "a timeout is zero",
        m("pull_timeout: 0"),
        ("i.yaml:3: minions.a.pull_timeout: must be more than 0 seconds, not 0",),
    ),
    ("sudo is a word", m("sudo: please"), ("i.yaml:3: minions.a.sudo: must be true or false, not a string",)),
    (
        "a transport is unknown",
        m("transport: telnet"),
        ("i.yaml:3: minions.a.transport: must be ssh or local (this very machine, without SSH)",),
    ),
    (
        "a command has arguments",
        m("docker: sudo docker"),
        ("i.yaml:3: minions.a.docker: must be one command, without arguments",),
    ),
    (
        "an image has capitals",
        m("infra_image: Pause"),
        ('i.yaml:3: minions.a.infra_image: "Pause" is no image reference: upper-case letters stand in the tag only',),
    ),
    (
        "a label is a boolean",
        m("labels: {ssd: yes}"),
        ("i.yaml:3: minions.a.labels.ssd: must be a string, not a boolean: put it in quotes",),
    ),
    (
        "a label's key has a blank",
        m("labels: {my disk: ssd}"),
        (
            'i.yaml:3: minions.a.labels["my disk"]: "my disk" is no key: it has letters, digits, -, _ and ., begins and ends with a letter or digit, and has at most 63 characters',
        ),
    ),
    (
        "labels are a list",
        m("labels: [ssd]"),
        ("i.yaml:3: minions.a.labels: must be a mapping, as {zone: a}, not a list",),
    ),
    (
        "a taint's effect is misspelt",
        m("taints: [{key: gpu, effect: NoShedule}]"),
        (
            'i.yaml:3: minions.a.taints[0].effect: must be one of NoSchedule, PreferNoSchedule, NoExecute (did you mean "NoSchedule"?)',
        ),
    ),
    (
        "a taint has no key",
        m("taints: [{effect: NoSchedule}]"),
        ("i.yaml:3: minions.a.taints[0].key: is required, and a string",),
    ),
    (
        "a taint is given twice",
        m("taints: [{key: a, effect: NoExecute}, {key: a, value: b, effect: NoExecute}]"),
        ("i.yaml:3: minions.a.taints[1]: the taint a:NoExecute is given twice",),
    ),
    (
        "a taint is a string",
        m("taints: ['gpu=yes:NoSchedule']"),
        ("i.yaml:3: minions.a.taints[0]: must be a mapping with key, value and effect, not a string",),
    ),
    (
        "a capacity is misspelt",
        m("capacity: {memry: 8Gi}"),
        (
            'i.yaml:3: minions.a.capacity.memry: is neither cpu, memory, pods nor a name such as nvidia.com/gpu (did you mean "memory"?)',
        ),
    ),
    (
        "a capacity is no quantity",
        m("capacity: {memory: 8GB}"),
        ("i.yaml:3: minions.a.capacity.memory: '8GB' is not a quantity such as 250m, 1.5, 128Mi or 2Gi",),
    ),
    (
        "a reserve is negative",
        m("reserved: {cpu: -1}"),
        ('i.yaml:3: minions.a.reserved.cpu: "-1" is below 0',),
    ),
    (
        "one machine has two names",
        MINIONS + "  a: {address: 192.0.2.1}\n  b: {address: 192.0.2.1}\n",
        ("i.yaml:4: minions.b: is the same machine as a: both have the address 192.0.2.1",),
    ),
    (
        "this machine has two names",
        MINIONS + "  a: {transport: local}\n  b: {transport: local}\n",
        ("i.yaml:4: minions.b: is the same machine as a: both have transport: local",),
    ),
    (
        "a user is a number",
        m("user: 1000"),
        ("i.yaml:3: minions.a.user: must be a string, not a number: put it in quotes",),
    ),
    ("a user is blank", m("user: ' '"), ("i.yaml:3: minions.a.user: must not be empty",)),
    ("a user has two lines", m('user: "a\\nb"'), ("i.yaml:3: minions.a.user: must be one line",)),
    (
        "a taint has a strange key",
        m("taints: [{key: a, efect: NoSchedule}]"),
        ('i.yaml:3: minions.a.taints[0].efect: is no key of a taint (did you mean "effect"?)',),
    ),
    (
        "a taint's value is a boolean",
        m("taints: [{key: a, value: yes, effect: NoSchedule}]"),
        ("i.yaml:3: minions.a.taints[0].value: must be a string, not a boolean: put it in quotes",),
    ),
    (
        "a taint's effect is a boolean",
        m("taints: [{key: a, effect: No}]"),
        ("i.yaml:3: minions.a.taints[0].effect: must be one of NoSchedule, PreferNoSchedule, NoExecute",),
    ),
    (
        "taints are a mapping",
        m("taints: {gpu: yes}"),
        ("i.yaml:3: minions.a.taints: must be a list, as [{key: gpu, effect: NoSchedule}], not a mapping",),
    ),
    (
        "a capacity is beyond all",
        m("capacity: {memory: 1e999999999}"),
        ('i.yaml:3: minions.a.capacity.memory: "1e999999999" is beyond any quantity',),
    ),
    (
        "a capacity is a number too long",
        m("capacity: {cpu: " + "1" * 50 + "}"),
        ('i.yaml:3: minions.a.capacity.cpu: "1111111111111111111111111111111111111111" is beyond any quantity',),
    ),
    (
        "a capacity is a list",
        m("capacity: [4]"),
        ("i.yaml:3: minions.a.capacity: must be a mapping, as {cpu: 4, memory: 8Gi}, not a list",),
    ),
    (
        "a GPU is half there",
        m("capacity: {nvidia.com/gpu: 0.5}"),
        ('i.yaml:3: minions.a.capacity["nvidia.com/gpu"]: must be a whole number, not 0.5',),
    ),
]


@pytest.mark.parametrize("text, expected", [case[1:] for case in MANIFESTS], ids=[case[0] for case in MANIFESTS])
def test_a_wrong_manifest_is_refused_with_these_words(text, expected):
    with pytest.raises(ManifestError) as caught:
        resolve(parse([("w.yaml", text)]), Manifests())
    assert caught.value.problems == expected
    assert caught.value.exit_code == ExitCode.WRONG_INPUT
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text, expected", [case[1:] for case in INVENTORIES], ids=[case[0] for case in INVENTORIES])
def test_a_wrong_inventory_is_refused_with_these_words(text, expected):
    with pytest.raises(InventoryError) as caught:
        parse_inventory(text, "i.yaml")
    assert caught.value.problems == expected
    assert caught.value.exit_code == ExitCode.WRONG_INPUT


def test_there_are_enough_of_them_and_each_has_its_own_name():
    names = [case[0] for case in MANIFESTS] + [f"inventory: {case[0]}" for case in INVENTORIES]
    assert len(names) == len(set(names))
    assert len(names) >= 60


def test_all_errors_of_all_files_come_at_once_in_the_order_of_files_and_lines():
    second = A + "    tty: 1\n  hostNetwork: 2\n"
    with pytest.raises(ManifestError) as caught:
        parse([("b.yaml", second.replace("web", "b")), ("a.yaml", "a: [\n"), ("c.yaml", second.replace("web", "c"))])
    assert [problem.split(": ")[0] for problem in caught.value.problems] == [
        "b.yaml:8",
        "b.yaml:9",
        "a.yaml:2",
        "c.yaml:8",
        "c.yaml:9",
    ]


# ------------------------------------------------------------------------------------------- whatever else is written

EVERYTHING = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: default, labels: {app: web}, annotations: {a: b}, ownerReferences: [{apiVersion: v1, kind: A, name: a, uid: u, controller: true}]}
spec:
  initContainers: [{name: i, image: b, restartPolicy: Always, livenessProbe: {tcpSocket: {port: 80}}}]
  containers:
  - name: a
    image: nginx
    command: [sh]
    args: [$(A)]
    env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}, {name: B, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}]
    envFrom: [{prefix: P, configMapRef: {name: c, optional: true}}]
    ports: [{containerPort: 80, hostPort: 8080, hostIP: 127.0.0.1, name: http}]
    resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1}}
    lifecycle: {preStop: {sleep: {seconds: 1}}}
    readinessProbe: {httpGet: {port: http}, periodSeconds: 1}
    securityContext: {runAsUser: 1, capabilities: {add: [CHOWN]}, seccompProfile: {type: RuntimeDefault}}
    volumeMounts: [{name: v, mountPath: /v, subPath: a}]
    volumeDevices: [{name: w, devicePath: /dev/x}]
  volumes:
  - {name: v, emptyDir: {sizeLimit: 1Gi}}
  - {name: w, hostPath: {path: /dev/x, type: BlockDevice}}
  - {name: x, projected: {sources: [{configMap: {name: c, optional: true, items: [{key: k, path: p, mode: 0400}]}}]}}
  - {name: z, downwardAPI: {items: [{path: p, fieldRef: {fieldPath: metadata.labels}}]}}
  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In, values: [b]}]}]}}, podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, namespaces: [a], namespaceSelector: {}, labelSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}, mismatchLabelKeys: [a]}]}, podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: zone}}]}}
  tolerations: [{key: a, operator: Exists}]
  nodeSelector: {a: b}
  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}, minDomains: 2, nodeTaintsPolicy: Honor, matchLabelKeys: [b]}]
  dnsConfig: {nameservers: [192.0.2.1], options: [{name: ndots, value: "1"}]}
  hostAliases: [{ip: 192.0.2.1, hostnames: [a]}]
  imagePullSecrets: []
  securityContext: {sysctls: [{name: net.a, value: "1"}], supplementalGroups: [1]}
"""
MINION = {
    "cluster": "shop",
    "defaults": {"user": "a", "reserved": {"cpu": 1}},
    "minions": {
        "a": {
            "address": "h",
            "port": 22,
            "connect_timeout": 1,
            "labels": {"a": "b"},
            "taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}],
            "capacity": {"cpu": 1, "memory": "1Gi", "pods": 3, "a.b/c": 1},
            "identity_file": "k",
            "infra_image": "a",
        }
    },
}
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
)


def places(value, path=()):
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for step, each in inner for found in places(each, (*path, step)))]


def replaced(value, path, new):
    if not path:
        return new
    if isinstance(value, dict):
        return {step: replaced(each, path[1:], new) if step == path[0] else each for step, each in value.items()}
    return [replaced(each, path[1:], new) if at == path[0] else each for at, each in enumerate(value)]


def test_everything_at_once_is_right_before_it_is_made_wrong():
    assert [pod.key.name for pod in parse([("w.yaml", EVERYTHING)]).pods] == ["web"]
    assert [each.name for each in parse_inventory(json.dumps(MINION), "i.yaml").minions] == ["a"]


def said(read) -> tuple[str, ...]:
    try:
        read()
    except (ManifestError, InventoryError) as error:
        return error.problems
    return ()


@settings(deadline=None)  # a busy machine fails nothing
@given(st.data())
def test_whatever_stands_in_a_manifest_is_read_or_refused_in_words(data):
    right = load(EVERYTHING, "w.yaml")[0].value
    wrong = json.dumps(replaced(right, data.draw(st.sampled_from(places(right))), data.draw(ANYTHING)))
    assert all(problem.startswith("w.yaml:") for problem in said(lambda: parse([("w.yaml", wrong)])))


@settings(deadline=None)  # a busy machine fails nothing
@given(st.data())
def test_whatever_stands_in_an_inventory_is_read_or_refused_in_words(data):
    wrong = json.dumps(replaced(MINION, data.draw(st.sampled_from(places(MINION))), data.draw(ANYTHING)))
    assert all(problem.startswith("i.yaml:1: ") for problem in said(lambda: parse_inventory(wrong, "i.yaml")))


@settings(deadline=None)  # a busy machine fails nothing
@given(st.text(st.sampled_from("ab:-{}[],&*!|>'\"%@#\n \t<~?\x00\ud800"), max_size=30) | st.text())
def test_whatever_text_there_is_is_read_or_refused_in_words(text):
    assert all(problem.startswith("w.yaml:") for problem in said(lambda: parse([("w.yaml", text)])))
    assert all(problem.startswith("i.yaml:") for problem in said(lambda: parse_inventory(text, "i.yaml")))
