"""The command line as scripts and people meet it: exit codes, streams, errors as sentences, quick help."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import mailer
from mailer.cli import commands, frame, main
from mailer.errors import WorkLeft

HEAVY = ("sqlalchemy", "flask", "premailer", "rich", "jinja2", "alembic", "asyncio", "aiosmtplib")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def mailer_process(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as installed, in a process of its own."""
    command = [str(Path(sys.executable).with_name("mailer")), *arguments]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def an_issue(folder: Path, body: str = "Hello, harbour! The slipway is open again.\n") -> Path:
    path = folder / "2026-05-01-spring.md"
    path.write_text(f"---\ntitle: Spring at the harbour\ndate: 2026-05-01\n---\n\n{body}", encoding="utf-8")
    return path


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from mailer.cli import main\n"
        "main.main(['--help'], standalone_mode=False)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stderr.strip() == "[]"
    assert "Commands:" in answer.stdout


def test_lint_loads_neither_database_nor_web(tmp_path: Path) -> None:
    program = (
        "import sys; from mailer.cli import main\n"
        f"main.main(['lint', {str(an_issue(tmp_path))!r}], standalone_mode=False)\n"
        "print([n for n in ('sqlalchemy', 'flask', 'premailer') if n in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("name", [name for name, _ in commands.present()])
def test_every_command_explains_itself(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"Usage: mailer {name}")


def test_the_version_is_told() -> None:
    assert run("--version").stdout.strip().endswith(mailer.__version__)


def test_an_unknown_command_is_a_usage_error() -> None:
    result = run("sned")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "sned" in result.stderr


def test_wrong_settings_exit_with_2_and_name_the_line(tmp_path: Path) -> None:
    (tmp_path / "mailer.toml").write_text('base_url = "https://example.org"\ndatabse = "x"\n')
    answer = mailer_process("status", cwd=tmp_path)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr == "Error: mailer.toml:2: databse is no setting. Did you mean database?\n"


def _command_that(act: click.Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "load", lambda _name: act)


def test_an_unforeseen_error_is_one_sentence_and_debug_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def break_it() -> None:
        raise RuntimeError("the keel is off\nand more")

    _command_that(break_it, monkeypatch)
    result = run("anything")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "the keel is off" in result.stderr
    assert "--debug" in result.stderr
    with_debug = run("--debug", "anything")
    assert "Traceback" in with_debug.stderr
    assert "break_it" in with_debug.stderr


def test_work_left_exits_with_3_and_names_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def stop() -> None:
        raise WorkLeft("12 are left.", hint="Go on with: mailer send issue.md")

    _command_that(stop, monkeypatch)
    result = run("anything")
    assert (result.exit_code, result.stderr) == (3, "Error: 12 are left. Go on with: mailer send issue.md\n")


def test_ctrl_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def wait() -> None:
        raise KeyboardInterrupt

    _command_that(wait, monkeypatch)
    result = run("anything")
    assert result.exit_code == 3
    assert result.stderr.strip() == "Interrupted."


def test_a_secret_in_a_librarys_message_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    @frame.pass_installation
    def fail(installation: frame.Installation) -> None:
        password = installation.settings.smtp.password
        raise RuntimeError(f"login with {password} failed")

    (tmp_path / "mailer.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILER_SMTP_URL", "smtp://u:geheim@mail.example.org")
    _command_that(fail, monkeypatch)
    for options in ([], ["--debug"]):
        result = run(*options, "anything")
        assert "geheim" not in result.stderr
        assert "login with [secret] failed" in result.stderr


def test_a_reader_that_goes_away_is_no_error_message(tmp_path: Path) -> None:
    issues = [an_issue(tmp_path, "[LINK]\n\n" * 2000)]
    program = f"{Path(sys.executable).with_name('mailer')} lint --json {issues[0]} | head -1"
    answer = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert answer.stdout == "[\n"
    assert answer.stderr == ""


def test_lint_exits_with_1_on_errors_and_says_the_same_in_every_format(tmp_path: Path) -> None:
    good, bad = an_issue(tmp_path), tmp_path / "bad.md"
    bad.write_text(good.read_text().replace("Hello, harbour!", "Hello [LINK]"))
    assert mailer_process("lint", str(good), cwd=tmp_path).returncode == 0
    as_json = mailer_process("lint", str(bad), "--json", cwd=tmp_path)
    assert as_json.returncode == 1
    (problem,) = json.loads(as_json.stdout)
    assert list(problem) == ["file", "line", "column", "rule", "severity", "message", "hint"]
    assert (problem["line"], problem["column"], problem["severity"]) == (6, 7, "error")
    as_text = mailer_process("lint", str(bad), cwd=tmp_path)
    assert as_text.stdout == ""
    assert f"{bad}:6:7: error: " in as_text.stderr
    assert "\x1b" not in as_text.stderr
    sarif = json.loads(mailer_process("lint", str(bad), "--format", "sarif", cwd=tmp_path).stdout)
    assert sarif["runs"][0]["results"][0]["ruleId"] == problem["rule"]
    assert mailer_process("lint", str(bad), "--format", "github", cwd=tmp_path).stdout.startswith("::error file=")


def test_lint_speaks_of_the_files_that_it_was_given(tmp_path: Path) -> None:
    good = an_issue(tmp_path)
    bad = good.read_text().replace("Hello, harbour!", "Hallo [LINK]")
    german = tmp_path / "2026-05-01-spring.de.md"
    german.write_text(bad)
    (tmp_path / "2026-05-01-spring.pt-br.md").write_text(bad)
    assert json.loads(mailer_process("lint", str(good), "--json", cwd=tmp_path).stdout) == []
    for named in ([str(german)], [str(good), str(german)]):
        problems = json.loads(mailer_process("lint", *named, "--json", cwd=tmp_path).stdout)
        assert {Path(problem["file"]).name for problem in problems} == {german.name}


def test_strict_lint_fails_on_warnings(tmp_path: Path) -> None:
    issue = an_issue(tmp_path, "See [our boats](/boats/).\n")  # whose site is not known
    assert mailer_process("lint", str(issue), cwd=tmp_path).returncode == 0
    assert mailer_process("lint", str(issue), "--strict", cwd=tmp_path).returncode == 1


def test_render_writes_every_form_of_every_language(tmp_path: Path) -> None:
    issue = an_issue(tmp_path)
    (tmp_path / "2026-05-01-spring.de.md").write_text(issue.read_text().replace("Hello", "Moin"))
    answer = mailer_process("render", str(issue), "--out", "out", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    names = {
        f"2026-05-01-spring.{lang}.{form}" for lang in ("en", "de") for form in ("html", "txt", "mjml", "eml")
    }
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert {Path(line).name for line in answer.stdout.splitlines()} == names
    assert "Moin, harbour!" in (tmp_path / "out" / "2026-05-01-spring.de.txt").read_text()
    for path in (tmp_path / "out").iterdir():
        if path.suffix != ".mjml":
            assert b"@@" not in path.read_bytes()
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    mailer_process("render", str(issue), "--out", "out", cwd=tmp_path)
    assert before == {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}


def test_init_says_what_comes_next_and_leaves_stdout_alone(tmp_path: Path) -> None:
    answer = mailer_process("init", "news", cwd=tmp_path)
    assert (answer.returncode, answer.stdout) == (0, "")
    assert "secret.key" in answer.stderr
    again = mailer_process("init", "news", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_the_database_can_be_made_by_hand(tmp_path: Path) -> None:
    mailer_process("init", cwd=tmp_path)
    answer = mailer_process("db", "upgrade", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "mailer.db").exists()


def test_an_impossible_database_is_one_sentence(tmp_path: Path) -> None:
    mailer_process("init", cwd=tmp_path)
    answer = mailer_process("status", cwd=tmp_path, MAILER_DATABASE="sqlite:///no/such/folder/mailer.db")
    assert answer.returncode == 1
    assert answer.stderr.startswith("Error: ")
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("url", "exit_code"),
    [("postgresql://mailer:geheim@db:port/mailer", 2), ("postgresql://mailer:geheim@127.0.0.1:1/mailer", 1)],
)
def test_a_database_that_does_not_answer_keeps_its_password(tmp_path: Path, url: str, exit_code: int) -> None:
    mailer_process("init", cwd=tmp_path)
    answer = mailer_process("status", cwd=tmp_path, MAILER_DATABASE=url)
    assert answer.returncode == exit_code
    assert answer.stderr.startswith("Error: ")
    assert "geheim" not in answer.stderr
    assert "this should not have happened" not in answer.stderr


def test_work_that_needs_a_key_says_so(tmp_path: Path) -> None:
    (tmp_path / "mailer.toml").write_text('[newsletters.news]\nname = "News"\nsender = "news@example.org"\n')
    for words in (
        ["subscribers", "add", "x@example.org"],
        ["send", str(an_issue(tmp_path)), "--to", "x@example.org"],
    ):
        answer = mailer_process(*words, cwd=tmp_path)
        assert answer.returncode == 2
        assert "secret_key_file is missing" in answer.stderr
    assert mailer_process("subscribers", "list", cwd=tmp_path).returncode == 0


def test_fix_mends_the_file_and_nothing_else_of_it(tmp_path: Path) -> None:
    issue = tmp_path / "issue.md"
    before = "\ufeff---\r\ntitle: Spring\r\ndate: 2026-05-01\r\n---\r\n\r\nThe harbour café is open.\r\n"
    issue.write_bytes(before.replace("café", "cafÃ©").encode())
    issue.chmod(0o640)
    answer = mailer_process("lint", str(issue), "--fix", cwd=tmp_path)
    assert "mended" in answer.stderr
    assert issue.read_bytes() == before.encode()
    assert issue.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["issue.md"]
