"""``mailer preview``: a live page of an issue on this machine, for as long as somebody writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailer.cli.frame import Installation, pass_installation, say
from mailer.cli.installation import newsletter_for

if TYPE_CHECKING:
    import threading

    from flask import Flask
    from werkzeug.serving import BaseWSGIServer

    from mailer.newsletter import Newsletter

LOOPBACK = "127.0.0.1"


@click.command(
    epilog="""\b
Examples:
  mailer preview issue.md              then open http://localhost:8025/
  mailer preview issue.md --port 0     on any free port
  mailer preview issue.md --open       in the browser at once
"""
)
@click.argument("issue", type=click.Path(path_type=Path))
@click.option("--newsletter", metavar="NAME", help="Which newsletter, when there are several.")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="0: any free one.")
@click.option("--open", "open_browser", is_flag=True, help="Open it in the browser.")
@pass_installation
def preview(
    installation: Installation, issue: Path, newsletter: str | None, port: int, open_browser: bool
) -> None:
    """Show ISSUE as phones, desktops and dark mode show it; the page follows each save."""
    from mailer.flows.preview import PreviewDesk
    from mailer.resources import template_folders
    from mailer.web.preview import create_preview

    def read(source: Installation) -> tuple[Newsletter, tuple[Path, ...]]:
        folders = template_folders(source.settings_or_default.templates)
        return newsletter_for(source, newsletter, [issue]), folders

    chosen, folders = read(installation)
    desk = PreviewDesk(
        issue,
        chosen,
        folders,
        settings_file=installation.config_path,
        reread=lambda: read(Installation(installation.config)),
    )
    desk.check()
    server = _server(create_preview(desk), port)
    url = f"http://localhost:{server.server_address[1]}/"
    _set_on_signals(desk.ended)
    say(f"{issue} is shown at {url} and follows each save. Ctrl-C ends it.", err=True)
    if open_browser:
        click.launch(url)
    _serve_until(desk.ended, server)
    say("The preview has ended.", err=True)


def _set_on_signals(ended: threading.Event) -> None:
    """Ctrl-C and SIGTERM are noted and no more, so that none is lost in the middle of something."""
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())


def _serve_until(ended: threading.Event, server: BaseWSGIServer) -> None:
    """Requests are served on threads; this one only waits."""
    import threading

    threading.Thread(target=server.serve_forever, name="preview", daemon=True).start()
    ended.wait()
    server.shutdown()
    server.server_close()


def _server(app: Flask, port: int) -> BaseWSGIServer:
    """A server on loopback, with a thread for each page that waits for changes. Raises UsageError."""
    import logging
    import socket

    from werkzeug.serving import make_server

    from mailer.errors import UsageError

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # Bound here: werkzeug itself prints and exits when the port is taken.
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((LOOPBACK, port))
        except OSError as error:
            raise UsageError(
                f"port {port} cannot be used ({error.strerror}).", hint="Name another one: --port 8026."
            ) from error
        listening.listen()
        return make_server(LOOPBACK, listening.getsockname()[1], app, threaded=True, fd=listening.fileno())
