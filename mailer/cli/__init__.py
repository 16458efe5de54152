"""The command line: arguments in, text out, exit codes. A command's module is imported when it is used."""

from mailer.cli.frame import main

__all__ = ["main"]
