"""What servers write about themselves, the network and the time; one pattern a line.

Law: matched against lower-case text; "..." goes on with the line above; macros in braces stand in ``phrases``.
"""

from __future__ import annotations

from typing import Final

from mailer.bounce.bounce import Reason

PHRASES: Final[dict[Reason, str]] = {
    Reason.MESSAGE_TOO_BIG: r"""
        (?:message|mail|content|size|e-?mail|attachment|data|nachricht|messaggio
        ... |mensaje)\b.{0,40}(?:too (?:big|large)|(?<!queue )(?<!queued )too long|exceed\w*.{0,30}(?:size|limit
        ... |max|length)|larger than|zu gro(?:ß|ss)|trop (?:gros|volum)|troppo grande|demasiado grande)
        max(?:imum)? (?:message|mail) size
        size limit
        too (?:big|large) (?:message|mail)
        message length exceeds
        サイズ.{0,12}(?:超|大き)
        слишком больш
    """,
    Reason.EXPIRED: r"""
        retry time(?:out)?
        delivery time expired
        (?:message|mail|time) (?:has )?(?:expired|timeout)
        in (?:the )?queue too long
        too long in
        giving up
        gave up
        could not (?:be )?deliver\w* (?:for|within|after)
        not (?:be )?delivered (?:for|within|after|in)\b
        (?:been )?delayed
        undeliver\w+ for
        after (?:multiple|several|\d+) (?:retries|attempts|days|hours)
        too old
        still (?:trying|in queue)
        cannot send message for
        unable to deliver in
        will be retried
        queue lifetime
        message timed out
        expired
        not responding
        operation timed out
        time ?d? ?out
        timeout
        delivery attempts
        will (?:keep|continue) (?:trying|to try)
        zeitüberschreitung
        verzögert
        retard\w*
        retras\w*
    """,
    Reason.NETWORK_ERROR: r"""
        connection (?:was )?(?:refused|reset|lost|dropped|closed|failed|error)
        connect(?:ion)? to \S+ failed
        network (?:is )?(?:unreachable|error)
        no route
        unable to connect
        could(?: not|n't) connect
        requests to connect
        socket error
        mail(?:ing)? loop
        loop(?:s back|ing|ed| detected)
        hop count
        too many (?:hops|received)
        name server
        look-?up (?:fail|error|time)
        (?:dns|mx) (?:error|timeout|server|query|lookup|fail\w*)
        server failure
        route to host
        unreachable
        can'?t (?:connect|contact)
        unable to contact
        no hosts? (?:found|available)
        lost connection
        tls
        ssl
        handshake
        ループ
    """,
    Reason.SYSTEM_FULL: r"""
        (?:system|server|disk|file ?system|spool) .{0,20}(?:full|storage)
        insufficient (?:system|storage|resources)
    """,
    Reason.MAILER_ERROR: r"""
        mailer error
        pipe to
        procmail
        maildrop
        command (?:died|failed|output|exited|time)
        exit (?:status|code)
        local delivery (?:failed|error|agent)
        child (?:process|returned)
        \blda\b
        x-unix
        filter program
        unable to write
        cannot (?:open|lock|create|append)
        couldn't create
    """,
    Reason.ON_HOLD: r"""
        gr[ea]ylist
        try (?:again|later)
        retry later
        come back
        temporar\w+ (?:defer|reject|lock|unavail)
        on hold
        deferred
        postponed
        please wait
        later\b
    """,
    Reason.SYSTEM_ERROR: r"""
        system (?:error|problem|resources|failure)
        internal (?:server |system |software )?error
        (?:mis)?config\w*
        resources? (?:temporarily )?unavail
        service (?:is )?(?:temporarily |currently )?(?:unavailable|not available|refuse)
        local (?:error|problem|configuration)
        temporar\w+ (?:fail\w*|error|problem|local)
        queue file
        i/o error
        server (?:error|busy|too busy|is busy|unavailable)
        shutting down
        unexpected
        transaction failed
        database
        proto\w+ error
        requested action aborted
        duplicated message-id
    """,
}
