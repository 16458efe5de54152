"""The preview's trip: read, lint and render an issue whenever one of its files changes. Nothing is stored."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mailer.errors import MailerError
from mailer.flows.gather import SourceFile, SourceSet, gather
from mailer.flows.picture_sizes import keep_own_widths
from mailer.flows.prepare import judge_theme, read_source
from mailer.flows.preview_pictures import local_pictures
from mailer.issue.model import Issue
from mailer.issue.problem import Problem
from mailer.lint.engine import LintSettings, lint, lint_rendered, lint_translation
from mailer.newsletter import Newsletter
from mailer.render.edition import render_edition
from mailer.render.headers import clean_subject, sender_of
from mailer.render.message import encoded_html_size
from mailer.render.model import RenderedEdition, Translation


@dataclass(frozen=True, slots=True)
class Drawn:
    """One language of an issue, rendered from its files as they were at one moment."""

    revision: str
    issue: Issue
    languages: tuple[str, ...]  # the original's first
    rendered: RenderedEdition
    original: Issue
    pictures: Mapping[str, Path]  # those that lie on this machine, by their address in the mail


@dataclass(frozen=True, slots=True)
class Look:
    """A drawn issue and what an editor wants to know of it."""

    drawn: Drawn
    sender: str
    subject: str
    problems: tuple[Problem, ...]
    size_bytes: int  # the HTML part as encoded


def _fingerprint(files: Iterable[Path]) -> str:
    """Changes when one of the files is saved, comes or goes."""
    digest = hashlib.sha256()
    for file in sorted(files):
        try:
            status = file.stat()
        except OSError:  # a save in progress: the next look sees the new file
            continue
        digest.update(f"{file}\0{status.st_mtime_ns}\0{status.st_size}\n".encode())
    return digest.hexdigest()[:16]


class PreviewDesk:
    """Looks at the files of one issue and draws what changed, one language at a time. Threads may share it.

    Drawing and judging are two steps: the mail is on the screen before the rules have run. ``settings_file`` is
    watched too; ``reread`` gives the newsletter and the template folders that it says now.
    """

    def __init__(
        self,
        path: Path,
        newsletter: Newsletter,
        template_folders: Sequence[Path],
        *,
        settings_file: Path | None = None,
        reread: Callable[[], tuple[Newsletter, Sequence[Path]]] | None = None,
    ) -> None:
        self.newsletter = newsletter
        self.path = path
        self.ended = threading.Event()  # nobody looks any more: pages that wait for changes are let go
        self._settings_file = settings_file
        self._reread = reread
        self._settings_seen = _fingerprint([settings_file] if settings_file else [])
        self._pictures: tuple[Path, ...] = ()  # those of what was drawn last
        self._lint = LintSettings.read(newsletter.lint)
        self._folders = tuple(template_folders)
        self._drawing = threading.Lock()
        self._judging = threading.Lock()
        self._elsewhere: tuple[Path, ...] = ()  # translations in other folders
        self._issues: dict[tuple[str, str | None, str | None, str], Issue] = {}
        self._drawn: dict[str, Drawn] = {}
        self._looks: dict[str, Look] = {}

    def check(self) -> None:
        """Raise UsageError when there is no such issue, before anybody looks."""
        self._sources()

    def revision(self) -> str:
        """A fingerprint of every file that the mail is made of: it changes when one of them is saved."""
        return self._revision_with((*self._elsewhere, *self._pictures))

    def _revision_with(self, others: Iterable[Path]) -> str:
        watched = {*self.path.parent.glob(f"*{self.path.suffix}"), *others}
        watched.update(file for folder in self._folders for file in folder.rglob("*"))
        if self._settings_file is not None:
            watched.add(self._settings_file)
        return _fingerprint(watched)

    def draw(self, language: str = "") -> Drawn:
        """The issue in ``language`` (the original where there is none such) as its files are now.

        Raises MailerError for what cannot be read or rendered.
        """
        with self._drawing:
            self._follow_settings()
            others = (*self._elsewhere, *self._pictures)
            revision = self._revision_with(others)
            drawn = self._drawn.get(language)
            if drawn is None or drawn.revision != revision:
                drawn = self._draw(revision, language)
                if self._revision_with(others) == revision:  # else a file was saved while we drew
                    drawn = replace(drawn, revision=self.revision())
                self._drawn[language] = drawn
            return drawn

    def look(self, language: str = "") -> Look:
        """The issue in ``language`` with its problems and its size. Raises MailerError as ``draw`` does."""
        with self._judging:
            drawn = self.draw(language)
            look = self._looks.get(language)
            if look is None or look.drawn is not drawn:
                look = self._looks[language] = self._judge(drawn)
            return look

    def _follow_settings(self) -> None:
        """Take over what mailer.toml says now; raises SettingsError while it cannot be read."""
        if self._settings_file is None or self._reread is None:
            return
        seen = _fingerprint([self._settings_file])
        if seen != self._settings_seen:
            newsletter, folders = self._reread()
            self.newsletter, self._folders, self._settings_seen = newsletter, tuple(folders), seen
            self._lint = LintSettings.read(newsletter.lint)
            self._issues.clear()
            self._drawn.clear()

    def _draw(self, revision: str, language: str) -> Drawn:
        issues = self._read(self._sources())
        issue = next((issue for issue in issues if issue.language == language), issues[0])
        others = [Translation(each.language, each.title, each.web_url) for each in issues if each is not issue]
        keep_own_widths(issue, Path(issue.path))
        rendered = render_edition(issue, self.newsletter, translations=others, template_folders=self._folders)
        pictures = local_pictures(issue, Path(issue.path))
        self._pictures = tuple(pictures.values())
        return Drawn(revision, issue, tuple(each.language for each in issues), rendered, issues[0], pictures)

    def _judge(self, drawn: Drawn) -> Look:
        issue, size = drawn.issue, encoded_html_size(drawn.rendered)
        found = lint(issue, settings=self._lint)
        if issue is not drawn.original:
            found += lint_translation(drawn.original, issue, settings=self._lint)
        else:
            found += judge_theme(issue, self.newsletter, self._lint)
        sender = sender_of(self.newsletter)
        return Look(
            drawn=drawn,
            sender=sender.name or sender.address,
            subject=clean_subject(drawn.rendered.subject),
            problems=(*found, *lint_rendered(issue, drawn.rendered.weights, size, settings=self._lint)),
            size_bytes=size,
        )

    def _sources(self) -> SourceSet:
        found = gather([self.path], self.newsletter)
        if not found:
            raise MailerError("holds no issue.", where=str(self.path))
        here = self.path.parent
        self._elsewhere = tuple(file.path for file in found[0].files if file.path.parent != here)
        return found[0]

    def _read(self, sources: SourceSet) -> list[Issue]:
        """Every language's issue; a file that did not change is not read again."""
        original = self._read_one(sources.original, None)
        return [original, *(self._read_one(source, original.slug) for source in sources.files[1:])]

    def _read_one(self, source: SourceFile, slug: str | None) -> Issue:
        key = (str(source.path), source.language, slug, hashlib.sha256(source.raw).hexdigest())
        if key not in self._issues:
            self._issues = {known: issue for known, issue in self._issues.items() if known[0] != key[0]}
            self._issues[key] = read_source(source, self.newsletter, slug=slug)
        return self._issues[key]
