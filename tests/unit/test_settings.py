"""Reading mailer.toml: right ones become values, wrong ones are named with key, line and nearest known key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailer.configuration import SettingsMistakes, default_settings, load_settings
from mailer.configuration.starting import start_installation
from mailer.errors import SettingsError, UsageError
from mailer.newsletter import OnUnknown
from mailer.settings import Rate, Settings, Tls

NEWSLETTER = """
[newsletters.news]
name = "News"
sender = "News <news@example.org>"
"""


def settings_of(folder: Path, text: str, **environment: str) -> Settings:
    path = folder / "mailer.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, environment)


def mistakes_of(folder: Path, text: str, **environment: str) -> list[str]:
    with pytest.raises(SettingsMistakes) as caught:
        settings_of(folder, text, **environment)
    return [str(mistake).removeprefix(f"{folder}{os.sep}") for mistake in caught.value.mistakes]


def a_key_file(folder: Path, text: str = "new-key-0123456789\nold-key-0123456789\n", mode: int = 0o600) -> Path:
    path = folder / "secret.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_full_file_becomes_values(tmp_path: Path) -> None:
    a_key_file(tmp_path)
    (tmp_path / "dkim.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    settings = settings_of(
        tmp_path,
        """
        database = "sqlite:///mailer.db"
        base_url = "https://news.example.org/"
        secret_key_file = "secret.key"

        [smtp]
        url = "smtps://newsletter%40example.org:p%2Fw@mail.example.org"
        connections = 8
        rate = ["30/minute", "2000/day"]

        [newsletters.xmpp]
        name = "The XMPP Newsletter"
        sender = "The XMPP Newsletter <newsletter@example.org>"
        list_id = "newsletter.example.org"
        site_url = "https://xmpp.org/"
        languages = ["en", "DE", "pt-BR"]
        accent = "#0F4B6E"
        on_unknown = "hold"

        [newsletters.xmpp.shortcodes]
        chat = { text = "Come and chat" }

        [newsletters.xmpp.dkim]
        domain = "example.org"
        selector = "news"
        key_file = "dkim.pem"
        """,
    )
    assert settings.database == f"sqlite:///{tmp_path}/mailer.db"
    assert settings.secret_keys == (b"new-key-0123456789", b"old-key-0123456789")
    assert (settings.smtp.host, settings.smtp.port, settings.smtp.implicit_tls) == ("mail.example.org", 465, True)
    assert (settings.smtp.username, settings.smtp.password) == ("newsletter@example.org", "p/w")
    assert settings.smtp.rate == (Rate(30, 60), Rate(2000, 86400))
    newsletter = settings.newsletters["xmpp"]
    assert newsletter.languages == ("en", "de", "pt-br")
    assert newsletter.on_unknown is OnUnknown.HOLD
    assert (newsletter.site_url, newsletter.base_url) == ("https://xmpp.org", "https://news.example.org")
    assert newsletter.shortcodes["chat"].text == "Come and chat"
    assert settings.dkim["xmpp"].key_file == tmp_path / "dkim.pem"


def test_every_mistake_is_told_at_once_with_key_line_and_nearest_known_key(tmp_path: Path) -> None:
    text = """databse = "sqlite:///mailer.db"
base_url = "news.example.org"
rate = "30/minute"
[smtp]
conections = 4
rate = ["30/minuet"]
[newsletters.xmpp]
sender = "Foo"
languages = [
  "en", # the fallback
  "pt_BR"]
license = "MIT"
"""
    told = [mistake.removeprefix("mailer.toml:") for mistake in mistakes_of(tmp_path, text)]
    assert told == [
        "1: databse is no setting. Did you mean database?",
        "2: base_url must be an address on the web as \"https://example.org\", not 'news.example.org'.",
        "3: rate is no setting. Did you mean smtp.rate?",
        "5: smtp.conections is no setting. Did you mean smtp.connections?",
        '6: smtp.rate must be a count and second, minute, hour or day: "30/minute".',
        "7: newsletters.xmpp.name is missing.",
        "8: newsletters.xmpp.sender must be as \"The Newsletter <newsletter@example.org>\", not 'Foo'.",
        '9: newsletters.xmpp.languages has \'pt_BR\' in it, which must be a language as "en", "de" or "pt-br".',
        "12: newsletters.xmpp.license is no setting. Did you mean newsletters.xmpp.licence?",
    ]


def test_a_file_that_is_not_toml_is_refused_with_line_and_column(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"mailer\.toml:2:8: is not TOML"):
        settings_of(tmp_path, "# first line\nname = example.org\n")


def test_a_missing_file_names_the_way_to_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="mailer init"):
        load_settings(tmp_path / "mailer.toml", {})


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        'database = "sqlite:///a.db"\nsecret_key_file = "not-there.key"\n[smtp]\nurl = "smtp://a@one.example.org"\n',
        MAILER_DATABASE="postgresql://mailer:pw@db/mailer",
        MAILER_BASE_URL="https://news.example.org",
        MAILER_SECRET_KEY="from-the-environment",
        MAILER_SMTP_URL="smtp://b@two.example.org:2525",
        MAILER_SMTP_PASSWORD="geheim",
    )
    assert settings.database == "postgresql+psycopg://mailer:pw@db/mailer"
    assert settings.base_url == "https://news.example.org"
    assert settings.secret_keys == (b"from-the-environment",)
    assert (settings.smtp.host, settings.smtp.port) == ("two.example.org", 2525)
    assert (settings.smtp.username, settings.smtp.password) == ("b", "geheim")


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path, "", MAILER_BASE_URL="news")
    assert mistake.startswith("MAILER_BASE_URL: ")


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        ('[smtp]\nurl = "smtp://u:geheim@mail.example.org:99999"', {}),
        ('[smtp]\nurl = "smtp://u:geheim@mail.example.org/x"', {}),
        ('[smtp]\nurl = "ftp://u:geheim@mail.example.org"\ntls = "none"', {}),
        ('database = "mysql://u:geheim@db/mailer"', {}),
        ("", {"MAILER_SMTP_URL": "geheim"}),
        ("", {"MAILER_DATABASE": "geheim"}),
        ("", {"MAILER_SECRET_KEY": "geheim"}),
    ],
)
def test_a_mistake_never_shows_a_secret(tmp_path: Path, text: str, environment: dict[str, str]) -> None:
    assert "geheim" not in "".join(mistakes_of(tmp_path, text, **environment))


def test_repr_shows_no_secret(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        "",
        MAILER_DATABASE="postgresql://u:geheim@db/x",
        MAILER_SECRET_KEY="geheim-geheim-geheim",
        MAILER_SMTP_URL="smtp://u:geheim@mail.example.org",
    )
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"])
def test_no_tls_is_for_this_machine(tmp_path: Path, host: str) -> None:
    assert settings_of(tmp_path, f'[smtp]\nurl = "smtp://{host}:25"\ntls = "none"').smtp.tls is Tls.NONE


@pytest.mark.parametrize("host", ["mail.example.org", "10.0.0.1", "localhost.example.org"])
def test_no_tls_to_another_machine_is_refused(tmp_path: Path, host: str) -> None:
    (mistake,) = mistakes_of(tmp_path, f'[smtp]\nurl = "smtp://{host}:25"\ntls = "none"')
    assert mistake.startswith("mailer.toml:3: smtp.tls")
    assert "required" in mistake


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    a_key_file(tmp_path, mode=mode)
    (mistake,) = mistakes_of(tmp_path, 'secret_key_file = "secret.key"')
    assert "chmod 600" in mistake


def test_a_key_file_that_its_group_may_read_is_warned_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    a_key_file(tmp_path, mode=0o640)
    assert len(settings_of(tmp_path, 'secret_key_file = "secret.key"').secret_keys) == 2
    assert "group" in caplog.text


@pytest.mark.parametrize("written", ["", "# nothing\n\n", "short\n"])
def test_a_key_file_without_a_good_key_is_refused(tmp_path: Path, written: str) -> None:
    a_key_file(tmp_path, written)
    (mistake,) = mistakes_of(tmp_path, 'secret_key_file = "secret.key"')
    assert mistake.startswith("mailer.toml:1: secret_key_file")


def test_lint_needs_no_secret_file(tmp_path: Path) -> None:
    path = tmp_path / "mailer.toml"
    path.write_text('secret_key_file = "secret.key"\n' + NEWSLETTER)
    assert load_settings(path, {}, with_secrets=False).newsletters["news"].name == "News"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///", "mysql://db/x", "mailer.db"])
def test_a_database_that_cannot_hold_the_ledger_is_refused(tmp_path: Path, url: str) -> None:
    (mistake,) = mistakes_of(tmp_path, f'database = "{url}"')
    assert mistake.startswith("mailer.toml:1: database must")


def test_an_absolute_sqlite_path_stays(tmp_path: Path) -> None:
    assert settings_of(tmp_path, 'database = "sqlite:////srv/mailer.db"').database == "sqlite:////srv/mailer.db"


@pytest.mark.parametrize("key", ["subscribe", "Big", "with_underscore", "-x", "hooks"])
def test_a_newsletter_cannot_be_named_like_a_page_or_against_a_url(tmp_path: Path, key: str) -> None:
    (mistake,) = mistakes_of(tmp_path, NEWSLETTER.replace("newsletters.news", f'newsletters."{key}"'))
    assert mistake.startswith("mailer.toml:2: newsletters.")


def test_a_line_break_cannot_get_into_a_header_through_the_settings(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path, NEWSLETTER.replace('"News"', '"News\\nBcc: all@example.org"'))
    assert "newsletters.news.name" in mistake


def test_the_list_id_has_a_stable_default(tmp_path: Path) -> None:
    assert settings_of(tmp_path, NEWSLETTER).newsletters["news"].list_id == "news.example.org"


@pytest.mark.parametrize("shortcode", ["{}", '{ drop = true, text = "x" }', "{ drop = false }", '{ text = "" }'])
def test_a_shortcode_is_one_thing(tmp_path: Path, shortcode: str) -> None:
    mistakes = mistakes_of(tmp_path, f"{NEWSLETTER}[newsletters.news.shortcodes]\nbox = {shortcode}\n")
    assert any("shortcodes.box needs one of" in mistake for mistake in mistakes)


def test_without_a_file_there_is_one_newsletter_without_secrets(tmp_path: Path) -> None:
    settings = default_settings(tmp_path)
    assert len(settings.newsletters) == 1
    assert settings.secret_keys == ()


def test_init_writes_a_file_that_is_right_as_it_stands(tmp_path: Path) -> None:
    path, key = start_installation(tmp_path / "new")
    assert key.stat().st_mode & 0o777 == 0o600
    settings = load_settings(path, {})
    assert len(settings.secret_keys) == 1
    assert len(settings.secret_keys[0]) >= 43
    assert list(settings.newsletters) == ["news"]


@pytest.mark.parametrize("existing", ["mailer.toml", "secret.key"])
def test_init_overwrites_nothing(tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        start_installation(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [existing]
    assert (tmp_path / existing).read_text() == "mine"


def test_the_commented_examples_of_init_are_settings_too(tmp_path: Path) -> None:
    path, _ = start_installation(tmp_path)
    (tmp_path / "mail-ca.pem").write_text("")
    (tmp_path / "dkim.pem").write_text("")
    bare = [
        line.removeprefix("# ") if line.startswith("# ") and ("=" in line or "[" in line) else line
        for line in path.read_text().splitlines()[3:]
    ]
    path.write_text("\n".join(line for line in bare if not line.startswith("# ")))
    settings = load_settings(path, {})
    assert settings.dkim["news"].selector == "news"
    assert settings.smtp.ca_file == tmp_path / "mail-ca.pem"
    assert set(settings.newsletters["news"].shortcodes) == {"donate", "banner", "badge"}


def test_lint_rules_are_switched_by_name(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path, NEWSLETTER + '[newsletters.news.lint]\nlink-shortener = "off"\npreheader = "error"\n'
    )
    assert settings.newsletters["news"].lint == {"link-shortener": "off", "preheader": "error"}


def test_a_lint_rule_that_does_not_exist_is_named_with_its_neighbour(tmp_path: Path) -> None:
    mistakes = mistakes_of(
        tmp_path, NEWSLETTER + '[newsletters.news.lint]\nlink-shortner = "off"\nsubject = "no"\n'
    )
    assert any("link-shortner" in mistake and "link-shortener?" in mistake for mistake in mistakes)
    assert any("subject" in mistake and "warning or error" in mistake for mistake in mistakes)


@pytest.mark.parametrize(("written", "seconds"), [("7 days", 604_800), ("36 hours", 129_600), ("0 days", 0)])
def test_how_long_people_wait_for_a_translation_is_a_span_in_words(
    written: str, seconds: int, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path, NEWSLETTER + f'translation_deadline = "{written}"\n')
    assert settings.newsletters["news"].translation_deadline_seconds == seconds


@pytest.mark.parametrize("written", ["7", "a week", "-1 days", "9999 days"])
def test_a_span_that_is_none_is_a_mistake(written: str, tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path, NEWSLETTER + f'translation_deadline = "{written}"\n')
    assert "translation_deadline" in mistake
