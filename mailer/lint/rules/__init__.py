"""The registry: every rule by name, in the order in which the documentation lists them.

One file holds one rule; a rule that is not named here does not run.
"""

from __future__ import annotations

from typing import Final

from mailer.lint.rule import Rule
from mailer.lint.rules import (
    bare_link_item,
    cut_paragraph,
    date_mismatch,
    draft,
    duplicate_item,
    empty_link,
    empty_section,
    instruction,
    month_name,
    nothing_new,
    placeholder,
    placeholder_bracket,
    placeholder_link,
    shouted_line,
    template_variable,
    title,
    unfilled_comment,
)

RULES: Final[tuple[Rule, ...]] = (
    # what the sending needs
    draft.RULE,
    title.RULE,
    # unfinished text
    placeholder.RULE,
    placeholder_bracket.RULE,
    placeholder_link.RULE,
    template_variable.RULE,
    instruction.RULE,
    shouted_line.RULE,
    empty_section.RULE,
    empty_link.RULE,
    cut_paragraph.RULE,
    unfilled_comment.RULE,
    bare_link_item.RULE,
    duplicate_item.RULE,
    nothing_new.RULE,
    month_name.RULE,
    date_mismatch.RULE,
)
