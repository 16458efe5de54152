"""The DKIM keys of an installation, read from their files: nobody else may read them."""

from __future__ import annotations

from pathlib import Path

from mailer.errors import SettingsError
from mailer.newsletter import Newsletter
from mailer.render.dkim import KeyFault, Signer, SigningKey
from mailer.settings import Settings


def signer_of(settings: Settings, newsletter: Newsletter) -> Signer | None:
    """The DKIM signer of a newsletter; None when the relay signs. Raises SettingsError for a key that cannot."""
    dkim = settings.dkim.get(newsletter.key)
    if dkim is None:
        return None
    keys = [_signing_key(dkim.key_file, dkim.selector)]
    if dkim.ed25519_key_file is not None:
        keys.append(_signing_key(dkim.ed25519_key_file, dkim.ed25519_selector))
    return Signer(dkim.domain, tuple(keys))


def _signing_key(file: Path, selector: str) -> SigningKey:
    where = str(file)
    try:
        if file.stat().st_mode & 0o077:
            raise SettingsError(
                "the DKIM key can be read by other users.", where=where, hint=f"Mend it with: chmod 600 {where}"
            )
        return SigningKey.from_pem(file.read_bytes(), selector)
    except OSError as error:
        raise SettingsError(
            f"the DKIM key cannot be read ({error.strerror}).", where=where, hint="Check key_file and its owner."
        ) from error
    except KeyFault as error:
        raise SettingsError(
            str(error), where=where, hint="Make one with: openssl genrsa -out dkim.pem 2048"
        ) from error
