"""Webhooks over HTTP into a real database: genuine ones count once, replays and strangers change nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from werkzeug.test import TestResponse

from mailer import wiring
from mailer.bounce.webhooks.request import BODY_LIMIT_BYTES, Request
from mailer.configuration import load_settings
from mailer.configuration.starting import start_installation
from mailer.intake.amazon import Certificates, fetch
from mailer.settings import HookSettings, Settings
from mailer.store.database import open_database
from mailer.store.migrate import prepare_database
from mailer.web import create_app
from mailer.web.hooks import make_hooks_blueprint
from tests.builders.feedback import Office
from tests.builders.webhooks import (
    CERTIFICATE,
    EC_KEY,
    NOW,
    PERSON,
    TOPIC,
    a_generic_batch,
    a_mailgun_event,
    a_notification,
    a_postmark_event,
    a_sendgrid_batch,
    a_ses_bounce,
    an_sns_message,
)

PUBLIC_KEY = base64.b64encode(EC_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
HOOKS = {
    "sns": HookSettings(topics=(TOPIC,)),
    "mailgun": HookSettings(secrets=("k" * 32,)),
    "sendgrid": HookSettings(public_key=PUBLIC_KEY.decode()),
    "postmark": HookSettings(secrets=("s3cr3t-of-postmark",)),
    "generic": HookSettings(secrets=("new-secret", "old-secret")),
}


class Desk:
    """The app with every provider configured, and an office whose issue went to one person."""

    def __init__(self, folder: Path) -> None:
        engine = open_database(f"sqlite:///{folder / 'mailer.db'}")
        prepare_database(engine)
        self.office = Office(engine)
        self.office.now = NOW - timedelta(hours=1)
        self.office.people(PERSON, "ben@example.org")
        self.office.send()
        self.office.now = NOW
        self.confirmed: list[str] = []
        self.fetched: list[str] = []
        certificates = Certificates(self.fetch)
        app = Flask("hooks")
        hooks = wiring.hooks(Settings(folder, hooks=HOOKS), certificates)
        app.register_blueprint(
            make_hooks_blueprint(hooks, self.office.feedback, lambda: self.office.now, self.confirm)
        )
        self.client = app.test_client()

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        return CERTIFICATE

    def confirm(self, url: str) -> bytes:
        self.confirmed.append(url)
        return b""

    def post(self, provider: str, request: Request) -> TestResponse:
        return self.client.post(f"/hooks/{provider}", data=request.body, headers=dict(request.headers))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.office.engine.dispose()


def an_sns_request(**changes: str) -> Request:
    return Request({}, json.dumps(an_sns_message(a_ses_bounce(), **changes)).encode())


HARD: dict[str, Any] = {"severity": "permanent", "delivery-status": {"code": 550, "message": "5.1.1 unknown"}}
GENUINE = {
    "sns": an_sns_request(),
    "mailgun": a_mailgun_event(event="failed", **HARD),
    "sendgrid": a_sendgrid_batch(
        [
            {
                "event": "bounce",
                "type": "bounce",
                "email": PERSON,
                "sg_event_id": "s-1",
                "reason": "550 5.1.1 unknown",
            }
        ]
    ),
    "postmark": a_postmark_event(Type="HardBounce", Details="550 5.1.1 unknown"),
    "generic": a_generic_batch({"id": "e-1", "recipient": PERSON, "class": "hard"}),
}


@pytest.mark.parametrize("provider", GENUINE)
def test_a_genuine_request_suppresses_and_its_replay_is_refused(desk: Desk, provider: str) -> None:
    answer = desk.post(provider, GENUINE[provider])
    assert (answer.status_code, answer.data) == (204, b"")
    assert desk.office.suppressed() == {PERSON: "hard-bounce"}
    replay = desk.post(provider, GENUINE[provider])
    assert (replay.status_code, replay.text) == (409, "this request was seen before; nothing was changed\n")
    assert desk.office.raws() == len(desk.office.stored()) == 1
    assert desk.office.stored()[0][0] == provider


@pytest.mark.parametrize("provider", GENUINE)
def test_an_old_request_is_refused(desk: Desk, provider: str) -> None:
    desk.office.later(days=4)
    assert desk.post(provider, GENUINE[provider]).status_code == 401
    assert (desk.office.suppressed(), desk.office.raws()) == ({}, 0)


@pytest.mark.parametrize("provider", GENUINE)
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff\x00", b'{"events": [{"id": "e"}]}'])
def test_what_nobody_signed_changes_nothing(desk: Desk, provider: str, body: bytes) -> None:
    assert desk.post(provider, Request({}, body)).status_code in {400, 401}
    assert (desk.office.stored(), desk.office.raws()) == ([], 0)


@pytest.mark.parametrize("provider", GENUINE)
def test_a_body_that_is_too_large_is_refused(desk: Desk, provider: str) -> None:
    large = Request(GENUINE[provider].headers, b"x" * (BODY_LIMIT_BYTES + 2_000))
    assert desk.post(provider, large).status_code == 413


def test_mailguns_token_cannot_be_used_for_another_body(desk: Desk) -> None:
    desk.post("mailgun", GENUINE["mailgun"])
    other = a_mailgun_event(event="complained", recipient="ben@example.org", id="e-2", message={})
    assert desk.post("mailgun", other).status_code == 409
    assert desk.office.suppressed() == {PERSON: "hard-bounce"}


def test_an_event_that_comes_in_two_requests_counts_once(desk: Desk) -> None:
    event = {"id": "e-1", "recipient": PERSON, "class": "soft"}
    desk.post("generic", a_generic_batch(event))
    answer = desk.post("generic", a_generic_batch(event, {"id": "e-2", "recipient": PERSON, "class": "complaint"}))
    assert answer.status_code == 204
    assert [row[1] for row in desk.office.stored()] == ["soft", "complaint"]


def test_events_about_strangers_change_nothing(desk: Desk) -> None:
    desk.post("generic", a_generic_batch({"id": "e-1", "recipient": "mallory@example.net", "class": "hard"}))
    assert desk.office.suppressed() == {}
    assert desk.office.stored() == [("generic", "hard", "", "nothing")]


def test_the_senders_return_path_tells_where_the_provider_hides_the_address(desk: Desk) -> None:
    path = desk.office.return_path("ben@example.org")
    desk.post("generic", a_generic_batch({"id": "e-1", "class": "complaint", "return_path": path}))
    assert desk.office.suppressed() == {"ben@example.org": "complaint"}


def test_a_subscription_of_sns_is_confirmed_once_and_its_certificate_fetched_once(desk: Desk) -> None:
    url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    message = an_sns_message(
        a_notification(), kind="SubscriptionConfirmation", SubscribeURL=url, Token="t", MessageId="m-0"
    )
    assert desk.post("sns", Request({}, json.dumps(message).encode())).status_code == 204
    assert desk.confirmed == [url]
    assert desk.post("sns", GENUINE["sns"]).status_code == 204
    assert len(desk.fetched) == 1


def test_a_subscription_that_cannot_be_confirmed_may_be_tried_again(desk: Desk) -> None:
    def away(url: str) -> bytes:
        raise OSError("away")

    message = an_sns_message(
        {},
        kind="SubscriptionConfirmation",
        SubscribeURL="https://sns.eu-west-1.amazonaws.com/?Token=t",
        Token="t",
    )
    hooks = wiring.hooks(Settings(Path(), hooks=HOOKS), lambda _url: CERTIFICATE)
    answers = []
    for confirm in (away, desk.confirm):
        app = Flask("again")
        app.register_blueprint(make_hooks_blueprint(hooks, desk.office.feedback, lambda: NOW, confirm))
        answers.append(app.test_client().post("/hooks/sns", data=json.dumps(message)).status_code)
    assert answers == [502, 204]


def test_nothing_but_sns_is_ever_fetched() -> None:
    with pytest.raises(OSError, match="not an address of Amazon SNS"):
        fetch("https://example.org/certificate.pem")


def test_a_database_that_is_away_asks_to_try_again(desk: Desk) -> None:
    with desk.office.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE bounce")
    assert desk.post("generic", GENUINE["generic"]).status_code == 503


def test_the_app_knows_what_is_configured_and_nothing_else(tmp_path: Path) -> None:
    path, _ = start_installation(tmp_path)
    with path.open("a") as file:
        file.write('[hooks.generic]\nsecret = "a secret of some length"\n')
    app = create_app(load_settings(path, {}))
    client = app.test_client()
    assert client.post("/hooks/generic", data=b"{}").status_code == 401
    assert client.post("/hooks/mailgun", data=b"{}").status_code == 404
    assert client.post("/hooks/nobody", data=b"{}").status_code == 404
    assert client.get("/hooks/generic").status_code in {404, 405}
    assert client.post("/hooks/generic", data=b"x" * 2_000_000).status_code == 413
