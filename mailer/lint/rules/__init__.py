"""The registry: every rule by name, in the order in which the documentation lists them.

One file holds one rule; a rule that is not named here does not run.
"""

from __future__ import annotations

from typing import Final

from mailer.lint.rule import Rule
from mailer.lint.rules import (
    address_link,
    anchor,
    bare_link_item,
    conflict_marker,
    cut_paragraph,
    date_mismatch,
    double_link,
    draft,
    duplicate_item,
    empty_item,
    empty_link,
    empty_section,
    heading_order,
    homoglyph_domain,
    image_alt,
    image_format,
    instruction,
    invisible_character,
    link_shortener,
    link_syntax,
    link_text,
    missing_date,
    mojibake,
    month_name,
    normalisation,
    nothing_new,
    only_images,
    past_event,
    placeholder,
    placeholder_bracket,
    placeholder_link,
    preheader,
    replacement_character,
    reserved_slug,
    shouted_line,
    subject,
    template_variable,
    text_language,
    tracking_parameter,
    unfilled_comment,
    wide_table,
)

RULES: Final[tuple[Rule, ...]] = (
    # what the sending needs
    draft.RULE,
    missing_date.RULE,
    reserved_slug.RULE,
    preheader.RULE,
    subject.RULE,
    text_language.RULE,
    # unfinished text
    placeholder.RULE,
    placeholder_bracket.RULE,
    placeholder_link.RULE,
    template_variable.RULE,
    instruction.RULE,
    conflict_marker.RULE,
    shouted_line.RULE,
    empty_section.RULE,
    empty_item.RULE,
    empty_link.RULE,
    cut_paragraph.RULE,
    unfilled_comment.RULE,
    bare_link_item.RULE,
    duplicate_item.RULE,
    nothing_new.RULE,
    month_name.RULE,
    date_mismatch.RULE,
    past_event.RULE,
    # links
    link_syntax.RULE,
    address_link.RULE,
    anchor.RULE,
    double_link.RULE,
    link_text.RULE,
    link_shortener.RULE,
    tracking_parameter.RULE,
    homoglyph_domain.RULE,
    # encoding
    mojibake.RULE,
    replacement_character.RULE,
    invisible_character.RULE,
    normalisation.RULE,
    # mail
    image_alt.RULE,
    image_format.RULE,
    only_images.RULE,
    wide_table.RULE,
    heading_order.RULE,
)
