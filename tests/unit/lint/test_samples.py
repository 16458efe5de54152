import pytest

from mailer.lint.engine import RULES
from mailer.lint.rule import Rule, Sample
from tests.builders.manuscript import a_manuscript

SAMPLES = [
    pytest.param(rule, sample, id=f"{rule.id}-{'pass' if sample.passes else 'fail'}-{number}")
    for rule in RULES
    for number, sample in enumerate(rule.samples(), 1)
]


@pytest.mark.parametrize(("rule", "sample"), SAMPLES)
def test_samples_on_a_rules_page_do_what_the_page_says(rule: Rule, sample: Sample) -> None:
    findings = [finding.message for finding in rule.check(a_manuscript(sample.text))]

    assert bool(findings) is not sample.passes, (sample.text, findings)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_shows_what_passes_and_what_fails(rule: Rule) -> None:
    assert {sample.passes for sample in rule.samples()} == {True, False}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_passing_samples_of_a_rule_raise_no_error_of_another(rule: Rule) -> None:
    text = [sample.text for sample in rule.samples() if sample.passes]

    errors = [
        (other.id, finding.message)
        for sample in text
        for other in RULES
        for finding in other.check(a_manuscript(sample))
        if other.severity == "error" and finding.is_certain and other.id != rule.id
    ]
    assert errors == []


def test_no_two_rules_have_one_name() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
