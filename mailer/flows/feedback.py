"""What comes back makes its trip: whose it is, what follows, stored once. One transaction a mail or request.

Laws: what matches no delivery of ours changes nothing; what was stored before changes nothing again; a mail that
nobody understood leaves no trace, so that a person finds it where it lay.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from mailer.bounce.bounce import Bounce, Kind
from mailer.bounce.policy import Action, Decision, Rules, decide, pause_reason
from mailer.bounce.reader import read_bounce
from mailer.bounce.refusal import bounce_of_refusal
from mailer.bounce.return_path import ReturnPaths
from mailer.errors import DatabaseError
from mailer.flows.fingerprint import fingerprint
from mailer.flows.matching import NO_MATCH, Match, Matcher, Proof
from mailer.newsletter import Newsletter
from mailer.store import bounces, ledger
from mailer.store.bounces import Delivered, NewBounce, Refusal
from mailer.store.database import reading, writing
from subscribers import store as people
from subscribers.address import AddressError, parse_address
from subscribers.consent import Event
from subscribers.tokens import TokenKeys

RAW_KEPT: Final = timedelta(days=90)
RAW_LIMIT_BYTES: Final = 1024 * 1024  # of a mail; what it says stands in its first part
UNDERSTOOD: Final = frozenset(Kind) - {Kind.AUTO_REPLY, Kind.UNRECOGNISED}
REASONS: Final = {Kind.HARD: "hard-bounce", Kind.COMPLAINT: "complaint", Kind.SOFT: "soft-bounces"}
"""A suppression's reason, in the words of the suppression table."""
KNOWN: Final = "it was known before"
REFUSALS_AT_ONCE: Final = 500
REFUSALS_FOR: Final = timedelta(days=30)  # of issues that finished so lately
ALWAYS_LOOKED_AT: Final = 200  # bounces of an issue; beyond, its rates are looked at every LOOK_EVERY of them
LOOK_EVERY: Final = 25

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was made of one recipient's bounce. ``fresh``: it was not known before."""

    bounce: Bounce
    match: Match
    action: Action = Action.NOTHING
    why: str = ""
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was made of one mail or request; ``paused`` says in a sentence each which sendings had to stop."""

    taken: tuple[Taken, ...]
    paused: tuple[str, ...] = ()

    @property
    def is_understood(self) -> bool:
        """Whether it said something about deliveries: then it may be moved out of the way."""
        return any(one.bounce.kind in UNDERSTOOD for one in self.taken)


class Feedback:
    """Takes what comes back to one installation. ``rehearse``: everything is done and nothing is kept."""

    def __init__(
        self,
        engine: Engine,
        newsletters: Mapping[str, Newsletter],
        return_paths: ReturnPaths,
        tokens: TokenKeys,
        rules: Rules,
        now: Callable[[], datetime],
        *,
        rehearse: bool = False,
    ) -> None:
        self._engine = engine
        self._matcher = Matcher(newsletters, return_paths, tokens)
        self._tokens = tokens
        self._rules = rules
        self._now = now
        self._rehearse = rehearse

    def is_ours(self, address: str) -> bool:
        """Whether ``address`` is a return path that we made. No database is asked."""
        paths = self._matcher.return_paths
        return paths.read(address) is not None or paths.read_notice(address) is not None

    def take_mail(self, raw: bytes, came_to: Sequence[str] = ()) -> Outcome:
        """Read a mail and let follow what follows. ``came_to``: the envelope's recipients, where known.

        Raises DatabaseError when it could not be stored, as every method here does.
        """
        raw = raw[:RAW_LIMIT_BYTES]
        found = read_bounce(raw)
        digest = fingerprint(raw)
        nothing_to_store = not any(bounce.kind in UNDERSTOOD for bounce in found)
        with self._transaction(only_reading=nothing_to_store) as connection:
            return self._take(
                connection,
                "mail",
                digest,
                found,
                came_to,
                lambda: bounces.keep_raw(connection, "mail", digest, raw, self._now())[0],
            )

    def take(self, raw: bytes, came_to: Sequence[str] = ()) -> bool:
        """As ``take_mail``, for the ways in: whether the mail was understood."""
        return self.take_mail(raw, came_to).is_understood

    def take_request(self, provider: str, replay_id: str, raw: bytes, found: Sequence[Bounce]) -> Outcome | None:
        """Take the events of a verified webhook; None for a replay, of which nothing is looked at.

        Some providers sign less than the body, so that a replay may come with another one.
        """
        digest = _hash(provider, replay_id)
        with self._transaction() as connection:
            returned_id, is_fresh = bounces.keep_raw(connection, provider, digest, raw, self._now())
            if not is_fresh:
                return None
            return self._take(connection, provider, digest, found, (), lambda: returned_id)

    def settle_refusals(self) -> Outcome:
        """Let refusals at SMTP time count as what comes back later does; each once, in several transactions."""
        taken: list[Taken] = []
        paused: list[str] = []
        while True:
            with self._transaction() as connection:
                some = bounces.unsettled_refusals(connection, REFUSALS_AT_ONCE, self._now() - REFUSALS_FOR)
                for refusal in some:
                    one, sentences = self._settle(connection, refusal)
                    taken.append(one)
                    paused.extend(sentences)
            if len(some) < REFUSALS_AT_ONCE or self._rehearse:
                return Outcome(tuple(taken), tuple(paused))

    def _settle(self, connection: Connection, refusal: Refusal) -> tuple[Taken, list[str]]:
        about = refusal.delivered
        bounce = bounce_of_refusal(
            about.address, code=refusal.code, enhanced_code=refusal.enhanced_code, reply=refusal.reply
        )
        event_id = _hash(bounces.SMTP, str(about.delivery_id), str(about.at))
        match = Match(about, Proof.RETURN_PATH)
        one, bounce_id = self._follow(connection, bounces.SMTP, event_id, bounce, match, None, about.at)
        if bounce_id is None or bounce.kind is Kind.POLICY:  # the engine itself pauses for those
            return one, []
        return one, list(self._break_circuit(connection, bounce_id, about))

    def keep_house(self) -> None:
        """Remove mails and requests after RAW_KEPT, and what tells of people who were erased."""
        with self._transaction() as connection:
            bounces.forget_old(connection, self._now() - RAW_KEPT)
            bounces.forget_erased(connection)

    def _take(
        self,
        connection: Connection,
        source: str,
        digest: str,
        found: Sequence[Bounce],
        came_to: Sequence[str],
        keep_raw: Callable[[], int],
    ) -> Outcome:
        """``keep_raw`` is called when there is something to store; it gives the id of what was stored."""
        matched = [
            (bounce, self._matcher.match(connection, bounce, self._now(), came_to=came_to)) for bounce in found
        ]
        ids = [_event_id(source, digest, bounce, match, n) for n, (bounce, match) in enumerate(matched)]
        known = bounces.known_events(connection, ids)
        taken: list[Taken] = []
        paused: list[str] = []
        for event_id, (bounce, match) in zip(ids, matched, strict=True):
            if bounce.kind not in UNDERSTOOD:
                taken.append(Taken(bounce, match))
                continue
            if event_id in known:
                taken.append(Taken(bounce, match, fresh=False, why=KNOWN))
                continue
            known.add(event_id)  # a mail may name a recipient twice
            one, bounce_id = self._follow(connection, source, event_id, bounce, match, keep_raw())
            taken.append(one)
            if bounce_id is not None and match.delivered is not None:
                paused.extend(self._break_circuit(connection, bounce_id, match.delivered))
        return Outcome(tuple(taken), tuple(paused))

    def _follow(
        self,
        connection: Connection,
        source: str,
        event_id: str,
        bounce: Bounce,
        match: Match,
        returned_id: int | None,
        at: datetime | None = None,
    ) -> tuple[Taken, int | None]:
        """Decide, act and store; the row's id, or None when somebody else stored the event meanwhile.

        ``at``: when it happened, where that was before now.
        """
        about, now = match.delivered, at or self._now()
        decision = self._decide(connection, source, bounce, match, now)
        row = NewBounce(event_id, source, bounce, match.proof.value, about, decision.action, now, returned_id)
        bounce_id = bounces.keep(connection, row)
        if bounce_id is None:
            return Taken(bounce, match, fresh=False, why=KNOWN), None
        if decision.action is Action.SUPPRESS and about is not None:
            self._suppress(connection, about, bounce.kind, decision.why, now)
        return Taken(bounce, match, decision.action, decision.why), bounce_id

    def _decide(
        self, connection: Connection, source: str, bounce: Bounce, match: Match, now: datetime
    ) -> Decision:
        about = match.delivered
        if about is None:
            return decide(bounce, matched=False, issue="", at=now, rules=self._rules)
        decision = decide(
            bounce,
            matched=True,
            proven=match.is_proven or source != "mail",  # a webhook's events are signed by the provider
            issue=about.slug,
            at=now,
            streak=bounces.streak(connection, about, now),
            rules=self._rules,
        )
        if decision.action is Action.COUNT and about.delivery_id is None:  # a notice is no issue
            return Decision(Action.NOTHING, decision.streak)
        return decision

    def _suppress(self, connection: Connection, about: Delivered, kind: Kind, why: str, now: datetime) -> None:
        """Suppress the address that the mail went to: the person may have another one by now."""
        try:
            key = parse_address(about.address, special_use=True).key
        except AddressError:  # it was sent to, by an earlier version with a wider idea of addresses
            return
        reason = REASONS.get(kind, "hard-bounce")
        fresh = people.suppress(
            connection, self._tokens.address_hash(key), reason=reason, now=now, detail=why[:500]
        )
        there = people.standing(connection, about.subscription_id) if about.subscription_id is not None else None
        if fresh and there is not None:
            evidence = {"by": "bounce", "reason": f"{reason}: {why}", "issue": about.slug}
            people.record(connection, there, Event.SUPPRESSED, evidence, now)  # type: ignore[arg-type]  # the names are those of Evidence

    def _break_circuit(self, connection: Connection, bounce_id: int, about: Delivered) -> Iterator[str]:
        """Pause the sending of an issue that is in flight and does badly; yields the sentence that says so."""
        if about.issue_id is None:
            return
        now = bounces.tally(connection, about.issue_id)
        if not now.running or (now.bounced > ALWAYS_LOOKED_AT and now.bounced % LOOK_EVERY):
            return
        why = pause_reason(
            accepted=now.accepted,
            bounced=now.bounced,
            complained=now.complained,
            blamed=now.blamed,
            audience=now.audience,
            rules=self._rules,
        )
        if why and ledger.pause(connection, about.issue_id, f"{why}."):
            bounces.note_pause(connection, bounce_id)
            sentence = f"The sending of {about.slug} is paused: {why}. Go on with: mailer resume {about.slug}"
            log.warning("%s", sentence)
            yield sentence

    @contextmanager
    def _transaction(self, *, only_reading: bool = False) -> Iterator[Connection]:
        """Raises DatabaseError when the database is away: then nothing was kept, and the mail may come again."""
        try:
            if only_reading:
                with reading(self._engine) as connection:
                    yield connection
            elif self._rehearse:
                with self._engine.connect() as connection:
                    yield connection
                    connection.rollback()
            else:
                with writing(self._engine) as connection:
                    yield connection
        except DBAPIError as error:
            said = str(error.orig).strip().splitlines()
            raise DatabaseError(f"what came back cannot be stored: {said[0] if said else 'no answer'}.") from error


def only_read(raw: bytes, _came_to: Sequence[str] = ()) -> Outcome:
    """What a mail says, where nobody knows of any delivery: for a look at it without an installation."""
    return Outcome(tuple(Taken(bounce, NO_MATCH) for bounce in read_bounce(raw[:RAW_LIMIT_BYTES])))


def _event_id(source: str, digest: str, bounce: Bounce, match: Match, number: int) -> str:
    """A name that the same event has however often and by whichever way it comes."""
    if bounce.event_id:
        return _hash(source, "event", bounce.event_id, bounce.recipient.lower())
    if source != "mail":
        return _hash(source, "request", digest, str(number))
    about = match.delivered.delivery_id if match.delivered else None
    return _hash(source, digest, str(about), bounce.kind.value, bounce.recipient.lower())


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
