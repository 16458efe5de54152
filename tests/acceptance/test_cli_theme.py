"""Changing the look of mail from the command line: name the files, take one, change it, see it in the mail."""

from pathlib import Path

import pytest

from mailer.cli import main

SETTINGS = """
base_url = "https://news.example.org"

[newsletters.garden]
name = "The Garden Letter"
sender = "The Garden Letter <letter@example.org>"
theme = "plain"
fonts = "Georgia, 'Times New Roman', serif"
footer = '''
Written by volunteers.
https://example.org/join
'''

[newsletters.garden.colours]
page = "#fff4e0"
"""


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mailer.toml").write_text(SETTINGS)
    (tmp_path / "june.md").write_text("---\ntitle: June\ndate: 2026-06-01\n---\n\nWords.\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mailer(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def mail(folder: Path) -> str:
    assert mailer("render", "june.md") == 0
    return (folder / "june.en.html").read_text()


def test_settings_reach_the_mail(installation: Path) -> None:
    html = mail(installation)
    assert "Georgia,'Times New Roman',serif" in html
    assert "Written by volunteers.<br>" in html


def test_an_ejected_file_is_used_and_marked_and_not_overwritten(
    installation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mailer("theme", "eject", "footer.mjml") == 0
    copy = installation / "templates/themes/plain/issue/footer.mjml"
    copy.write_text(f"{copy.read_text()}{{# mine #}}\n")
    before = copy.read_text()
    assert mailer("theme", "eject", "issue/footer.mjml") == 2
    assert copy.read_text() == before
    capsys.readouterr()
    assert mailer("theme", "list") == 0
    listed = capsys.readouterr().out
    assert "plain  (newsletter garden)" in listed
    assert listed.count("your own") == 1
    assert mailer("theme", "eject", "footer.mjml", "--force") == 0
    assert copy.read_text() != before


def test_the_change_is_in_the_mail(installation: Path) -> None:
    assert mailer("theme", "eject", "masthead.mjml") == 0
    copy = installation / "templates/themes/plain/issue/masthead.mjml"
    copy.write_text(copy.read_text().replace("<h1>", "<h1>Dear reader: "))
    assert "Dear reader: June" in mail(installation)


def test_a_name_that_is_no_template_is_answered_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert mailer("theme", "eject", "../mailer.toml") == 2
    assert "masthead.mjml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('fonts = "Georgia; color: red"', "font families"),
        ('theme = "../x"', "name of a theme"),
        ('colours = { page = "red" }', "must be a colour"),
        ('colours = { paeg = "#ffffff" }', "Did you mean"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    installation: Path, capsys: pytest.CaptureFixture[str], setting: str, said: str
) -> None:
    (installation / "mailer.toml").write_text(
        f'[newsletters.garden]\nname = "G"\nsender = "g@example.org"\n{setting}\n'
    )
    assert mailer("render", "june.md") == 2
    assert said in capsys.readouterr().err
