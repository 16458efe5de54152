"""Whatever a stranger sends, the app answers with something better than "something went wrong"."""

from __future__ import annotations

import string
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.builders.archive import an_installation
from tests.support.postgres import empty_postgres, postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW", "ÿ")
PLACES = (
    "/",
    "/harbour/",
    "/harbour/2026-05-01-spring/",
    "/harbour/2026-05-01-spring/de/",
    "/harbour/feed.atom",
    "/harbour/feed.de.json",
    "/static/page.css",
    "/healthz",
    "/metrics",
    "/subscribe",
    "/harbour/subscribe",
    "/harbour/embed",
    "/confirm/x",
    "/unsubscribe/x",
    "/preferences/x",
    "/hooks/sns",
)
NASTY = st.sampled_from(
    (
        *(
            "\x00",
            "%00",
            "..",
            "../../etc/passwd",
            "\ud800",
            "\ufffe",
            "'",
            '"',
            "{{7*7}}",
            "\r\nX: y",
            "%",
            "%ff",
        ),
        *("\u202e", "a" * 5000, "🧭", "é", "e\u0301", "-1", "9" * 40, "<script>", "\u200b", "&", "=", ";", "|"),
    )
)
WORDS = st.one_of(NASTY, st.text(alphabet=string.printable, max_size=40), st.text(max_size=20))
CONTENT_TYPES = st.sampled_from(
    (
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=nonsense",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "application/json",
        "text/plain; charset=utf-7",
        "",
        "\xff",
    )
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder: Path = tmp_path_factory.mktemp("wild")
    if request.param == "sqlite":
        installation = an_installation(folder)
        installation.send_demo()
        yield installation.app().test_client()
        installation.engine.dispose()
        return
    with empty_postgres(request.getfixturevalue("postgres_server")) as url:
        installation = an_installation(folder, database=url)
        installation.send_demo()
        yield installation.app().test_client()
        installation.engine.dispose()


def status(client: FlaskClient, **request: object) -> int:
    """The status of a request that is put together below the level at which a client would tidy it up."""
    builder = EnvironBuilder(method=str(request["method"]), path="/", headers=request.get("headers"))  # type: ignore[arg-type]
    environ = builder.get_environ()
    path = str(request["path"]).encode("utf-8", "surrogatepass").decode("latin-1")
    environ |= {"PATH_INFO": path, "QUERY_STRING": str(request.get("query", ""))}
    body = request.get("body", b"")
    assert isinstance(body, bytes)
    if body:
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    environ["CONTENT_TYPE"] = str(request.get("content_type", ""))
    iterator, line, _ = run_wsgi_app(client.application, environ)
    list(iterator)
    return int(line.split()[0])


@pytest.mark.parametrize("method", METHODS)
def test_every_place_answers_every_method(client: FlaskClient, method: str) -> None:
    for place in PLACES:
        for body in (b"", b"email=a@b.example", b"\x00" * 100, b"\xff" * 100_000):
            code = status(
                client, method=method, path=place, body=body, content_type="application/x-www-form-urlencoded"
            )
            assert code < 500, (method, place, body[:10])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(PLACES),
    WORDS,
    WORDS,
    WORDS,
    st.sampled_from(METHODS[:7]),
    CONTENT_TYPES,
    st.binary(max_size=300),
)
def test_no_request_is_too_wild(
    client: FlaskClient,
    place: str,
    more: str,
    query: str,
    header: str,
    method: str,
    content_type: str,
    body: bytes,
) -> None:
    safe = header.encode("utf-8", "replace").decode("latin-1").replace("\r", "").replace("\n", "")
    for path in (place + more, f"/harbour/{more}/", f"/{more}/{more}/", f"/harbour/2026-05-01-spring/{more}/"):
        code = status(
            client,
            method=method,
            path=path,
            query=f"lang={quote(query.encode('utf-8', 'replace'))}&{safe}",
            headers={"Accept-Language": safe, "If-None-Match": safe, "If-Modified-Since": safe, "Cookie": safe},
            content_type=content_type,
            body=body,
        )
        assert code < 500, (method, path)


@pytest.mark.parametrize("host", ["", "a b", "evil.example:99999", "[::1", "x" * 3000, "é.example", "-"])
def test_any_host_header_is_answered(client: FlaskClient, host: str) -> None:
    environ = EnvironBuilder(path="/harbour/").get_environ() | {"HTTP_HOST": host}
    iterator, line, headers = run_wsgi_app(client.application, environ)
    assert int(line.split()[0]) < 500
    assert "evil.example" not in b"".join(iterator).decode() + str(headers)
