"""At a real terminal an import says what it would do, and does it only after a yes."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from mailer.configuration.starting import start_installation
from tests.support.newsroom import MAILER
from tests.support.processes import started
from tests.support.waiting import PATIENCE_SECONDS

PEOPLE = "email,status\nada@example.org,\nnobody,\neve@example.org,unsubscribed\n"


def at_a_terminal(folder: Path, answer: str, *arguments: str) -> tuple[int, str]:
    """Run a command whose input is a terminal; type ``answer`` when it asks. Exit code and what it said."""
    ours, theirs = pty.openpty()
    try:
        command = [MAILER, *arguments]
        with started(
            command, cwd=folder, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as running:
            assert running.stderr is not None
            said = b""
            while b"people? [y/N]" not in said:  # no end of a line is written before the answer
                piece = os.read(running.stderr.fileno(), 4096)
                if not piece:
                    break
                said += piece
            os.write(ours, answer.encode())
            rest = running.communicate(timeout=PATIENCE_SECONDS)[1]
        return running.returncode, said.decode() + rest
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("y\n", 0)])
def test_the_summary_comes_first_and_only_a_yes_imports(tmp_path: Path, answer: str, code: int) -> None:
    start_installation(tmp_path)
    (tmp_path / "people.csv").write_text(PEOPLE)
    exit_code, said = at_a_terminal(tmp_path, answer, "subscribers", "import", "people.csv")
    assert exit_code == code, said
    before_the_question = said.partition("people? [y/N]")[0]
    assert "3 rows: 2 would be imported (1 subscribed, 1 unsubscribed)" in before_the_question
    assert said.count("people.csv:3: 'nobody'") == 1
    listed = subprocess.run(
        [MAILER, "subscribers", "list"], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout
    assert len(listed.splitlines()) == (0 if code else 2)
