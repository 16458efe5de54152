import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from mailer.configuration import load_settings
from mailer.errors import MailerError, SettingsError
from mailer.flows.preview import PreviewDesk
from mailer.newsletter import Newsletter
from mailer.resources import template_folders
from mailer.web.preview import _changes, create_preview
from tests.builders.message import a_newsletter
from tests.support.processes import started
from tests.support.waiting import PATIENCE_SECONDS

ISSUE = """---
title: Seeds of {month}
date: 2025-06-10
---

Welcome to the garden, {greeting}.

![A bed of tulips](https://images.example.org/tulips.jpg)

## Sowing

TODO write about carrots.
"""


def write(path: Path, *, month: str = "June", greeting: str = "friends") -> None:
    path.write_text(ISSUE.format(month=month, greeting=greeting), encoding="utf-8")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    issue = tmp_path / "2025-06-seeds.md"
    write(issue)
    return issue


@pytest.fixture
def desk(path: Path) -> PreviewDesk:
    return PreviewDesk(path, a_newsletter(), template_folders(None))


@pytest.fixture
def client(desk: PreviewDesk) -> FlaskClient:
    return create_preview(desk).test_client()


def test_a_save_is_seen_at_the_next_look(desk: PreviewDesk, path: Path) -> None:
    before = desk.look()
    assert before.subject == "Seeds of June"
    assert desk.look() is before
    write(path, month="Autumn")
    after = desk.look()
    assert after.subject == "Seeds of Autumn"
    assert after.drawn.revision != before.drawn.revision


def test_a_look_tells_size_and_problems(desk: PreviewDesk) -> None:
    look = desk.look()
    assert any("TODO" in ISSUE.split("\n")[problem.place.line - 1] for problem in look.problems)
    assert look.size_bytes > 1000


def test_a_translation_beside_the_issue_is_a_look_of_its_own(path: Path) -> None:
    path.with_suffix(".de.md").write_text(
        "---\ntitle: Samen im Juni\ndate: 2025-06-10\n---\n\nWillkommen.\n", encoding="utf-8"
    )
    newsletter = a_newsletter(languages=("en", "de"))
    desk = PreviewDesk(path, newsletter, template_folders(None))
    assert desk.look("de").subject == "Samen im Juni"
    assert desk.look("de").drawn.languages == ("en", "de")
    assert desk.look("nl").subject == "Seeds of June"


def test_a_file_that_vanishes_is_said_and_forgiven(client: FlaskClient, path: Path) -> None:
    path.unlink()
    assert "no such file" in client.get("/look").get_json()["error"]
    assert client.get("/mail/light").status_code == 503
    write(path)
    assert client.get("/look").get_json()["subject"] == "Seeds of June"


def test_an_issue_that_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(MailerError, match="no such file"):
        PreviewDesk(tmp_path / "none.md", a_newsletter(), template_folders(None)).check()


def test_the_stream_tells_each_save_once(desk: PreviewDesk, path: Path) -> None:
    stream = _changes(desk)
    first = next(stream)
    write(path, month="Autumn")
    assert next(stream) not in ("", first)


def test_modes_do_not_depend_on_the_system(client: FlaskClient) -> None:
    light, dark, bare = (client.get(f"/mail/{view}") for view in ("light", "dark", "bare"))
    for answer in (light, dark, bare):
        assert "prefers-color-scheme" not in answer.text
        assert "@@" not in answer.text
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert dark.text.count("(min-width: 0)") == light.text.count("(min-width: 99999px)") > 0
    assert "img-src 'none'" in bare.headers["Content-Security-Policy"]
    assert client.get("/mail/other").status_code == 404


def test_only_names_of_this_machine_are_answered(client: FlaskClient) -> None:
    for path in ("/", "/look", "/mail/light", "/changes", "/preview.js"):
        assert client.get(path, headers={"Host": "evil.example:8025"}).status_code == 403
    assert client.get("/", headers={"Host": "127.0.0.1:8025"}).status_code == 200
    assert client.get("/", headers={"Host": "[::1]:8025"}).status_code == 200


def test_no_other_file_is_handed_out(client: FlaskClient) -> None:
    for path in ("/..%2fissue%2fissue.mjml", "/mailer.toml", "/2025-06-seeds.md"):
        assert client.get(path).status_code == 404


@pytest.fixture
def url(desk: PreviewDesk) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_preview(desk), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.mark.browser
def test_the_page_follows_a_save_in_every_view(browser: Browser, url: str, path: Path) -> None:
    page = browser.new_page(viewport={"width": 1600, "height": 900}, bypass_csp=True)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.route("https://images.example.org/**", lambda route: route.abort())
    page.goto(url)
    page.wait_for_selector("body[data-shown]")
    assert page.locator("#subject").inner_text() == "Seeds of June"
    assert "TODO" in page.locator(".line.error-line").first.inner_text()
    assert page.locator(".note").count() >= 1
    write(path, greeting="gardeners of the north")
    page.wait_for_function(
        "[...document.querySelectorAll('.frame iframe:not(.coming), .frame pre')]"
        ".filter(e => (e.contentDocument?.body ?? e).textContent.includes('gardeners of the north')).length == 5",
        timeout=60_000,
    )
    page.wait_for_function("document.getElementById('source').textContent.includes('of the north')")
    assert page.locator("iframe.coming").count() == 0
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 0
    assert not faults
    page.close()


@pytest.mark.browser
def test_a_view_that_is_switched_off_stays_off(browser: Browser, url: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("body[data-shown]")
    page.get_by_role("button", name="Plain text").click()
    assert page.locator(".view.text").is_hidden()
    page.reload()
    page.wait_for_selector("body[data-shown]")
    assert page.locator(".view.text").is_hidden()
    page.get_by_role("button", name="Plain text").click()
    assert page.locator(".view.text").is_visible()
    context.close()


COMMAND = [sys.executable, "-c", "from mailer.cli import main; main()", "preview"]
ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def test_the_command_serves_until_it_is_interrupted(path: Path) -> None:
    command = [*COMMAND, path.name, "--port", "0"]
    with started(command, cwd=path.parent, env=ENVIRONMENT, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        found = re.search(r"http://localhost:(\d+)/", process.stderr.readline())
        assert found
        at = f"http://127.0.0.1:{found[1]}"
        with urllib.request.urlopen(f"{at}/look", timeout=PATIENCE_SECONDS) as answer:
            assert b"Seeds of June" in answer.read()
        with urllib.request.urlopen(
            f"http://127.0.0.1:{found[1]}/changes", timeout=PATIENCE_SECONDS
        ) as page_still_open:
            assert page_still_open.readline().startswith(b"data: ")
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_SECONDS) == 0
        assert "Traceback" not in process.stderr.read()


def test_a_port_in_use_is_one_sentence(path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [*COMMAND, path.name, "--port", str(port)],
            cwd=path.parent,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert f"port {port} cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr


PIXEL = bytes.fromhex("89504e470d0a1a0a")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site's repository: an issue in content/posts, pictures beside it and in static."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "content/posts").mkdir(parents=True)
    (tmp_path / "static/images").mkdir(parents=True)
    (tmp_path / "static/images/gull.png").write_bytes(PIXEL)
    (tmp_path / "content/posts/crane.svg").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "content/posts/secret.txt").write_text("not a picture")
    (tmp_path / "content/posts/june.md").write_text(
        "---\ntitle: June\ndate: 2025-06-10\nurl: /posts/june/\n---\n\n"
        "![A gull](/images/gull.png)\n\n![A crane](crane.svg)\n\n![Elsewhere](https://images.example.org/x.png)\n\n"
        "![Out](../../../out.png)\n\n![No picture](secret.txt)\n"
    )
    (tmp_path.parent / "out.png").write_bytes(PIXEL)
    return tmp_path


def test_pictures_that_only_the_repository_has_are_shown(site: Path) -> None:
    newsletter = replace(a_newsletter(), site_url="https://site.example.org")
    desk = PreviewDesk(site / "content/posts/june.md", newsletter, template_folders(None))
    client = create_preview(desk).test_client()
    sources = re.findall(r'<img src="([^"]*)"', client.get("/mail/light").text)
    assert sources[:3] == ["/picture/0?language=", "/picture/1?language=", "https://images.example.org/x.png"]
    gull, crane, none = (client.get(f"/picture/{number}") for number in range(3))
    assert (gull.data, gull.mimetype) == (PIXEL, "image/png")
    assert crane.mimetype == "image/svg+xml"
    assert "sandbox" in crane.headers["Content-Security-Policy"]
    assert none.status_code == 404
    assert all("/picture/" not in source for source in sources[3:])


def test_a_new_picture_is_a_change_and_looking_again_is_none(site: Path) -> None:
    newsletter = replace(a_newsletter(), site_url="https://site.example.org")
    desk = PreviewDesk(site / "content/posts/june.md", newsletter, template_folders(None))
    drawn = desk.draw()
    assert desk.draw() is drawn
    assert desk.revision() == drawn.revision
    (site / "static/images/gull.png").write_bytes(PIXEL + b"more")
    assert desk.revision() != drawn.revision


SETTINGS = '[newsletters.garden]\nname = "{name}"\nsender = "g@example.org"\naccent = "{accent}"\n'


def test_a_change_of_the_settings_is_followed_and_a_mistake_in_them_said(path: Path) -> None:
    file = path.with_name("mailer.toml")
    file.write_text(SETTINGS.format(name="The Garden", accent="#8a2c12"))

    def read() -> tuple[Newsletter, tuple[Path, ...]]:
        settings = load_settings(file, with_secrets=False)
        return settings.newsletters["garden"], template_folders(settings.templates)

    desk = PreviewDesk(path, *read(), settings_file=file, reread=read)
    before = desk.draw()
    assert "#8a2c12" in before.rendered.html
    file.write_text(SETTINGS.format(name="The Garden", accent="#12508a"))
    assert desk.revision() != before.revision
    assert "#12508a" in desk.draw().rendered.html
    file.write_text(SETTINGS.format(name="The Garden", accent="blue"))
    with pytest.raises(SettingsError, match="colour"):
        desk.draw()
    file.write_text(SETTINGS.format(name="Another Garden", accent="#12508a"))
    assert "Another Garden" in desk.draw().rendered.html
