import quopri

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.render.quoted import LINE_OCTETS, encode_around_slots, encode_value

SLOT = "@@X@@"
WILD_LINES = st.lists(
    st.one_of(
        st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=200),
        st.sampled_from(
            [SLOT, f"a{SLOT}", f"{SLOT} ", f"{SLOT}{SLOT}", ".", "..", "From here", "a" * 75 + ".", " "]
        ),
    ),
    max_size=8,
).map("\n".join)


def fill(text: str, value: str) -> bytes:
    pieces, found = encode_around_slots(text, [SLOT])
    assert len(pieces) == len(found) + 1
    return encode_value(value).join(pieces)


def read_back(encoded: bytes) -> str:
    return quopri.decodestring(encoded).decode().replace("\r\n", "\n")


@settings(max_examples=200, deadline=None)
@given(WILD_LINES, st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")))
def test_any_text_with_any_value_reads_back_as_it_was(text: str, value: str) -> None:
    assert read_back(fill(text, value)) == text.replace(SLOT, value)


@settings(max_examples=200, deadline=None)
@given(WILD_LINES, st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_every_line_is_short_and_harmless(text: str, value: str) -> None:
    for line in fill(text, value).split(b"\r\n"):
        assert len(line) <= LINE_OCTETS
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert all(octet == 9 or 32 <= octet < 127 for octet in line)


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet="abc=?&%._-~/F", min_size=100, max_size=900))
def test_a_url_of_any_length_fits_and_reads_back(url: str) -> None:
    encoded = fill(f'<a href="{SLOT}">leave</a>', url)
    assert max(map(len, encoded.split(b"\r\n"))) <= LINE_OCTETS
    assert read_back(encoded) == f'<a href="{url}">leave</a>'


def test_all_kinds_of_line_ends_become_crlf() -> None:
    pieces, _ = encode_around_slots("a\r\nb\rc\nd", [])
    assert pieces == [b"a\r\nb\r\nc\r\nd"]


def test_a_line_break_inside_a_value_stays_inside_the_value() -> None:
    assert encode_value("a\r\n.\r\nb") == b"a=0D=0A.=0D=0Ab"


def test_an_escape_is_never_cut_in_two() -> None:
    for shift in range(5):
        (encoded,) = encode_around_slots("x" * shift + "é" * 60, [])[0]
        assert all(
            line.count("=") * 3 + shift >= len(line) - 1 - shift for line in encoded.decode().split("=\r\n")
        )
        assert read_back(encoded) == "x" * shift + "é" * 60
