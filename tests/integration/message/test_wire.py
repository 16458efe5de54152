import asyncio
import email
import email.policy
from collections.abc import Sequence
from email.message import EmailMessage

from mailer.render.message import Recipient, compile_message
from mailer.render.model import RenderedEdition
from tests.builders.message import A_DATE, a_newsletter, a_recipient, an_edition, filled_html, filled_text
from tests.support.wire import Wire, hand_over, tapped_server

LONG_URL = "https://news.example.org/unsubscribe/" + "a.=&%41" * 120
WILD = "\n".join(
    [
        ".",
        "..",
        ".dot",
        "",
        "From here",
        " blank ",
        "\tTab\t",
        "x" * 3000,
        "é" * 400,
        "a=b=20",
        "😀" * 50,
        "\n.\n.",
    ]
)
EDITIONS = [
    an_edition(),
    an_edition(subject="Grüße aus dem Garten " * 8, text=WILD, html=f"<p>{WILD}</p>", language="de"),
    an_edition(
        subject="お知らせ" * 20,
        text="@@UNSUBSCRIBE_URL@@@@ADDRESS@@\n.\n@@PREFERENCES_URL@@",
        html="@@ADDRESS@@\n.@@UNSUBSCRIBE_URL@@\n.",
        language="ja",
    ),
    an_edition(text="", html="", subject="x" * 900),
    an_edition(html="<p>" + "word " * 20_000 + "</p>"),
]
RECIPIENTS = [
    a_recipient(),
    a_recipient(
        address="o'neil+x=y@xn--bcher-kva.example", unsubscribe_url=LONG_URL, preferences_url=LONG_URL + "#p"
    ),
    a_recipient(address='"a b"@example.net', unsubscribe_mailto="leave+x@example.org", subscription_id=None),
]


async def over_the_wire(messages: Sequence[tuple[str, list[bytes]]]) -> Wire:
    async with tapped_server() as wire:
        await hand_over(wire.port, messages)
    return wire


def check(raw: bytes, content: object, edition: RenderedEdition, recipient: Recipient) -> None:
    assert (
        raw.replace(b"\r\n", b"").count(b"\r") == raw.replace(b"\r\n", b"").count(b"\n") == raw.count(b"\0") == 0
    )
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert not any(line.startswith(b".") and not line.startswith(b"..") for line in raw.split(b"\r\n"))
    assert content == raw, "the server unstuffed something, so a line began with a dot"
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    assert message["subject"] == edition.subject.strip()
    assert message["list-unsubscribe"].split(",")[0] == f"<{recipient.unsubscribe_url}>"
    plain, html = message.iter_parts()
    for part, expected in ((plain, filled_text(edition, recipient)), (html, filled_html(edition, recipient))):
        assert not part.defects
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        assert payload.decode() == expected.replace("\n", "\r\n")


def test_what_a_server_receives_is_what_was_rendered() -> None:
    cases = [(edition, recipient) for edition in EDITIONS for recipient in RECIPIENTS]
    messages = [
        (recipient.address, compile_message(edition, a_newsletter(), "x").pieces(recipient, A_DATE))
        for edition, recipient in cases
    ]
    wire = asyncio.run(over_the_wire(messages))
    bodies = wire.bodies()
    assert len(bodies) == len(wire.received) == len(cases)
    for (edition, recipient), raw, envelope in zip(cases, bodies, wire.received, strict=True):
        check(raw, envelope.content, edition, recipient)
        assert envelope.rcpt_tos == [recipient.address]


def test_an_address_with_letters_of_its_own_goes_out_as_utf8() -> None:
    recipient = a_recipient(address="jürgen@xn--bcher-kva.example")
    pieces = compile_message(an_edition(), a_newsletter(), "x").pieces(recipient, A_DATE)
    wire = asyncio.run(over_the_wire([(recipient.address, pieces)]))
    (raw,) = wire.bodies()
    assert "\r\nTo: jürgen@xn--bcher-kva.example\r\n".encode() in raw
    check(raw, wire.received[0].content, an_edition(), recipient)
