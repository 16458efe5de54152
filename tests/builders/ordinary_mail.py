"""Mails that are no bounce, though they speak of one: newsletters, answers, forwards, lists, notes."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage

from tests.builders.bounces import FORMS, RETURNED, TOKEN, a_dsn

PEOPLE = (
    "Ana Núñez <ana@work.example>",
    "小林 <kobayashi@mail.example>",
    "Ola Berg <ola.berg@firm.example>",
    "Postmaster team lead <maria@isp.example>",
)
NOTES = (
    ("Lunch?", "Shall we meet at noon? My mailbox is full of cake recipes."),
    ("Lieferung", "Das Paket konnte nicht zugestellt werden, ich hole es morgen ab."),
    ("Livraison", "Le colis n'a pas pu être livré, impossible de trouver l'adresse."),
    ("Entrega", "El paquete no se pudo entregar; la dirección no existe, dicen."),
    ("Посылка", "Посылка не доставлена, адрес не найден. Заберу завтра."),
    ("お知らせ", "荷物が配信できませんでした。エラーが出ました。"),
    ("通知", "包裹投递失败，地址不存在。"),
    ("Consegna", "Il pacco non è stato consegnato, casella piena."),
    ("Test failed", "The build failed: 550 tests, 5.1.1 is the broken version, user unknown in fixtures."),
    ("Invoice 550", "Please find invoice 550 attached. Delivery failed twice last week, sorry!"),
    ("error in the report", "There was an error: status: 5.1.1 in the report for paula@reader.example."),
    ("mail server question", "Why do I see '550 5.1.1 <paula@reader.example>: User unknown' in my log?"),
)


def ordinary_mails() -> Iterator[tuple[str, bytes]]:
    """At least 200 (name, mail) pairs; the words of every form occur in each way a person passes them on."""
    for form in FORMS:
        words = form.raw.decode().partition("\n\n")[2]
        yield f"answer quoting {form.name}", _answer(words)
        yield f"forward of {form.name}", _forward(words, "Fwd: Undelivered mail")
        yield f"German forward of {form.name}", _forward(words, "WG: Unzustellbar: Issue 12")
        yield f"note pasting {form.name}", _note(PEOPLE[0], "What does this mean?", f"Hi, I got this:\n\n{words}")
        yield f"list post pasting {form.name}", _list_post(words)
        yield f"enclosure of {form.name}", _enclosure(form.raw)
        yield f"newsletter about {form.name}", _newsletter(words)
    yield "forwarded DSN as text", _forward(a_dsn().decode(), "Fwd: Delivery Status Notification (Failure)")
    yield "enclosed DSN", _enclosure(a_dsn())
    yield "digest with a DSN's fields", _list_post(a_dsn().decode())
    for person in PEOPLE:
        for subject, text in NOTES:
            yield f"note by {person}: {subject}", _note(person, subject, text)
    for subject, text in NOTES:
        yield f"shop: {subject}", _shop(subject, text)


def _note(sender: str, subject: str, text: str, **headers: str) -> bytes:
    message = EmailMessage()
    message["Return-Path"] = f"<{sender.rpartition('<')[2].rstrip('>')}>"
    message["From"] = sender
    message["To"] = TOKEN
    message["Subject"] = subject
    message["Message-ID"] = "<note@work.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def _answer(words: str) -> bytes:
    quoted = "\n".join(f"> {line}" for line in words.splitlines())
    text = f"Hello,\n\nyour server told me this. What shall I do?\n\nOn Monday the mail system wrote:\n{quoted}\n"
    return _note(PEOPLE[1], "Re: Undelivered Mail Returned to Sender", text, In_Reply_To="<x@mx.reader.example>")


def _forward(words: str, subject: str) -> bytes:
    text = f"FYI\n\n---------- Forwarded message ----------\nFrom: MAILER-DAEMON@mx.reader.example\n\n{words}"
    return _note(PEOPLE[2], subject, text)


def _list_post(words: str) -> bytes:
    return _note(
        "Postmaster <postmaster@isp.example>",
        "[mailop] Undelivered mail",
        words,
        List_Id="mail operators <mailop.lists.example>",
        Precedence="list",
    )


def _newsletter(words: str) -> bytes:
    return _note(
        "Deliverability Weekly <no-reply@weekly.example>",
        "Delivery failed? What your bounce messages mean",
        f"This week: reading failure notices. An example:\n\n{words}\n\nUnsubscribe below.",
        List_Unsubscribe="<https://weekly.example/u/1>",
        Precedence="bulk",
    )


def _shop(subject: str, text: str) -> bytes:
    return _note("Parcel service <no-reply@parcel.example>", f"Delivery failed: {subject}", text)


def _enclosure(raw: bytes) -> bytes:
    head = (
        f"From: {PEOPLE[3]}\nTo: {TOKEN}\nSubject: a strange mail\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="=_e"\n\n--=_e\nContent-Type: text/plain\n\n'
        "Please have a look at the mail I enclose.\n\n--=_e\nContent-Type: message/rfc822\n\n"
    )
    return head.encode() + raw + b"\n--=_e--\n"


def a_newsletter_with_a_copy() -> bytes:
    """A mail that ends in a copy of another, as some programs answer."""
    return _note(PEOPLE[0], "Re: Issue 12", f"Thanks, great issue!\n\n-----Original Message-----\n{RETURNED}")
