"""The worker beside the web app: it never outlives those who started it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
STARTED_AND_STOPPED = """
import sys, time
from mailer.cli.companion import Companion
for moment in range(12):
    companion = Companion([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    companion.start()
    time.sleep(moment / 1000)
    companion.stop()
"""


def test_a_command_that_was_just_started_ends_with_its_keeper_whenever_it_is_asked() -> None:
    done = subprocess.run(  # it would wait for whoever is left with its output
        [sys.executable, "-c", STARTED_AND_STOPPED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    assert done.stdout + done.stderr == ""
