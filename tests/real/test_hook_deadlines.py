"""Hooks that do not end, in real containers: each costs its own Pod alone."""

from __future__ import annotations

import json


def pod(name, **lifecycle):
    spec = {
        "nodeName": "alpha",
        "terminationGracePeriodSeconds": 1,
        "containers": [
            {"name": "app", "image": "sandbox/busybox:1", "command": ["sleep", "1000"], "lifecycle": lifecycle}
        ],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def applied(podctl, namespace, *pods, timeout):
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(pods)})
    return podctl("apply", "-n", namespace, "--timeout", timeout, "-f", "-", input=listed)


def test_a_post_start_hook_that_does_not_end_costs_its_own_pod_alone(podctl, namespace):
    """Its Minion's shell lives on: the Pod behind it is looked at and told of."""
    slow = pod("slow", postStart={"exec": {"command": ["sleep", "1000"]}})
    done = applied(podctl, namespace, slow, pod("well"), timeout="8s")
    assert done.returncode == 5, done.stderr
    assert "the postStart hook of app did not end within 8 s" in done.stderr
    assert podctl("get", "pod", "well", "-n", namespace, "--no-headers").stdout.split()[2] == "Running"
