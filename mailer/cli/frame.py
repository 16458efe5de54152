"""The frame of every command: global options, lazy subcommands, and errors as one sentence with an exit code.

Law: exit codes are 0 done, 1 failed, 2 usage or settings, 3 stopped with work left; a traceback reaches a
person only with ``--debug``; data goes to stdout, words for people to stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

import mailer
from mailer.cli import commands
from mailer.cli.installation import Installation, newsletter_for, newsletter_of
from mailer.errors import MailerError

__all__ = ["Installation", "main", "newsletter_for", "newsletter_of", "pass_installation", "say"]

FAILED: Final = 1
INTERRUPTED: Final = 3

pass_installation = click.make_pass_decorator(Installation)
"""Decorates a command so that its first argument is the ``Installation``."""


class Mailer(click.Group):
    """The group whose subcommands are imported when used, and which turns every error into a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _ in commands.present()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return commands.load(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if rows := [(name, entry.summary) for name, entry in commands.present()]:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line and exit with its code; a command may return its exit code as an int."""
        installation = extra.setdefault("obj", Installation())
        extra.setdefault("color", False if os.environ.get("NO_COLOR") else None)
        run = partial(super().main, args, prog_name or "mailer", complete_var, standalone_mode=False, **extra)
        if not standalone_mode:
            return run()
        try:
            result: object = run()
        except Exception as error:
            sys.exit(_explain(error, installation))
        sys.exit(result if isinstance(result, int) else 0)


def _explain(error: Exception, installation: Installation) -> int:
    """Say on stderr what went wrong and return the exit code."""
    if installation.debug:
        import traceback

        say(installation.redact("".join(traceback.format_exception(error))), err=True)
    match error:
        case click.ClickException():
            error.show()
            return error.exit_code
        case click.Abort():
            stopped = isinstance(error.__cause__, KeyboardInterrupt)
            say("Interrupted." if stopped else "Stopped: nothing was done.", err=True)
            return INTERRUPTED if stopped else FAILED
        case MailerError():
            say(_error_word() + str(error), err=True)
            return error.exit_code
        case _:
            first_line = (str(error).strip().splitlines() or [""])[0]
            what = f"{type(error).__name__}: {installation.redact(first_line)}".rstrip(": ")
            hint = "" if installation.debug else " Run it again with --debug to see where: mailer --debug …"
            say(f"{_error_word()}this should not have happened ({what}).{hint}", err=True)
            return FAILED


def _error_word() -> str:
    return click.style("Error: ", fg="red", bold=True)


def say(text: str, *, err: bool = False) -> None:
    """Print data on stdout, or words for people on stderr; colour only on a terminal, never with NO_COLOR."""
    click.echo(text, err=err, color=False if os.environ.get("NO_COLOR") else None)


EPILOG: Final = """\b
Examples:
  mailer demo                              the whole trip on this machine, nothing configured
  mailer init && mailer lint issue.md      start a newsletter, check its first issue
  mailer send issue.md --to me@example.org a test copy for me
  mailer send issue.md                     show what will happen, ask, send
  mailer report 2026-05-01-spring          what happened to each person

\b
Shell completion: eval "$(_MAILER_COMPLETE=bash_source mailer)"   (also zsh_source, fish_source)
Exit codes: 0 done, 1 failed, 2 usage or settings, 3 stopped with work left.
"""


@click.group(
    "mailer",
    cls=Mailer,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The mailer.toml to use; else MAILER_CONFIG, else the one in the current folder.",
)
@click.option("--debug", is_flag=True, help="Show where an error came from.")
@click.version_option(mailer.__version__, prog_name="mailer")
@click.pass_context
def main(context: click.Context, config: Path | None, debug: bool) -> None:
    """Send a community's newsletter: Markdown in git, checked, rendered, sent with a ledger that adds up."""
    installation = context.find_object(Installation)
    if installation is None:  # click was driven without our main(): a test that calls invoke() by itself
        installation = context.obj = Installation()
    installation.config = config if config is not None else installation.config
    installation.debug = debug or installation.debug
    context.call_on_close(installation.close)
