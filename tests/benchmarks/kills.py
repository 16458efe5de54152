"""A thousand kills: ``python -m tests.benchmarks.kills [--kills N]`` prints what came of them."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.builders.delivery import a_database, a_planned_issue
from tests.support.doomed_sender import CONNECTIONS
from tests.support.kill_trial import kill_again_and_again


def main() -> None:
    """Kill, and print one line for each mode; an AssertionError names the promise that was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    for pipelining in (True, False):
        kills = arguments.kills // 2
        done = doubles = most = 0
        started = time.monotonic()
        while done < kills:
            with tempfile.TemporaryDirectory() as folder:
                engine = a_database(Path(folder))
                issue_id = a_planned_issue(engine, 3000)
                left = min(kills - done, 50)
                trial = kill_again_and_again(
                    engine, issue_id, left, pipelining=pipelining, seed=arguments.seed + done
                )
                engine.dispose()
            done, doubles, most = done + trial.kills, doubles + trial.doubles, max(most, trial.most_in_doubt)
        print(
            f"{'pipelined' if pipelining else 'lock step':10} {done} kills at statements of the engine: 0 lost, "
            f"{doubles} doubles, at most {most} in doubt after one (connections: {CONNECTIONS}), "
            f"{time.monotonic() - started:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
