"""Whole trips of one person: subscribe, prove it, change one's mind, and go."""

from __future__ import annotations

import json

import pytest

from tests.support.people_site import Site, path_in, text_of

ADA = "ada@example.org"


def subscribe(site: Site, address: str = ADA, **fields: str) -> str:
    answer = site.client().post("/news/subscribe", data={"email": address, "language": "en", **fields})
    assert answer.status_code == 200, answer.text
    return answer.text


def confirmed(site: Site, address: str = ADA, **fields: str) -> None:
    subscribe(site, address, **fields)
    site.work()
    assert site.client().post(path_in(site.mail_to(address)[-1], "/confirm/")).status_code == 200
    assert site.state_of(address) == "subscribed"


def form_of(page: str) -> str:
    return page.split('name="form" value="')[1].split('"')[0]


def test_a_request_is_pending_with_its_consent_and_its_mail(site: Site) -> None:
    subscribe(site)
    assert site.state_of(ADA) == "pending"
    assert [row["kind"] for row in site.rows("outbox")] == ["confirm"]
    (consent,) = site.rows("consent")
    evidence = consent["evidence"] if isinstance(consent["evidence"], dict) else json.loads(consent["evidence"])
    assert consent["event"] == "requested"
    assert "The Quay" in evidence["wording"]
    assert evidence["ip"] == "127.0.0.0/24"


def test_the_mail_is_sent_once_and_can_be_answered(site: Site) -> None:
    subscribe(site)
    assert site.work().notices.sent == 1
    assert site.work().notices.sent == 0
    (mail,) = site.mail_to(ADA)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None
    assert mail["Content-Language"] == "en"
    assert site.server.received[0].mail_from.startswith("bounce+")
    assert "seven days" in text_of(mail)


def test_only_the_button_confirms(site: Site) -> None:
    subscribe(site)
    site.work()
    link = path_in(site.mail_to(ADA)[0], "/confirm/")
    page = site.client().get(link)
    assert "<button" in page.text
    assert site.client().head(link).status_code == 200
    assert site.state_of(ADA) == "pending"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "noindex" in page.headers["X-Robots-Tag"]
    done = site.client().post(link)
    assert "You are subscribed" in done.text
    assert site.state_of(ADA) == "subscribed"
    for answer in (site.client().get(link), site.client().post(link)):
        assert "You are subscribed" in answer.text
    assert site.events() == ["requested", "confirmed"]
    site.work()
    assert [str(mail["Subject"]) for mail in site.mail_to(ADA)] == [
        "Please confirm: The Quay",
        "Welcome to The Quay",
    ]


def test_the_consent_record_holds_the_hash_of_the_mail(site: Site) -> None:
    confirmed(site)
    evidence = next(row["evidence"] for row in site.rows("consent") if row["event"] == "confirmed")
    told = evidence if isinstance(evidence, dict) else json.loads(evidence)
    assert len(told["notice_sha256"]) == 64


def test_a_confirm_link_ends_after_seven_days(site: Site) -> None:
    subscribe(site)
    site.work()
    link = path_in(site.mail_to(ADA)[0], "/confirm/")
    site.clock.forward(days=7, minutes=1)
    assert site.client().post(link).status_code == 410
    assert site.state_of(ADA) == "pending"


def test_a_used_confirm_link_brings_nobody_back(site: Site) -> None:
    confirmed(site)
    link = path_in(site.mail_to(ADA)[0], "/confirm/")
    site.client().post(f"/unsubscribe/{site.keys.unsubscribe(1)}")
    assert site.client().post(link).status_code == 410
    site.clock.forward(days=1, minutes=1)
    subscribe(site)
    assert site.state_of(ADA) == "pending"
    assert site.client().post(link).status_code == 410, "the old link answered an older request"
    site.work()
    assert site.client().post(path_in(site.mail_to(ADA)[-1], "/confirm/")).status_code == 200
    assert site.state_of(ADA) == "subscribed"


def test_a_stranger_cannot_set_back_who_is_subscribed(site: Site) -> None:
    confirmed(site, language="en")
    site.work()
    site.clock.forward(days=2)
    subscribe(site, language="de")
    assert site.state_of(ADA) == "subscribed"
    assert site.rows("subscription")[0]["language"] == "en"
    site.work()
    assert str(site.mail_to(ADA)[-1]["Subject"]) == "Your subscription to The Quay"


def test_somebody_is_written_to_once_a_day_however_often_the_form_is_sent(site: Site) -> None:
    for _ in range(20):
        subscribe(site)
    assert len(site.rows("outbox")) == 1
    assert site.events() == ["requested"]
    site.clock.forward(days=1, seconds=1)
    subscribe(site)
    assert len(site.rows("outbox")) == 2


@pytest.mark.parametrize("how", ["urlencoded", "multipart"])
def test_the_mail_clients_button_unsubscribes_as_often_as_it_is_pressed(site: Site, how: str) -> None:
    confirmed(site)
    site.work()
    welcome = site.mail_to(ADA)[-1]
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = "/" + str(welcome["List-Unsubscribe"]).strip("<>").split("/", 3)[3]
    for _ in range(2):
        answer = site.client().post(
            link,
            data={"List-Unsubscribe": "One-Click"},
            content_type="multipart/form-data" if how == "multipart" else None,
        )
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert site.state_of(ADA) == "unsubscribed"
    assert site.events().count("unsubscribed") == 1


def test_a_goodbye_can_be_undone_from_the_page_and_from_the_mail(site: Site) -> None:
    confirmed(site)
    link = f"/unsubscribe/{site.keys.unsubscribe(1)}"
    assert "<button" in site.client().get(link).text
    assert site.state_of(ADA) == "subscribed"
    page = site.client().post(link)
    undo = page.text.split('action="/unsubscribe/undo/')[1].split('"')[0]
    assert site.state_of(ADA) == "unsubscribed"
    assert site.client().post(f"/unsubscribe/undo/{undo}").status_code == 200
    assert site.state_of(ADA) == "subscribed"
    site.clock.forward(days=2)
    site.client().post(link)
    site.work()
    mailed = path_in(site.mail_to(ADA)[-1], "/unsubscribe/undo/")
    assert "<button" in site.client().get(mailed).text
    assert site.state_of(ADA) == "unsubscribed"
    assert site.client().post(mailed).status_code == 200
    assert site.state_of(ADA) == "subscribed"
    assert site.client().post(f"/unsubscribe/undo/{undo}").status_code == 200, "again shows success"


def test_an_old_undo_does_not_undo_a_later_goodbye(site: Site) -> None:
    confirmed(site)
    link = f"/unsubscribe/{site.keys.unsubscribe(1)}"
    undo = site.client().post(link).text.split('action="/unsubscribe/undo/')[1].split('"')[0]
    site.client().post(f"/unsubscribe/undo/{undo}")
    site.clock.forward(hours=1)
    site.client().post(link)
    assert site.client().post(f"/unsubscribe/undo/{undo}").status_code == 410
    assert site.state_of(ADA) == "unsubscribed"


def test_preferences_change_language_and_pause(site: Site) -> None:
    confirmed(site)
    link = f"/preferences/{site.keys.preferences(1)}"
    page = site.client().get(link)
    form = form_of(page.text)
    assert ADA in page.text
    answer = site.client().post(link, data={"do": "language", "language": "de", "form": form})
    assert answer.status_code == 200
    assert site.rows("subscription")[0]["language"] == "de"
    until = (site.clock.now).date().replace(year=site.clock.now.year + 1).isoformat()
    answer = site.client().post(link, data={"do": "pause", "until": until, "form": form})
    assert site.rows("subscription")[0]["paused_until"] is not None
    site.client().post(link, data={"do": "resume", "form": form})
    assert site.rows("subscription")[0]["paused_until"] is None
    assert site.events()[2:] == ["language-changed", "paused", "resumed"]
    for wrong in ("yesterday", "1999-01-01", "9999-12-31", ""):
        answer = site.client().post(link, data={"do": "pause", "until": wrong, "form": form})
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text


def test_somebody_may_wait_for_their_language(site: Site) -> None:
    confirmed(site)
    link = f"/preferences/{site.keys.preferences(1)}"
    for ticked, kept in ((["no", "yes"], True), (["no"], False)):
        form = form_of(site.client().get(link).text)
        fields = {"do": "language", "language": "en", "form": form, "waits": ticked}
        page = site.client().post(link, data=fields).text
        assert bool(site.rows("subscription")[0]["waits"]) is kept
        assert ('value="yes" checked' in page) is kept


@pytest.mark.parametrize("wish", ["language", "pause", "resume", "address", "data", "leave", "erase"])
def test_preferences_change_nothing_without_the_field_of_our_own_page(site: Site, wish: str) -> None:
    confirmed(site)
    before = site.events()
    link = f"/preferences/{site.keys.preferences(1)}"
    fields = {"do": wish, "language": "de", "until": "2026-12-01", "email": "eve@example.org", "sure": "yes"}
    other = site.keys.form(2, site.clock())
    for form in ("", "x", other, site.keys.preferences(1)):
        assert site.client().post(link, data={**fields, "form": form}).status_code == 400
    old = form_of(site.client().get(link).text)
    site.clock.forward(days=1, minutes=1)
    assert site.client().post(link, data={**fields, "form": old}).status_code == 400
    assert site.events() == before
    assert site.state_of(ADA) == "subscribed"


def test_a_new_address_counts_when_its_own_mailbox_says_so(site: Site) -> None:
    confirmed(site)
    link = f"/preferences/{site.keys.preferences(1)}"
    form = form_of(site.client().get(link).text)
    site.client().post(link, data={"do": "address", "email": "Ada@new.example", "form": form})
    site.work()
    (mail,) = site.mail_to("Ada@new.example")
    move = path_in(mail, "/preferences/address/")
    assert "<button" in site.client().get(move).text
    assert site.state_of(ADA) == "subscribed"
    assert site.client().post(move).status_code == 200
    assert site.state_of(ADA) is None
    assert site.state_of("ada@new.example") == "subscribed"
    assert site.client().post(move).status_code == 200, "pressed again"
    assert site.client().get(link).status_code == 200
    assert "Ada@new.example" in site.client().get(link).text


def test_a_new_address_that_is_subscribed_already_takes_over(site: Site) -> None:
    confirmed(site)
    confirmed(site, "bob@example.org")
    link = f"/preferences/{site.keys.preferences(1)}"
    form = form_of(site.client().get(link).text)
    site.clock.forward(days=1, minutes=1)
    form = form_of(site.client().get(link).text)
    site.client().post(link, data={"do": "address", "email": "bob@example.org", "form": form})
    site.work()
    move = path_in(site.mail_to("bob@example.org")[-1], "/preferences/address/")
    for _ in range(2):
        assert site.client().post(move).status_code == 200
    assert site.state_of("bob@example.org") == "subscribed"
    assert site.state_of(ADA) == "unsubscribed"


def test_everything_about_a_person_can_be_taken_away_and_erased(site: Site) -> None:
    confirmed(site)
    link = f"/preferences/{site.keys.preferences(1)}"
    page = site.client().get(link).text
    data = site.client().post(link, data={"do": "data", "form": form_of(page)})
    assert data.mimetype == "application/json"
    told = json.loads(data.text)
    assert told["address"] == ADA
    assert [one["event"] for one in told["subscriptions"][0]["history"]][:2] == ["requested", "confirmed"]
    receipt = "/preferences/receipt/" + page.split("/preferences/receipt/")[1].split('"')[0]
    shown = site.client().get(receipt)
    assert "Confirmed by the link in the mail" in shown.text
    answer = site.client().post(link, data={"do": "erase", "form": form_of(page)})
    assert answer.status_code == 400, "without the tick"
    assert site.client().post(link, data={"do": "erase", "sure": "yes", "form": form_of(page)}).status_code == 200
    for table in ("subscriber", "subscription", "consent", "outbox"):
        assert site.rows(table) == []
    assert [row["reason"] for row in site.rows("suppression")] == ["erased"]
    subscribe(site)
    site.clock.forward(days=2)
    subscribe(site)
    assert site.rows("subscriber") == [], "who was erased is never put on a list again"
    for gone in (link, f"/unsubscribe/{site.keys.unsubscribe(1)}", receipt):
        assert site.client().get(gone).status_code in (200, 404, 410)
    assert site.client().post(f"/unsubscribe/{site.keys.unsubscribe(1)}").status_code == 200


def test_a_token_opens_what_it_was_made_for_and_nothing_else(site: Site) -> None:
    confirmed(site)
    keys, now = site.keys, site.clock()
    tokens = {
        "/confirm/": keys.confirm(1, 1, now),
        "/unsubscribe/": keys.unsubscribe(1),
        "/unsubscribe/undo/": keys.undo(1, now),
        "/preferences/": keys.preferences(1),
        "/preferences/address/": keys.address_change(1, "eve@example.org", now),
        "/preferences/receipt/": keys.receipt(1, now),
    }
    for route in tokens:
        for made_for, token in tokens.items():
            if route != made_for:
                assert site.client().get(route + token).status_code == 404, (route, made_for)
                if route != "/preferences/receipt/":
                    assert site.client().post(route + token).status_code == 404, (route, made_for)
    assert site.state_of(ADA) == "subscribed"
