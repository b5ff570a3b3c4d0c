"""What `diff` prints: each Pod's manifest as it was applied against the one that would be."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING, Any

import yaml

from podctl.core.actions import Create, Remove, Replace, Start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.actions import Action, Plan


def diff_text(plan: Plan) -> str:
    """A unified diff a Pod; what a diff of manifests cannot show (content of ConfigMaps and Secrets) as `#` lines."""
    return "".join(_one(action) for action in plan.changes)


def _one(action: Action) -> str:
    match action:
        case Create():
            head = f"# pod {action.key}: would be created on {action.minion}: {action.placement_reason}\n"
            return head + _unified({}, action.pod.raw, action)
        case Replace():
            old = action.remove.pod.manifest if action.remove.pod else {}
            why = action.reason if action.remove.minion == action.minion else _moved(action)
            head = f"# pod {action.key}: would be made anew on {action.minion}: {why}\n"
            return head + _unified(old, action.pod.raw, action)
        case Start():
            return f"# pod {action.key}: would be started on {action.minion}: {action.reason}\n"
        case Remove():
            who = f"pod {action.key}" if action.key else "volumes"
            return f"# {who}: would be removed from {action.minion}: {action.reason}\n"
    return ""


def _moved(action: Replace) -> str:
    return f"{action.reason}; it was on {action.remove.minion}; {action.placement_reason}"


def _unified(old: Mapping[str, Any], new: Mapping[str, Any], action: Create | Replace) -> str:
    name = f"v1.Pod.{action.key.namespace}.{action.key.name}"
    lines = unified_diff(_lines(old), _lines(new), f"LIVE/{name}", f"MERGED/{name}")
    return "".join(lines)


def _lines(manifest: Mapping[str, Any]) -> list[str]:
    if not manifest:
        return []
    text: str = yaml.safe_dump(dict(manifest), sort_keys=True, allow_unicode=True, width=1000)
    return text.splitlines(keepends=True)
