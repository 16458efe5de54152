from __future__ import annotations

from mailer.issue.problem import Severity
from mailer.issue.source import decode


def test_bom_and_foreign_line_ends_leave_no_trace() -> None:
    source = decode(b"\xef\xbb\xbfa\r\nb\rc\n", "x.md")
    assert source.text == "a\nb\nc\n"
    assert source.problems == ()


def test_bytes_that_are_no_utf8_are_read_as_windows_1252_and_named_in_place() -> None:
    source = decode("erste\r\nZweite Zeile für\r\n".encode("cp1252"), "x.md")
    assert source.lines[1] == "Zweite Zeile für"
    (problem,) = source.problems
    assert (problem.place.line, problem.place.column, problem.severity) == (2, 15, Severity.ERROR)
    assert "FC" in problem.message


def test_a_file_full_of_stray_bytes_is_not_a_flood_of_problems() -> None:
    assert len(decode(b"\xff a" * 500, "x.md").problems) == 20


def test_utf16_is_read_with_a_warning() -> None:
    source = decode("Grüße".encode("utf-16"), "x.md")
    assert source.text == "Grüße"
    assert [problem.severity for problem in source.problems] == [Severity.WARNING]


def test_control_characters_are_left_out_and_named() -> None:
    source = decode(b"one\ntw\x00\x1bo\tx\n", "x.md")
    assert source.text == "one\ntwo\tx\n"
    assert [(p.rule, p.place.line, p.place.column) for p in source.problems] == [("control-character", 2, 3)]
