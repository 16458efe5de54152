"""[bounces] and [hooks.PROVIDER]: right ones become values, wrong ones are named, secrets are never repeated."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mailer.bounce.bounce import Kind
from mailer.bounce.policy import ACTIONS, Action, Rules
from mailer.configuration import SettingsMistakes, load_settings
from mailer.settings import BounceSettings, HookSettings, ImapSettings, Settings, Tls


def settings_of(folder: Path, text: str, **environment: str) -> Settings:
    path = folder / "mailer.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, environment)


def mistakes_of(folder: Path, text: str) -> str:
    with pytest.raises(SettingsMistakes) as caught:
        settings_of(folder, text)
    return str(caught.value)


def test_without_tables_the_defaults_hold(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "")
    assert (settings.bounces, settings.hooks) == (BounceSettings(), {})
    assert settings.bounces.rules == Rules(actions=dict(ACTIONS))


def test_a_full_table_becomes_values(tmp_path: Path) -> None:
    bounces = settings_of(
        tmp_path,
        """
        [bounces]
        imap = "imaps://bounces%40example.org@mail.example.org:1993/Lists/Bounces"
        ca_file = "ca.pem"
        maildir = "Maildir"
        moved_to = "Done"
        lmtp = "unix:/run/mailer/lmtp"
        poll_seconds = 60
        soft_limit = 3
        soft_days = 7
        bounce_rate = 0.1
        complaint_rate = 0
        believe_reports = true
        [bounces.actions]
        policy = "nothing"
        complaint = "suppress"
        """,
        MAILER_IMAP_PASSWORD="opens",
    ).bounces
    assert bounces.imap == ImapSettings(
        "mail.example.org",
        1993,
        "bounces@example.org",
        "opens",
        folder="Lists/Bounces",
        ca_file=tmp_path / "ca.pem",
    )
    assert (bounces.maildir, bounces.moved_to, bounces.lmtp) == (
        tmp_path / "Maildir",
        "Done",
        "unix:/run/mailer/lmtp",
    )
    rules = bounces.rules
    assert (rules.soft_limit, rules.soft_span, rules.bounce_rate) == (3, timedelta(days=7), 0.1)
    assert (rules.actions[Kind.POLICY], rules.actions[Kind.HARD]) == (Action.NOTHING, Action.SUPPRESS)
    assert rules.believe_reports
    assert "opens" not in repr(bounces)


def test_imap_without_its_own_tls_begins_with_starttls(tmp_path: Path) -> None:
    imap = settings_of(tmp_path, '[bounces]\nimap = "imap://mail.example.org"\n').bounces.imap
    assert imap == ImapSettings("mail.example.org", 143, implicit_tls=False)
    local = settings_of(tmp_path, '[bounces]\nimap = "imap://localhost"\nimap_tls = "none"\n').bounces.imap
    assert local is not None
    assert local.tls is Tls.NONE


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('imap = "https://mail.example.org"', "bounces.imap has to be like"),
        ('imap = "imap://mail.example.org"\nimap_tls = "none"', "in the clear to mail.example.org"),
        ('imap = "imaps://x:hidden-word@h:99999"', "bounces.imap has to be like"),
        ('lmtp = "2424"', 'must be as "127.0.0.1:2424"'),
        ("bounce_rate = 5", "must be a share from 0 to 1"),
        ("soft_limit = 0", "must be a whole number from 1"),
        ('actions = { hard = "shout" }', "bounces.actions.hard must be"),
        ('actions = { success = "suppress" }', "bounces.actions.success is no setting"),
        ("bounce_rat = 0.1", "Did you mean bounces.bounce_rate?"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, named: str) -> None:
    said = mistakes_of(tmp_path, f"[bounces]\n{line}\n")
    assert named in said
    assert "hidden-word" not in said


def test_hooks_become_values(tmp_path: Path) -> None:
    file = tmp_path / "mailgun.key"
    file.write_text("key-of-mailgun-0123456789\n")
    file.chmod(0o600)
    hooks = settings_of(
        tmp_path,
        """
        [hooks.sns]
        topics = ["arn:aws:sns:eu-west-1:123456789012:bounces"]
        [hooks.mailgun]
        secret_file = "mailgun.key"
        [hooks.sendgrid]
        public_key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"
        [hooks.postmark]
        secret = "chosen-by-ourselves"
        [hooks.generic]
        secret = ["newer-secret-of-ours", "older-secret-of-ours"]
        """,
    ).hooks
    assert hooks == {
        "sns": HookSettings(topics=("arn:aws:sns:eu-west-1:123456789012:bounces",)),
        "mailgun": HookSettings(secrets=("key-of-mailgun-0123456789",)),
        "sendgrid": HookSettings(public_key="MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"),
        "postmark": HookSettings(secrets=("chosen-by-ourselves",)),
        "generic": HookSettings(secrets=("newer-secret-of-ours", "older-secret-of-ours")),
    }
    assert "ours" not in repr(hooks)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[hooks.mailgun]\n", "hooks.mailgun.secret is missing"),
        ("[hooks.sns]\n", "hooks.sns.topics is missing"),
        ('[hooks.sns]\ntopics = ["bounces"]\n', "hooks.sns.topics must be a list of topics"),
        ('[hooks.postmark]\nsecret = "tooshort"\n', "at least 16 characters"),
        ('[hooks.mandrill]\nsecret = "x"\n', "hooks.mandrill is no setting"),
        ('[hooks.generic]\nsecret_file = "nowhere"\n', "does not exist"),
    ],
)
def test_a_wrong_hook_is_named_without_its_secret(tmp_path: Path, text: str, named: str) -> None:
    said = mistakes_of(tmp_path, text)
    assert named in said
    assert "tooshort" not in said
