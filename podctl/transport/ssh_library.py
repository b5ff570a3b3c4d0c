"""paramiko, without what it loads for nobody here.

It imports invoke for `Match exec` of its own reader of ssh_config, and does without where that is missing. podctl has
a reader of its own (see sshconfig.py); invoke and what it draws in take as long as all the rest (50 of 110 ms).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

_MISSING = "invoke" not in sys.modules

if _MISSING:
    _modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]  # None: is not to be found
    _modules["invoke"] = None

import paramiko  # noqa: E402

if _MISSING:
    del sys.modules["invoke"]

__all__ = ["paramiko"]
