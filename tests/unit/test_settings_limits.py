"""Limits for one domain, a new sender's ramp and the hours of delivery, as they are written in mailer.toml."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mailer.settings import DomainLimit, Hours, Ramp, Rate
from tests.unit.test_settings import NEWSLETTER, mistakes_of, settings_of


def test_limits_of_domains_are_read_in_the_form_that_envelopes_have(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        """
        [smtp]
        ramp = "500/day, doubling"
        window = "08:00-20:00 Europe/Berlin"

        [smtp.domains."Gmail.com"]
        rate = ["20/minute", "1000/day"]
        connections = 2
        also = ["googlemail.com"]

        [smtp.domains."bücher.example"]
        rate = "1/second"
        """
        + NEWSLETTER,
    )
    assert settings.smtp.domains == {
        "gmail.com": DomainLimit((Rate(20, 60), Rate(1000, 86400)), 2, ("googlemail.com",)),
        "xn--bcher-kva.example": DomainLimit((Rate(1, 1),)),
    }
    assert settings.smtp.ramp == Ramp(500, 2.0)
    assert settings.smtp.hours == Hours(time(8), time(20), ZoneInfo("Europe/Berlin"))


def test_a_ramp_may_grow_slower_and_ends_where_every_rate_does(tmp_path: Path) -> None:
    ramp = settings_of(tmp_path, '[smtp]\nramp = "200/day, times 1.5"\n' + NEWSLETTER).smtp.ramp
    assert ramp is not None
    assert [ramp.on_day(number) for number in (0, 1, 2, 3)] == [200, 300, 450, 675]
    assert ramp.on_day(10_000) == 1_000_000_000


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('ramp = "500/hour, doubling"', "smtp.ramp must be a count a day"),
        ('ramp = "500/day"', "smtp.ramp must be a count a day"),
        ('ramp = "500/day, times 90"', "smtp.ramp must grow by 1.01 to 10 times"),
        ('ramp = "0/day, doubling"', "smtp.ramp must be a count a day"),
        ('window = "8 to 20"', 'smtp.window must be as "08:00-20:00'),
        ('window = "08:00-25:00"', 'smtp.window must be as "08:00-20:00'),
        ('window = "08:00-08:00"', "smtp.window must end at another time"),
        ('window = "08:00-20:00 Europe/Entenhausen"', "smtp.window has a time zone that is not known"),
        ('window = "08:00-20:00 ../../etc/passwd"', "smtp.window has a time zone that is not known"),
        ('domains."x y".rate = "1/day"', "must be a domain"),
        ('domains."a.example".rates = "1/day"', "Did you mean smtp.domains.a.example.rate?"),
        ('domains."a.example".connections = 0', "smtp.domains.a.example.connections must be a whole number"),
        ('domains."a.example".also = ["b.example"]\ndomains."b.example".connections = 1', "is limited twice"),
    ],
)
def test_what_cannot_be_meant_is_named(line: str, said: str, tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path, f"[smtp]\n{line}\n{NEWSLETTER}")
    assert said in mistake
