import json

from mailer.issue import Place, Problem, Severity
from mailer.lint.engine import RULES
from mailer.lint.formats import as_github, as_json, as_sarif, as_text, count

ERROR = Problem(Place("a/b.md", 2, 4), "placeholder", Severity.ERROR, "“XXX” stands, alone: 5 %", "Write it.")
WARNING = Problem(Place("a/b.md", 1, 1), "own-rule", Severity.WARNING, "hm")
SOURCE = {"a/b.md": "first\n\tx XXX here\n"}


def test_text_reads_like_a_compiler() -> None:
    assert as_text([WARNING, ERROR], SOURCE) == (
        "a/b.md:1:1: warning: hm [own-rule]\n"
        "    first\n"
        "    ^\n"
        "a/b.md:2:4: error: “XXX” stands, alone: 5 % [placeholder]\n"
        "     x XXX here\n"
        "       ^\n"
        "    hint: Write it.\n"
        "1 error, 1 warning\n"
    )


def test_colours_are_only_there_when_asked_for() -> None:
    assert "\x1b[" not in as_text([ERROR], SOURCE)
    assert "\x1b[31merror\x1b[0m" in as_text([ERROR], SOURCE, colour=True)


def test_the_caret_stands_under_the_column_in_long_and_in_wide_lines() -> None:
    long = Problem(Place("x.md", 1, 301), "r", Severity.ERROR, "m")
    wide = Problem(Place("x.md", 1, 3), "r", Severity.ERROR, "m")

    row, caret = as_text([long], {"x.md": "a" * 300 + "!" + "b" * 300}).split("\n")[1:3]
    assert row[caret.index("^")] == "!"
    row, caret = as_text([wide], {"x.md": "新聞!"}).split("\n")[1:3]
    assert caret == "    " + " " * 4 + "^"


def test_a_source_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in as_text([ERROR], {"a/b.md": "x\n\x1b[2J XXX\n"})


def test_a_place_outside_the_source_is_shown_without_a_line() -> None:
    assert as_text([ERROR], {"a/b.md": ""}) == (
        "a/b.md:2:4: error: “XXX” stands, alone: 5 % [placeholder]\n    hint: Write it.\n1 error\n"
    )


def test_nothing_found_is_said() -> None:
    assert as_text([], {}) == "no problems\n"
    assert count([ERROR, ERROR]) == "2 errors"


def test_json_has_the_documented_fields() -> None:
    assert json.loads(as_json([ERROR])) == [
        {
            "file": "a/b.md",
            "line": 2,
            "column": 4,
            "rule": "placeholder",
            "severity": "error",
            "message": "“XXX” stands, alone: 5 %",
            "hint": "Write it.",
        }
    ]
    assert json.loads(as_json([])) == []


def test_github_commands_escape_what_would_end_them() -> None:
    problem = Problem(Place("a,b:c.md", 2, 4), "r", Severity.ERROR, "5 %\nnext")

    assert as_github([problem]) == "::error file=a%2Cb%3Ac.md,line=2,col=4,title=r::5 %25%0Anext\n"


def test_sarif_names_the_rules_that_it_uses() -> None:
    document = json.loads(as_sarif([WARNING, ERROR], RULES, "1.2.3"))
    (run,) = document["runs"]

    assert document["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["own-rule", "placeholder"]
    assert [result["level"] for result in run["results"]] == ["warning", "error"]
    region = run["results"][1]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2, "startColumn": 4}
