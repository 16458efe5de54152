"""No bytes make the reader raise, and what it returns keeps its bounds."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.bounce.bounce import DIAGNOSTIC_LIMIT, Kind
from mailer.bounce.mime import READ_LIMIT_BYTES, read_mime
from mailer.bounce.reader import read_bounce
from tests.builders.bounces import FORMS, a_dsn, a_feedback_report, an_auto_reply

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "bounces" / "eml"
SEEDS = [
    *(form.raw for form in FORMS),
    *(path.read_bytes() for path in sorted(SAMPLES.iterdir())),
    a_dsn(),
    a_feedback_report(),
    an_auto_reply(headers="X-Autoreply: yes\n"),
]
TOKENS = st.sampled_from(
    [
        b"\n",
        b"\n\n",
        b"--=_b",
        b"=?utf-8?B?",
        b"?=",
        b"<",
        b"@",
        b"550 ",
        b"5.1.1 ",
        b"a@b.c",
        b"\x00",
        b"\xff",
        b"\x1b$B",
        b"Content-Type: multipart/mixed; boundary=x\n",
        b"charset=punycode",
        b"user mailbox is ",
        b"Final-Recipient: ;;;",
    ]
)


@st.composite
def damaged_mails(draw: st.DrawFn) -> bytes:
    raw = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(raw)))
        match draw(st.integers(0, 3)):
            case 0:
                raw[at:at] = draw(TOKENS) * draw(st.integers(1, 40))
            case 1:
                del raw[at : at + draw(st.integers(0, 300))]
            case 2:
                raw[at:at] = draw(st.binary(max_size=60))
            case _:
                raw[at:at] = raw[at : at + draw(st.integers(0, 400))]
    return bytes(raw)


def check(raw: bytes) -> None:
    bounces = read_bounce(raw)
    assert bounces
    for bounce in bounces:
        assert bounce.kind in Kind
        assert len(bounce.diagnostic) <= DIAGNOSTIC_LIMIT
        assert "\n" not in bounce.diagnostic
        assert bounce.reply_code is None or 200 <= bounce.reply_code < 600
        assert " " not in bounce.recipient


@given(st.binary(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_without_an_error(raw: bytes) -> None:
    check(raw)


@given(damaged_mails())
@settings(max_examples=200, deadline=None)
def test_damaged_bounces_are_read_without_an_error(raw: bytes) -> None:
    check(raw)


def test_deep_nesting_neither_recurses_nor_fills_memory() -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000))
    check(nested)
    check(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 20_000)


def test_only_the_first_part_of_a_huge_mail_is_looked_at() -> None:
    part = read_mime(b"Subject: x\n\n" + b"a" * (4 * READ_LIMIT_BYTES))
    assert len(part.text) <= READ_LIMIT_BYTES


def test_charsets_that_are_lies_do_not_matter() -> None:
    for charset in (
        "punycode",
        "idna",
        "undefined",
        "zip",
        "x" * 500,
        "utf-16",
        "unicode_escape",
        "",
        '"',
        "iso-2022-jp",
    ):
        check(a_dsn().replace(b"charset=utf-8", f"charset={charset}".encode()))
