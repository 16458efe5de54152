"""Links are asked of real servers: what is gone, moved, slow, or badly certified is told, politely found out."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from mailer.flows.checking_links import LinkCheck, check_links
from mailer.issue.reader import read_issue
from mailer.lint.engine import LintSettings
from mailer.lint.reached import Answer, Outcome
from mailer.newsletter import Newsletter
from mailer.reach.crew import ask_all
from mailer.reach.fetcher import Fetcher
from mailer.reach.memory import Memory
from mailer.reach.pixels import width_of
from tests.support.certificates import Authority
from tests.support.waiting import until
from tests.support.web_answers import Reply, Site, web_site

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NEWSLETTER = Newsletter("news", "News", "News <n@example.org>", "news.example.org", site_url="https://example.org")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    fetcher = Fetcher("tests", connect_seconds=60, read_seconds=60, retry_seconds=0.01)
    yield fetcher
    fetcher.close()


def picture(width: int, form: str = "PNG", padding: int = 0) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, 3), "navy").save(file, form)
    return file.getvalue() + bytes(padding)


def an_empty_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_a_page_that_is_there_is_asked_once_by_head(fetcher: Fetcher) -> None:
    with web_site({"/a": Reply()}) as site:
        assert fetcher.ask(f"{site.url}/a") == Answer(Outcome.FOUND, 200)
        assert site.asked == [("HEAD", "/a")]
        assert site.agents == {"tests"}


@pytest.mark.parametrize("status", [403, 405, 501, 404])
def test_where_head_is_not_liked_get_decides(status: int, fetcher: Fetcher) -> None:
    with web_site({"/a": Reply(head=status, body=b"page")}) as site:
        assert fetcher.ask(f"{site.url}/a").outcome is Outcome.FOUND
        assert site.asked == [("HEAD", "/a"), ("GET", "/a")]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(404, Outcome.GONE), (410, Outcome.GONE), (403, Outcome.REFUSED), (429, Outcome.REFUSED)],
)
def test_what_is_gone_is_told_from_what_is_not_for_robots(status: int, outcome: Outcome, fetcher: Fetcher) -> None:
    with web_site({"/a": Reply(status)}) as site:
        assert fetcher.ask(f"{site.url}/a") == Answer(outcome, status)


def test_permanent_redirects_name_the_new_address_and_others_do_not(fetcher: Fetcher) -> None:
    replies = {
        "/old": Reply(301, "/newer"),
        "/newer": Reply(308, "/new"),
        "/new": Reply(),
        "/login": Reply(302, "/new"),
        "/mixed": Reply(302, "/old"),
        "/half": Reply(301, "/login"),
        "/lost": Reply(301, "/nowhere"),
    }
    with web_site(replies) as site:
        asked = {path: fetcher.ask(site.url + path) for path in replies}
    assert asked["/old"] == Answer(Outcome.FOUND, 200, f"{site.url}/new")
    assert asked["/login"] == Answer(Outcome.FOUND, 200)
    assert asked["/mixed"] == Answer(Outcome.FOUND, 200)
    assert asked["/half"] == Answer(Outcome.FOUND, 200, f"{site.url}/login")
    assert asked["/lost"] == Answer(Outcome.GONE, 404, f"{site.url}/nowhere")


def test_redirects_without_end_end(fetcher: Fetcher) -> None:
    with web_site({"/a": Reply(302, "/b"), "/b": Reply(302, "/a")}) as site:
        assert fetcher.ask(f"{site.url}/a").outcome is Outcome.LOOP


def test_a_slow_answer_is_tried_once_more_and_then_left() -> None:
    fetcher = Fetcher("tests", connect_seconds=60, read_seconds=0.2, retry_seconds=0.01)
    with web_site({"/a": Reply(seconds=3.0)}) as site:
        assert fetcher.ask(f"{site.url}/a").outcome is Outcome.SILENT
        until(lambda: site.counted()["/a"] == 2)
    fetcher.close()


def test_a_server_that_stumbled_is_asked_again(fetcher: Fetcher) -> None:
    with web_site({"/a": Reply(first=503)}) as site:
        assert fetcher.ask(f"{site.url}/a").outcome is Outcome.FOUND


def test_where_nobody_listens_and_where_there_is_no_host(fetcher: Fetcher) -> None:
    assert fetcher.ask(f"http://127.0.0.1:{an_empty_port()}/").outcome is Outcome.SILENT
    assert fetcher.ask("http://nothing.invalid/").outcome is Outcome.NO_HOST
    assert fetcher.ask("http://[broken/").outcome is Outcome.NO_HOST


def test_certificates_are_verified_as_browsers_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority.made(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    wrong = {
        "expired": authority.server_context("localhost", days=-1, begun=30),
        "Hostname mismatch": authority.server_context("elsewhere.example"),
        "self": authority.server_context("localhost", self_signed=True),
    }
    fetcher = Fetcher("tests", retry_seconds=0.01)
    with web_site({"/a": Reply()}, tls=authority.server_context("localhost")) as site:
        assert fetcher.ask(f"{site.url}/a") == Answer(Outcome.FOUND, 200)
    for said, context in wrong.items():
        with web_site({"/a": Reply()}, tls=context) as site:
            answer = fetcher.ask(f"{site.url}/a")
            assert answer.outcome is Outcome.CERTIFICATE
            assert said in answer.detail
    fetcher.close()


@pytest.mark.parametrize("form", ["PNG", "GIF", "JPEG", "WEBP"])
def test_the_width_of_an_image_is_read_from_its_beginning(form: str) -> None:
    assert width_of(picture(1234, form)) == 1234
    assert all(width_of(picture(1234, form)[:length]) in (None, 1234) for length in range(40))


def test_images_tell_their_size_and_width(fetcher: Fetcher) -> None:
    replies = {
        "/small.png": Reply(body=picture(600)),
        "/heavy.jpg": Reply(body=picture(3000, "JPEG", padding=1_200_000)),
        "/unsaid.png": Reply(body=picture(600, padding=1_200_000), says_length=False),
    }
    with web_site(replies) as site:
        small, heavy, unsaid = (fetcher.ask(site.url + path, is_image=True) for path in replies)
    assert (small.width, small.size_bytes) == (600, len(replies["/small.png"].body))
    assert (heavy.width, heavy.size_bytes) == (3000, len(replies["/heavy.jpg"].body))
    assert unsaid.size_bytes is not None
    assert unsaid.size_bytes > 1_000_000


def test_a_host_is_asked_by_two_at_once_however_many_links_lead_there() -> None:
    fetcher = Fetcher("tests")
    with web_site({f"/{number}": Reply(seconds=0.03) for number in range(12)}) as site:
        keys = [(f"{site.url}/{number}", False) for number in range(12)]
        answers = ask_all(keys, lambda key: fetcher.ask(key[0]), pause_seconds=0.0)
        assert {answer.outcome for answer in answers.values()} == {Outcome.FOUND}
        assert len(answers) == 12
        assert site.most_at_once == 2
    fetcher.close()


def checked(body: str, memory: Memory, *, offline: bool = False, now: datetime = NOON, **lint: str) -> LinkCheck:
    source = f"---\ntitle: News\ndate: 2026-05-01\n---\n{body}\n"
    issue = read_issue(source.encode(), "issue.md", NEWSLETTER)
    fetcher = Fetcher("tests", read_seconds=60, retry_seconds=0.01)
    settings = LintSettings.read({name.replace("_", "-"): word for name, word in lint.items()})
    return check_links([issue], settings, memory, now, offline=offline, fetcher=fetcher)


def told(found: LinkCheck) -> list[str]:
    return [f"{problem.place.line}:{problem.place.column} {problem.rule}" for problem in found.problems]


def a_site() -> dict[str, Reply]:
    return {
        "/fine": Reply(),
        "/moved": Reply(301, "/fine"),
        "/wide.png": Reply(body=picture(2400)),
        "/robots": Reply(403),
    }


def body_of(site: Site) -> str:
    return (
        f"[Fine]({site.url}/fine#part) and [gone]({site.url}/gone), [again]({site.url}/gone).\n"
        f"[Moved]({site.url}/moved), [closed]({site.url}/robots) ![wide]({site.url}/wide.png)\n"
    )


def test_problems_stand_at_the_link_and_each_address_is_asked_once(tmp_path: Path) -> None:
    with web_site(a_site()) as site:
        found = checked(body_of(site), Memory(tmp_path / "links.json"))
        assert [line.split()[1] for line in told(found)] == ["link-broken", "link-moved", "image-wide"]
        (gone, moved, _) = found.problems
        assert (gone.place.line, moved.place.line) == (5, 6)
        assert "(404)" in gone.message
        assert f"{site.url}/fine" in moved.hint
        assert (found.asked, found.unanswered, found.not_asked) == (5, 1, 0)
        assert site.counted()["/fine"] == 2  # by itself and behind the redirect


def test_an_answer_is_remembered_for_a_day_and_a_bad_one_for_minutes(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "links.json"
    with web_site(a_site()) as site:
        body = body_of(site)
        first = checked(body, Memory(file))
        count = len(site.asked)
        again = checked(body, Memory(file), now=NOON + timedelta(minutes=5))
        assert (again.asked, again.remembered, len(site.asked)) == (0, 5, count)
        assert again.problems == first.problems
        later = checked(body, Memory(file), now=NOON + timedelta(hours=2))
        assert (later.asked, later.remembered) == (2, 3)  # what was gone or refused
        assert checked(body, Memory(file), now=NOON + timedelta(hours=25)).asked == 5


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"form": 1, "answers": [{"url": 3}]}', '{"form": 9, "answers": []}']
)
def test_a_memory_that_cannot_be_read_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "links.json").write_text(content)
    memory = Memory(tmp_path / "links.json")
    assert memory.recall(("https://example.org/", False), NOON) is None
    memory.remember({("https://example.org/", False): Answer(Outcome.FOUND, 200)}, NOON)
    assert Memory(tmp_path / "links.json").recall(("https://example.org/", False), NOON) is not None


def test_a_memory_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "links.json")
    memory.remember({("https://example.org/", False): Answer(Outcome.FOUND, 200)}, NOON)
    assert Memory(tmp_path / "file" / "links.json").recall(("https://example.org/", False), NOON) is None


def test_offline_asks_nobody_and_says_so(tmp_path: Path) -> None:
    with web_site(a_site()) as site:
        found = checked(body_of(site), Memory(tmp_path / "links.json"), offline=True)
        assert (found.problems, found.asked, found.not_asked, found.is_offline) == ((), 0, 5, True)
        assert site.asked == []


def test_without_a_network_nothing_is_a_problem(tmp_path: Path) -> None:
    hosts = " ".join(f"[x](http://host{number}.invalid/)" for number in range(6))
    found = checked(hosts, Memory(tmp_path / "links.json"))
    assert (found.problems, found.not_asked, found.is_offline) == ((), 6, True)
    assert checked(hosts, Memory(tmp_path / "links.json")).remembered == 0


def test_settings_and_comments_switch_these_rules_too(tmp_path: Path) -> None:
    with web_site(a_site()) as site:
        memory = Memory(tmp_path / "links.json")
        found = checked(body_of(site), memory, link_moved="off", link_broken="error")
        assert [str(problem.severity) for problem in found.problems] == ["error", "warning"]
        silenced = "<!-- lint: off link-broken -->\n" + body_of(site)
        assert [line.split()[1] for line in told(checked(silenced, memory))] == ["link-moved", "image-wide"]


def test_an_issues_own_page_is_not_asked_for_before_it_is_there(tmp_path: Path) -> None:
    with web_site({}) as site:
        source = f"---\ntitle: News\nurl: {site.url}/2026/news/\n---\n[This page]({site.url}/2026/news/)\n"
        issue = read_issue(source.encode(), "issue.md", NEWSLETTER)
        assert check_links([issue], LintSettings(), Memory(tmp_path / "links.json"), NOON).asked == 0
        assert site.asked == []
