"""`make chaos`: many schedules, several sandboxes at once, and a report of what was done and what went wrong.

    python tests/real/chaos --seed 1000 --schedules 200 --workers 2       # Ctrl-C: a report of those so far

The seed of a schedule that failed replays it: --replay SEED. Ends with 1 when anything was violated.
"""

from __future__ import annotations

import argparse
import queue
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[2])]

from clients import SOURCES  # noqa: E402 - found by the line above
from schedules import schedule  # noqa: E402
from trial import Trial, carry_out  # noqa: E402

from podctl.engine.sandbox import up  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000, help="of the first schedule")
    parser.add_argument("--schedules", type=int, default=200)
    parser.add_argument("--replay", type=int, nargs="*", default=[], metavar="SEED", help="these seeds and no others")
    parser.add_argument("--workers", type=int, default=2, help="sandboxes at once")
    parser.add_argument("--sources", type=Path, default=SOURCES, help="the checkout whose podctl is tried")
    parser.add_argument("--logs", type=Path, default=Path(tempfile.gettempdir()) / "podctl-chaos")
    told = parser.parse_args()
    told.logs.mkdir(parents=True, exist_ok=True)
    seeds: queue.Queue[int] = queue.Queue()
    wanted = told.replay or range(told.seed, told.seed + told.schedules)
    for seed in wanted:
        seeds.put(seed)
    trials: list[Trial] = []
    began = time.monotonic()
    workers = [
        threading.Thread(target=_work, args=(number, seeds, trials, told.sources, told.logs))
        for number in range(told.workers)
    ]
    for each in workers:
        each.start()
    _join(workers, seeds)
    print(report(trials, time.monotonic() - began, told.logs))
    return 1 if len(trials) < len(wanted) or any(each.violations for each in trials) else 0


def _join(workers: list[threading.Thread], seeds: queue.Queue[int]) -> None:
    """Ctrl-C lets the schedules that run come to their end; the report is of those."""
    try:
        for each in workers:
            each.join()
    except KeyboardInterrupt:
        print("ending with the schedules that run", flush=True)
        with seeds.mutex:
            seeds.queue.clear()
        for each in workers:
            each.join()


def _work(number: int, seeds: queue.Queue[int], trials: list[Trial], sources: Path, logs: Path) -> None:
    with up(Path(tempfile.gettempdir()) / f"podctl-chaos-{number}", 3) as sandbox:
        while True:
            try:
                seed = seeds.get_nowait()
            except queue.Empty:
                return
            scratch = logs / f"{seed}"
            scratch.mkdir(exist_ok=True)
            trial = carry_out(schedule(seed), sandbox, scratch, sources)
            trials.append(trial)
            (scratch / "log").write_text(str(trial))
            words = "; ".join(trial.violations) or "as it must be"
            codes = " ".join(f"{code}:{count}" for code, count in sorted(trial.codes.items()))
            head = f"{len(trials):4d} seed {seed}: {trial.seconds:.0f} s, {trial.rounds} rounds, exits {codes}"
            print(f"{head}: {words}", flush=True)


def report(trials: list[Trial], seconds: float, logs: Path) -> str:
    """Counts per command and fault, how it ended, and the seeds that replay what failed."""
    faults = Counter(str(each.trouble) for trial in trials for each in trial.schedule.faults)
    ops = Counter(str(each.verb) for trial in trials for mine in trial.schedule.clients for each in mine)
    codes: Counter[int] = sum((trial.codes for trial in trials), Counter())
    failed = sorted((trial for trial in trials if trial.violations), key=lambda each: each.schedule.seed)
    took = [trial.seconds for trial in trials] or [0.0]
    rounds = Counter(trial.rounds for trial in trials)
    lines = [
        "",
        f"{len(trials)} schedules in {seconds:.0f} s, one in {statistics.median(took):.0f} s (at most {max(took):.0f})",
        "commands:  " + ", ".join(f"{count} {name}" for name, count in sorted(ops.items())),
        "faults:    " + ", ".join(f"{count} {name}" for name, count in sorted(faults.items())),
        "exits:     " + ", ".join(f"{count} with {code}" for code, count in sorted(codes.items())),
        f"handovers: {sum(trial.handovers for trial in trials)}, start before stop as planned",
        f"the last desired state was reached with the 1st apply {rounds[1]} times, with the 2nd {rounds[2]} times",
        f"violations: {sum(len(trial.violations) for trial in failed)} in {len(failed)} schedules",
    ]
    for trial in failed:
        lines += [f"  seed {trial.schedule.seed} ({logs / str(trial.schedule.seed) / 'log'}):"]
        lines += [f"    {each}" for each in trial.violations]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
