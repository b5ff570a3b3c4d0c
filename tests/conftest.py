"""What a run says at its end, and what it must not leave out.

The number of tests on real Minions that this repository has stands in tests/real/count. With PODCTL_TESTS=all (CI)
fewer that passed, or one that was skipped, is a failure: a green run that tested nothing is none.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import settings

# How long a value takes is for a benchmark to say: on a busy machine it would be chance.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

REAL = Path(__file__).parent / "real"
BEGAN = time.monotonic()


def _of(reporter, outcome):
    reports = reporter.stats.get(outcome, [])
    return [each for each in reports if "real" in getattr(each, "keywords", {}) and each.when in ("call", "setup")]


def _shortfall(reporter) -> str:
    """Why a run that must have all tests on real Minions had not; "" when it had, or need not."""
    config = reporter.config
    whole = any(Path(arg).resolve() == REAL for arg in config.args) and not config.option.keyword
    if os.environ.get("PODCTL_TESTS") != "all" or not whole:
        return ""
    skipped, passed = _of(reporter, "skipped"), _of(reporter, "passed")
    wanted = int((REAL / "count").read_text())
    if skipped:
        return f"{len(skipped)} tests on real Minions were skipped, the first for: {skipped[0].longrepr}"
    return f"{len(passed)} tests on real Minions passed; tests/real/count says {wanted}" if len(passed) < wanted else ""


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    real = sum(len(_of(terminalreporter, outcome)) for outcome in ("passed", "failed"))
    skipped = len(terminalreporter.stats.get("skipped", []))
    seconds = time.monotonic() - BEGAN
    terminalreporter.write_line(f"real Minions: {real} tests; skipped: {skipped}; {seconds:.0f} s in all")
    if shortfall := _shortfall(terminalreporter):
        terminalreporter.write_line(f"FAILED: {shortfall}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and not hasattr(session.config, "workerinput") and exitstatus == 0 and _shortfall(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
