"""``mailer serve``: the web app, and on SQLite the worker beside it, for the small installation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from mailer.cli import commands
from mailer.cli.companion import Companion
from mailer.cli.frame import Installation, pass_installation, say
from mailer.errors import UsageError

if TYPE_CHECKING:
    from flask import Flask

THREADS: Final = 4
"""A process: a slow reader holds a thread, not everybody."""


@click.command(
    epilog="""\b
Examples:
  mailer serve                           http://127.0.0.1:8080/, behind a proxy that speaks https
  mailer serve --host 0.0.0.0 --port 80  to everybody
  mailer serve --no-worker               pages only; something else runs: mailer worker
\b
With more traffic, or on PostgreSQL: gunicorn --workers 4 wsgi:app, and mailer worker beside it.
Behind a proxy, set [web] proxies = 1, so that the people's own addresses count.
"""
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option(
    "--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="How many serve pages."
)
@click.option("--worker/--no-worker", default=None, help="Whether to run the worker too; on SQLite it is.")
@pass_installation
def serve(installation: Installation, host: str, port: int, processes: int, worker: bool | None) -> None:
    """Run the web app: subscribe and unsubscribe pages, archive and feeds; on SQLite the worker too."""
    from mailer.web import create_app

    settings = installation.settings
    _refuse_taken(host, port)
    app = create_app(settings)
    companion = _companion(installation, wanted=worker)
    if companion is not None:
        companion.start()
    shown = f"[{host}]" if ":" in host else host
    say(f"Serving {settings.base_url} at http://{shown}:{port}/. Ctrl-C ends it.", err=True)
    try:
        _serve(app, f"{shown}:{port}", processes)
    finally:
        if companion is not None:
            companion.stop()


def _refuse_taken(host: str, port: int) -> None:
    """Raise UsageError where nobody could listen; the server itself would try for a while and leave a log."""
    import socket

    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise UsageError(
            f"cannot listen at {host}, port {port} ({error.strerror}).",
            hint="Name others: --host 127.0.0.1 --port 8081.",
        ) from error


def _companion(installation: Installation, *, wanted: bool | None) -> Companion | None:
    """The worker's process; None where it is not wanted, or this version has none."""
    on_sqlite = installation.settings.database.startswith("sqlite")
    if wanted is False or (wanted is None and not on_sqlite):
        if wanted is None:
            say("On PostgreSQL the worker is a process of its own: mailer worker.", err=True)
        return None
    if commands.load("worker") is None:
        say("Warning: there is no worker in this version: notices and scheduled issues wait.", err=True)
        return None
    words = ["--config", str(installation.config_path.absolute()), "worker"]
    return Companion([sys.executable, "-c", "from mailer.cli import main; main()", *words])


def _serve(app: Flask, address: str, processes: int) -> None:
    """Answer requests until SIGTERM or Ctrl-C."""
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
        """gunicorn with our app, which was made before it forks."""

        def load_config(self) -> None:
            options: dict[str, Any] = {
                "bind": address,
                "workers": processes,
                "worker_class": "gthread",
                "threads": THREADS,
                "loglevel": "warning",
                "proc_name": "mailer serve",
                "control_socket_disable": True,  # a door that nobody asked for; newer gunicorns only
            }
            for name, value in options.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    try:
        Server().run()
    except SystemExit as ended:  # gunicorn ends the process itself; the companion must end first
        if ended.code not in (0, None):
            raise
