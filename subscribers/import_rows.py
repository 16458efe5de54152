"""Turning the cells of a row into a person to import, or into a sentence that says why not. No database, no clock.

Law: nothing here guesses consent: a status that is not in the table of its system leaves the row out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from subscribers.address import AddressError, parse_address
from subscribers.consent import Event
from subscribers.rosters import Member
from subscribers.systems import EVIDENCE, OURS, RANK, Status, System, status_by_name, status_columns

LONGEST_CELL: Final = 2000  # characters of a kept column; nobody's source is a novel
LIMIT: Final = 131_072  # characters of a cell: what the csv module allows
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_ZONE: Final = re.compile(r"\s*(?:UTC|GMT|[+-]0000\s+\+?UTC)$|\s*\+0000 UTC$", re.IGNORECASE)
_FRACTION: Final = re.compile(r"(\.\d{6})\d+")  # nanoseconds, as Go and Rust write them
EVENTS: Final = {
    Status.SUBSCRIBED: Event.IMPORTED,
    Status.PENDING: Event.IMPORTED_PENDING,
    Status.UNSUBSCRIBED: Event.IMPORTED_UNSUBSCRIBED,
    Status.SUPPRESSED: Event.IMPORTED_UNSUBSCRIBED,
}
_STATES: Final = {"pending": Status.PENDING, "subscribed": Status.SUBSCRIBED, "unsubscribed": Status.UNSUBSCRIBED}


@dataclass(frozen=True, slots=True)
class Restored:
    """What only our own export says of a person."""

    paused_until: datetime | None = None
    waits: bool = False  # for issues in their own language
    history: tuple[tuple[Event, datetime, Mapping[str, Any]], ...] = ()
    suppressions: tuple[tuple[str, str, str, datetime], ...] = ()  # newsletter, reason, detail, at


class Row(NamedTuple):
    """A row that can be taken. A tuple, because a million of them are made."""

    line: int
    address: str
    key: str
    newsletter: str
    language: str
    event: Event
    suppress: bool
    since: datetime | None  # what the row says of the time of consent, or of the goodbye
    evidence: dict[str, str]  # the kept columns that are not empty
    restored: Restored | None = None


class Rejected(NamedTuple):
    """A row that is left out, and a sentence that says why."""

    line: int
    address: str
    reason: str


class _Unreadable(ValueError):
    """A cell that must be understood, and is not."""


class RowMaker:
    """Turns cells into rows; looks column places up once, because it runs a million times."""

    def __init__(
        self,
        system: System,
        file_name: str,
        columns: Mapping[str, int],
        names: Sequence[str],
        width: int,
        newsletter: str | None,
        newsletters: Mapping[str, str],
    ) -> None:
        place = columns.get
        self._system, self._width = system, width
        self._email, self._newsletter, self._language = place("email", 0), place("newsletter"), place("language")
        self._details, self._since, self._paused = place("details"), place("since"), place("paused_until")
        self._kept = tuple((name, columns[name]) for name in EVIDENCE if name in columns)
        self._restored = tuple(place(name) for name in ("state", "history", "suppressions", "waits"))
        self._has_restored = any(one is not None for one in (*self._restored, self._paused))
        statuses, otherwise, departures = status_columns(system)
        self._statuses = tuple(
            (names.index(name), name, values, otherwise.get(name))
            for name, values in statuses.items()
            if name in names
        )
        self._departures = tuple((names.index(name), one) for name, one in departures.items() if name in names)
        self._least = status_by_name(system, file_name)
        self._default_newsletter, self._newsletters = newsletter, newsletters

    def row(self, line: int, cells: list[str]) -> Row | Rejected | None:
        """A row of a table, or of a roster as one cell; None for a blank one."""
        if len(cells) < self._width:
            if not any(map(str.strip, cells)):
                return None
            cells = cells + [""] * (self._width - len(cells))
        email = cells[self._email]
        if len(cells) > self._width and any(cells[self._width :]):
            return Rejected(line, email, f"it has {len(cells)} cells, the first line has {self._width}.")
        try:
            address = parse_address(email, special_use=True)
        except AddressError as error:
            return Rejected(line, email, error.reason) if any(map(str.strip, cells)) else None
        try:
            status = self._status(cells)
            newsletter, fallback = self._newsletter_of(_cell(cells, self._newsletter))
            evidence = {name: text[:LONGEST_CELL] for name, place in self._kept if (text := cells[place].strip())}
            restored, event = None, EVENTS[status]
            if self._has_restored:
                restored, event = self._restored_of(cells, event)
        except _Unreadable as error:
            return Rejected(line, email, str(error))
        if self._system is not OURS and self._statuses:
            told = ", ".join(text for place, *_ in self._statuses if (text := cells[place].strip()))
            if told:
                evidence["their_status"] = told[:LONGEST_CELL]
        return Row(
            line,
            address.as_typed,
            address.key,
            newsletter,
            self._language_of(cells) or fallback,
            event,
            status is Status.SUPPRESSED,
            self._since_of(cells, event, evidence),
            evidence,
            restored,
        )

    def member(self, member: Member) -> Row | Rejected:
        """A person of a Mailman 2 dump."""
        try:
            address = parse_address(member.address, special_use=True)
            newsletter, fallback = self._newsletter_of("")
        except AddressError as error:
            return Rejected(member.line, member.address, error.reason)
        except _Unreadable as error:
            return Rejected(member.line, member.address, str(error))
        return Row(
            member.line,
            address.as_typed,
            address.key,
            newsletter,
            language_tag(member.language) or fallback,
            EVENTS[member.status],
            member.status is Status.SUPPRESSED,
            None,
            {"their_status": member.their_status} if member.their_status else {},
        )

    def _status(self, cells: list[str]) -> Status:
        found = self._least
        for place, name, known, otherwise in self._statuses:
            value = cells[place].strip().lower()
            status = known.get(value) or otherwise
            if status is None:
                names = ", ".join(dict.fromkeys(one for one in known if one))
                raise _Unreadable(f"its {name} {value!r} is none of {names}.")
            found = max(found, status, key=RANK.__getitem__) if found is not status else found
        for place, status in self._departures:
            if cells[place].strip():
                found = max(found, status, key=RANK.__getitem__)
        if found is Status.NEVER:
            raise _Unreadable(f"{self._system.name} knows the address, but the person never subscribed.")
        return found

    def _newsletter_of(self, named: str) -> tuple[str, str]:
        """The newsletter and the language of people whose row names none."""
        newsletter = named or self._default_newsletter
        if newsletter is None:
            raise _Unreadable("it names no newsletter, and there are several: use --newsletter.")
        fallback = self._newsletters.get(newsletter)
        if fallback is None:
            raise _Unreadable(f"there is no newsletter {newsletter!r}.")
        return newsletter, fallback

    def _language_of(self, cells: list[str]) -> str:
        found = language_tag(_cell(cells, self._language))
        if found or self._details is None:
            return found
        return _language_inside(cells[self._details])

    def _since_of(self, cells: list[str], event: Event, evidence: Mapping[str, str]) -> datetime | None:
        told = _cell(cells, self._since)
        if told or not evidence:
            return parse_time(told)
        if event is Event.IMPORTED_UNSUBSCRIBED:
            return parse_time(evidence.get("left_at", ""))
        return parse_time(evidence.get("confirmed_at", "") or evidence.get("subscribed_at", ""))

    def _restored_of(self, cells: list[str], event: Event) -> tuple[Restored | None, Event]:
        """What our own export says beyond the state, and the event that brings the state back."""
        state, history, suppressions, waits = (_cell(cells, place) for place in self._restored)
        paused = _cell(cells, self._paused)
        if state:
            if state.lower() not in _STATES:
                raise _Unreadable(f"its state {state!r} is none of {', '.join(_STATES)}.")
            event = EVENTS[_STATES[state.lower()]]
        if not (history or suppressions or paused or waits):
            return None, event
        return (
            Restored(
                parse_time(paused),
                waits.lower() == "yes",
                tuple(map(_happened, _json_list(history, "history"))),
                tuple(map(_suppression, _json_list(suppressions, "suppressions"))),
            ),
            event,
        )


def parse_time(text: str) -> datetime | None:
    """A time as exports write it (ISO 8601, with or without zone, then UTC), None when it is not clear."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        tidied = _FRACTION.sub(r"\1", _ZONE.sub("", text)).strip()
        if tidied == text or not tidied:
            return None
        return parse_time(tidied)
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        return None


@lru_cache(maxsize=512)
def language_tag(text: str) -> str:
    """A BCP 47 tag as we write it, "pt-br"; "" for what is none, so that the person is not lost for it."""
    tag = text.strip().lower().replace("_", "-")
    return tag if len(tag) <= 16 and _LANGUAGE.fullmatch(tag) else ""


def _language_inside(details: str) -> str:
    """The language in a JSON object of free attributes."""
    try:
        found = json.loads(details) if details.strip().startswith("{") else {}
    except (ValueError, RecursionError):
        return ""
    named = {str(name).lower(): value for name, value in found.items()}
    told = next((named[name] for name in ("language", "lang", "locale") if name in named), "")
    return language_tag(told) if isinstance(told, str) else ""


def _cell(cells: list[str], place: int | None) -> str:
    return "" if place is None else cells[place].strip()


def _json_list(text: str, column: str) -> list[Any]:
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise _Unreadable(f"its {column} cannot be read.")
    return found


def _happened(told: Any) -> tuple[Event, datetime, Mapping[str, Any]]:
    try:
        event, at, evidence = Event(told["event"]), parse_time(told["at"]), told["evidence"]
    except (ValueError, TypeError, KeyError):
        raise _Unreadable("its history cannot be read.") from None
    if at is None or not isinstance(evidence, dict):
        raise _Unreadable("its history cannot be read.")
    return event, at, evidence


def _suppression(told: Any) -> tuple[str, str, str, datetime]:
    try:
        newsletter, reason, detail = str(told["newsletter"]), str(told["reason"]), str(told["detail"])
        at = parse_time(told["at"])
    except (TypeError, KeyError):
        at = None
    if at is None or len(newsletter) > 64 or len(reason) > 32:
        raise _Unreadable("its suppressions cannot be read.")
    return newsletter, reason, detail, at
