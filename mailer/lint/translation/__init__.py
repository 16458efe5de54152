"""The registry of checks of a translation against its original, in the order of the documentation.

One file holds one check; each gives one finding at most, which counts the rest.
"""

from __future__ import annotations

from typing import Final

from mailer.lint.translation import links, numbers, sections, untranslated
from mailer.lint.translation.pair import PairRule

PAIR_RULES: Final[tuple[PairRule, ...]] = (sections.RULE, links.RULE, numbers.RULE, untranslated.RULE)
