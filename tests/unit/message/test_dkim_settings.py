from pathlib import Path

import pytest

from mailer.configuration import load_settings
from mailer.configuration.dkim_keys import signer_of
from mailer.errors import SettingsError
from tests.builders.keys import ed25519_pem, rsa_pem

TOML = """
secret_key_file = "secret.key"
[newsletters.garden]
name = "The Garden Letter"
sender = "The Garden Letter <letter@example.org>"
[newsletters.garden.dkim]
domain = "example.org"
selector = "news"
key_file = "dkim.pem"
"""


def key_file(folder: Path, name: str, pem: bytes, mode: int = 0o600) -> None:
    (folder / name).write_bytes(pem)
    (folder / name).chmod(mode)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    key_file(tmp_path, "secret.key", b"k" * 43)
    path = tmp_path / "mailer.toml"
    path.write_text(TOML)
    return path


def test_a_key_from_a_file_signs(config: Path) -> None:
    key_file(config.parent, "dkim.pem", rsa_pem())
    settings = load_settings(config)
    signer = signer_of(settings, settings.newsletters["garden"])
    assert signer is not None
    assert [(key.selector, key.algorithm) for key in signer.keys] == [("news", "rsa-sha256")]


def test_an_ed25519_key_adds_a_second_signature(config: Path) -> None:
    config.write_text(TOML + 'ed25519_selector = "news-ed"\ned25519_key_file = "ed.pem"\n')
    key_file(config.parent, "dkim.pem", rsa_pem())
    key_file(config.parent, "ed.pem", ed25519_pem())
    settings = load_settings(config)
    signer = signer_of(settings, settings.newsletters["garden"])
    assert signer is not None
    assert [key.algorithm for key in signer.keys] == ["rsa-sha256", "ed25519-sha256"]


def test_half_a_second_key_is_a_mistake(config: Path) -> None:
    config.write_text(TOML + 'ed25519_selector = "news-ed"\n')
    key_file(config.parent, "dkim.pem", rsa_pem())
    with pytest.raises(SettingsError, match="ed25519_key_file is missing"):
        load_settings(config)


@pytest.mark.parametrize(
    ("pem", "mode", "why"),
    [
        (rsa_pem(), 0o644, r"can be read by other users.*chmod 600"),
        (rsa_pem(1024), 0o600, r"1024 bits.*openssl genrsa"),
        (b"nothing", 0o600, r"is no PEM file"),
    ],
)
def test_a_key_that_cannot_be_used_names_its_file_and_what_to_do(
    config: Path, pem: bytes, mode: int, why: str
) -> None:
    key_file(config.parent, "dkim.pem", pem, mode)
    settings = load_settings(config)
    with pytest.raises(SettingsError, match=why) as caught:
        signer_of(settings, settings.newsletters["garden"])
    assert caught.value.where == str(config.parent / "dkim.pem")
    assert "BEGIN" not in str(caught.value) or pem == b"nothing"
