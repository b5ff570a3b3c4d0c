"""A command loads what it needs: a second of a look at night is not for reading code that only others run."""

from __future__ import annotations

import subprocess
import sys

import pytest

PLACES_NOTHING = ("get", "health", "delete", "logs", "exec", "top", "wait", "cordon")


@pytest.mark.parametrize(
    ("modules", "names"),
    [
        # placement, and what reads manifests
        ([f"podctl.commands.{each}" for each in PLACES_NOTHING], ("podctl.core.placement", "pydantic")),
        # what paramiko would draw in for a feature that is not used
        (["podctl.transport.ssh"], ("invoke", "asyncio", "unittest")),
    ],
    ids=["commands that place nothing", "the transport"],
)
def test_what_others_need_is_not_loaded(modules, names):
    code = f"import {', '.join(modules)}, sys; print(*(name for name in {names} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
