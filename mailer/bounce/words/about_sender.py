"""What servers write when they blame the sender, the message or its pace; one pattern a line.

Law: matched against lower-case text; "..." goes on with the line above; macros in braces stand in ``phrases``.
"""

from __future__ import annotations

from typing import Final

from mailer.bounce.bounce import Reason

PHRASES: Final[dict[Reason, str]] = {
    Reason.REJECTED: r"""
        sender (?:e-?mail )?(?:address |domain )?(?:\S+ )?(?:was |is |has been )?(?:rejected|denied|refused
        ... |invalid|not (?:allowed|found|valid|accepted|permitted|exist)|does ?n[o']t exist|unknown|unverified)
        (?:invalid|bad|unknown|unresolvable|unroutable|unacceptable) (?:sender|return[- ]path|envelope from)
        (?:could not|cannot|can't|unable to|failed to|couldn't) (?:verify|validate|resolve
        ... |route to) (?:the )?sender
        domain of sender
        sender'?s? domain
        from:? (?:address|domain) is
        sender verif
        callout to
        backscatter
        empty envelope sender
        null sender
        domain is invalid
        absender(?:adresse)? (?:abgelehnt|unbekannt)
        you (?:are|have been) (?:not|n't) (?:allowed|authori[sz]ed) to send
        not authori[sz]ed to send
        only (?:members|subscribers|authenticated)
        not (?:a )?(?:list )?members?\b
        recipient(?:'?s)? (?:preferences?|settings)
        permission to post
        権限
        权限
        權限
        권한
        autorisée?s? à (?:lui|y|publier|envoyer)
        berechtigung
        permiso para
        permissão para
        autorizzazione
        permisos necesarios
        अनुमति
        مصرح
        разрешени
        sending to/from an address that has been
    """,
    Reason.AUTH_FAILURE: r"""
        \bdmarc\b
        \bspf\b
        \bdkim\b
        sender policy framework
        sender ?id\b
        unauthenticated (?:e-?mail|mail|sender|message)
        not (?:properly )?authenticated
        authenticat\w+ (?:is )?(?:fail|required|check)
        fail\w* authentication
        starttls
        must (?:use|issue) tls
        tls (?:required|is required)
        encrypt\w+ (?:required|needed)
        alignment
    """,
    Reason.REQUIRE_PTR: r"""
        reverse[ -]?(?:dns|lookup|host|resolution|ip|mapping)
        \brdns\b
        \bptr\b
        dns reverse
        cannot find your (?:reverse )?host
        no valid hostname
        cannot resolve your (?:ip|address|host|domain)
        ip address (?:does not|doesn't) resolve
        (?:helo|ehlo)\b.{0,60}(?:reject|invalid|refused|denied|not)
        (?:bad|invalid|forged|fake) helo
        hostname (?:is )?(?:invalid|unknown)
        missing dns
    """,
    Reason.SPEEDING: r"""
        rate[- ]?limit
        throttl
        too fast
        frequency limit
        reached your (?:daily|hourly|sending)? ?limit
        limit for message recipients
        sending rate
        receiving mail at a rate
        receiving mail too quickly
        unusual rate
        rate (?:exceeded|control)
        too many (?:(?:invalid|unknown|bad|wrong|failed) )?(?:messages|mails|emails|e-mails|recipients|addresses
        ... |requests|users|rcpts?)\b
        (?:hourly|daily|per hour|per day|message|messages) (?:sending )?(?:limit|quota) (?:exceeded|reached)
        exceeded (?:the |your |its )?(?:hourly|daily|message rate|maximum number of messages|sending)
        max(?:imum)? (?:defers and failures|emails) per
        limit on the number of (?:concurrent )?(?:messages|mail)
    """,
    Reason.TOO_MANY_CONNECTIONS: r"""
        too many (?:\w+ ){0,3}(?:connection|session)
        (?:concurren\w+|connection|session) (?:rate )?(?:limit|count)
    """,
    Reason.BLOCKED: r"""
        {LISTS}
        block[- ]?list
        (?<!may be )black[- ]?list
        deny ?list
        reject ?list
        \brbls?\b
        (?<!not )\blisted (?:at|in|by|on)
        \b(?:ip|client|host|server|network|domain|sender|connection|address(?:es)?|mail|message
        ... |email)s?\b.{0,40}(?<!may be )\b(?:blocked|banned|blacklisted|blocklisted)
        \bblocked\b
        blockiert
        bloqué
        bloccat
        bloquead
        \bbanned\b
        (?:poor|bad|low|negative|no|ip|sender|domain) reputation
        reputation (?:is|of|too)
        due to reputation
        smtp server of your isp
        dynamic(?:ally)?(?:[- ]assigned)? (?:ip|address)
        dial-?up
        residential
        not accepting (?:mail|connections?|messages) from
        no access from
        open relay
        client host .{0,40}rejected
        refused? (?:to )?(?:talk|mail from|your)
        refus\w* your
        you are not (?:allowed|welcome)
        access denied by ip
        redundant
    """,
    Reason.VIRUS_DETECTED: r"""
        virus
        malware
        infected
        trojan
        ransomware
        dangerous (?:attachment|content)
        виру[сc]
        ウイルス
    """,
    Reason.SPAM_DETECTED: r"""
        spam
        \bjunk\b
        unsolicited
        phish
        considered (?:bulk|ube|uce)
        \bu[bc]e\b
        спам
        迷惑メール
        垃圾
        pourriel
        mail rejete
    """,
    Reason.NO_RELAYING: r"""
        relay(?:ing)? (?:access |is |not |attempt |operation )?(?:denied|prohibited|rejected|not|permitted
        ... |allowed|disallowed)
        (?:unable|not (?:permitted|allowed)|cannot|won't|do(?:es)? not|no|insecure|illegal|denied
        ... |refuse\w*)(?: to| mail| an?| unauthorized)* relay
        rcpthosts
        not a gateway
        mail server requires authentication
        relaying (?:mail )?(?:to|for)\b
        we do not relay
    """,
    Reason.FILTERED: r"""
        filter
        content (?:reject|restriction)
        recipient (?:has )?(?:refused|rejected|blocks?)
        拒否
    """,
    Reason.CONTENT_ERROR: r"""
        content (?:error|type|not|format|is|was|was not)
        attachment
        \bmime\b
        charset
        8-?bit
        bare (?:lf|cr)
        missing .{0,30}header
        (?:invalid|bad|malformed|duplicate|multiple) .{0,20}header
        rfc ?-?\d?[82]22
        rfc ?532[12]
        not (?:rfc|complian)
        header (?:field|syntax|missing)
        subject
        conversion
    """,
    Reason.POLICY_VIOLATION: r"""
        polic(?:y|ies)
        violat
        prohibited
        not (?:allowed|permitted|authori[sz]ed|accept\w*)
        administrative
        denied
        refused
        restrict
        unacceptable
        not welcome
        moderat
        disallow
        forbidden
        security
        access den
        compliance
        rejected
        reject
        abgelehnt
        refusé
        rechazad
        rifiutat
        rejeitad
        отклонен
        отказ
    """,
    Reason.SYNTAX_ERROR: r"""
        syntax
        unrecogni[sz]ed command
        command (?:not|un)
        bad sequence
        nested mail
        not implemented
        unimplemented
        parameter
    """,
}
