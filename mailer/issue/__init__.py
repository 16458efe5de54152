"""Reading an issue: front matter, Markdown, raw HTML, shortcodes and links become an ``Issue``. Pure."""

from mailer.issue.model import FrontMatter, FrontStyle, Issue, Section
from mailer.issue.problem import Place, Problem, Severity

__all__ = ["FrontMatter", "FrontStyle", "Issue", "Place", "Problem", "Section", "Severity"]
