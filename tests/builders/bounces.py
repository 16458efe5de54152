"""Mails that come back, as mail servers of many makes write them: every sentence is our own rendering of the "
"form."""

from __future__ import annotations

from dataclasses import dataclass

PERSON = "paula@reader.example"
TOKEN = "b+k3y.t0k3n@bounces.news.example"
RETURNED = (
    f"Received: from news.example (news.example [192.0.2.7]) by mx.reader.example with ESMTP id 77F for "
    f"<{PERSON}>;\n"
    " Mon, 3 Jun 2024 10:00:00 +0000\n"
    f"From: The News <editor@news.example>\nTo: {PERSON}\nSubject: Issue 12\n"
    "Message-ID: <12.77@news.example>\nDate: Mon, 3 Jun 2024 10:00:00 +0000\nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\n\nHello from the newsletter.\n"
)


@dataclass(frozen=True, slots=True)
class Form:
    """A form of notice: how it looks, and what a careful reader gets from it."""

    name: str
    raw: bytes
    kind: str
    reason: str | None = None  # None: any
    recipient: str = PERSON


def a_plain_bounce(text: str, *, subject: str = "Undelivered mail", sender: str = "", headers: str = "") -> bytes:
    """A notice in plain words from a mail system, with the returned mail pasted below a line when ``text`` says "
    "so."""
    sender = sender or "Mail Delivery System <MAILER-DAEMON@mx.reader.example>"
    head = f"Return-Path: <>\nFrom: {sender}\nTo: {TOKEN}\nSubject: {subject}\n{headers}"
    return f"{head}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode()


def a_dsn(
    *,
    recipient: str = PERSON,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 User unknown",
    text: str = "Your message could not be delivered.",
    extra: str = "",
    returned: str = RETURNED,
    returned_type: str = "message/rfc822",
    report_type: str = "delivery-status",
) -> bytes:
    """A delivery status notification (RFC 3464) for one recipient."""
    fields = f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
    if diagnostic:
        fields += f"Diagnostic-Code: {diagnostic}\n"
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.reader.example\nTo: {TOKEN}\nSubject: Delivery Status "
        f"Notification\n"
        f'MIME-Version: 1.0\nContent-Type: multipart/report; report-type={report_type}; boundary="=_b"\n\n'
        f"--=_b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n\n"
        f"--=_b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; "
        f"mx.reader.example\n\n{fields}{extra}\n"
        f"--=_b\nContent-Type: {returned_type}\n\n{returned}\n--=_b--\n"
    ).encode()


def a_feedback_report(fields: str = "", *, to: str = PERSON, feedback_type: str = "abuse") -> bytes:
    """An ARF report (RFC 5965)."""
    returned = RETURNED.replace(f"To: {PERSON}", f"To: {to}")
    return (
        f"From: feedback@isp.example\nTo: {TOKEN}\nSubject: FW: Issue 12\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="=_f"\n\n'
        "--=_f\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n"
        f"--=_f\nContent-Type: message/feedback-report\n\nFeedback-Type: {feedback_type}\nUser-Agent: "
        f"Loop/1.0\nVersion: 1\n"
        f"{fields}\n--=_f\nContent-Type: message/rfc822\n\n{returned}\n--=_f--\n"
    ).encode()


def an_auto_reply(
    *, subject: str = "Re: Issue 12", headers: str = "", text: str = "I am away.", name: str = "Paula"
) -> bytes:
    """A vacation note by a person's mail program."""
    return (
        f"Return-Path: <>\nFrom: {name} <{PERSON}>\nTo: {TOKEN}\nSubject: {subject}\nIn-Reply-To: "
        f"<12.77@news.example>\n"
        f"{headers}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    ).encode()


def _returned(mark: str) -> str:
    return f"\n{mark}\n\n{RETURNED}"


FORMS: tuple[Form, ...] = (
    Form(
        "qmail",
        a_plain_bounce(
            "Hi. This is the qmail-send program at mx.reader.example.\nI'm afraid I wasn't able to deliver your "
            "message to the"
            f" following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work "
            f"out.\n\n<{PERSON}>:\n"
            "192.0.2.8 does not like recipient.\nRemote host said: 550 sorry, no mailbox here by that name\n"
            "Giving up on 192.0.2.8.\n" + _returned("--- Below this line is a copy of the message."),
            subject="failure notice",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "qmail quota",
        a_plain_bounce(
            f"Hi. This is the qmail-send program at reader.example.\nI'm afraid I wasn't able to "
            f"deliver.\n\n<{PERSON}>:\n"
            "The user is over their quota. Message not accepted. (#5.2.2)\n"
            + _returned("--- Below this line is a copy of the message."),
            subject="failure notice",
        ),
        "soft",
        "mailboxfull",
    ),
    Form(
        "qmail host",
        a_plain_bounce(
            f"Hi. This is the qmail-send program.\n\n<{PERSON}>:\nSorry, I couldn't find any host named "
            f"reader.example. (#5.1.2)\n" + _returned("--- Below this line is a copy of the message."),
            subject="failure notice",
        ),
        "hard",
        "hostunknown",
    ),
    Form(
        "Exim unrouteable",
        a_plain_bounce(
            "This message was created automatically by mail delivery software.\n\nA message that you sent could "
            "not be delivered"
            f" to one or more of its\nrecipients. This is a permanent error. The following address(es) "
            f"failed:\n\n  {PERSON}\n"
            "    Unrouteable address\n"
            + _returned("------ This is a copy of the message, including all the headers. ------"),
            headers=f"X-Failed-Recipients: {PERSON}\nAuto-Submitted: auto-replied\n",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "Exim warning",
        a_plain_bounce(
            "This message was created automatically by mail delivery software.\nA message that you sent has not "
            "yet been delivered"
            f" to one or more of its\nrecipients after more than 24 hours on the queue.\n\nThe address to which "
            f"the message has not"
            f" yet been delivered is:\n\n  {PERSON}\n    Delay reason: SMTP timeout while connected\n\nNo action "
            f"is required on"
            " your part. Delivery attempts will continue for\nsome time.\n",
            subject="Warning: message 1abc delayed 24 hours",
        ),
        "soft",
    ),
    Form(
        "sendmail transcript",
        a_plain_bounce(
            "The original message was received at Mon, 3 Jun 2024 10:00:00 GMT\nfrom news.example\n\n"
            "   ----- The following addresses had permanent fatal errors -----\n"
            f"<{PERSON}>\n    (reason: 550 5.1.1 No such mailbox)\n\n   ----- Transcript of session follows "
            f"-----\n"
            f"... while talking to mx.reader.example.:\n>>> RCPT To:<{PERSON}>\n<<< 550 5.1.1 No such mailbox\n"
            f"550 5.1.1 <{PERSON}>... User unknown\n" + _returned("   ----- Original message follows -----"),
            subject="Returned mail: User unknown",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "OpenSMTPD",
        a_plain_bounce(
            "Hi!\n\nThis is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\nAn error has occurred while "
            "attempting to"
            f" deliver a message for\nthe following list of recipients:\n\n{PERSON}: 550 5.1.1 <{PERSON}>: "
            f"Invalid recipient\n\n"
            "Below is a copy of the original message:\n\n" + RETURNED,
            subject="Delivery status notification: error",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "Sun messaging server",
        a_plain_bounce(
            "This report relates to a message you sent with the following header fields:\n\n  Message-id: "
            "<12.77@news.example>\n"
            "  Date: Mon, 3 Jun 2024 10:00:00 +0000\n  From: editor@news.example\n  Subject: Issue 12\n\n"
            "Your message cannot be delivered to the following recipients:\n\n"
            f"  Recipient address: {PERSON}\n  Reason: Remote SMTP server has rejected address\n"
            f"  Diagnostic code: smtp;550 5.1.1 unknown or illegal alias: {PERSON}\n  Remote system: "
            f"dns;mx.reader.example\n",
            subject="Delivery Notification: Delivery has failed",
            sender="Internet Mail Delivery <postmaster@relay.example>",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "hMailServer",
        a_plain_bounce(
            "Your message did not reach some or all of the intended recipients.\n\n   Sent: Mon, 3 Jun 2024\n   "
            "Subject: Issue 12\n\n"
            f"The following recipient(s) could not be reached:\n\n{PERSON}\n   Error Type: SMTP\n   Remote "
            f"server (192.0.2.8) issued"
            f" an error.\n   hMailServer sent: RCPT TO:<{PERSON}>\n   Remote server replied: 550 No such user "
            f"here\n\nhMailServer\n",
            subject="Message undeliverable: Issue 12",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "MailEnable",
        a_plain_bounce(
            "Message could not be delivered to some recipients.\nThe following recipient(s) could not be "
            "reached:\n\n"
            f"   Recipient: [SMTP:{PERSON}]\n   Reason: Remote SMTP Server returned: 552 5.2.2 Mailbox is over "
            f"quota\n\n"
            "Message headers follow:\n\n" + RETURNED,
            subject="Message Delivery Failure",
            sender="POSTMASTER@relay.example",
        ),
        "soft",
        "mailboxfull",
    ),
    Form(
        "MDaemon",
        a_plain_bounce(
            "The following data may contain sections which represent BASE64 encoded\nfile attachments.\n\n"
            "-----------------------------------------------\nDelivery attempt history for your mail:\n"
            f"Failed address: {PERSON}\n--- Session Transcript ---\n--> MAIL From:<{TOKEN}>\n<-- 250 ok\n"
            f"--> RCPT To:<{PERSON}>\n<-- 550 <{PERSON}>, Recipient unknown\n--> QUIT\n--- End Transcript ---\n",
            subject="Permanent Delivery Failure",
            sender="MDaemon at relay.example <MDaemon@relay.example>",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "CommuniGate",
        a_plain_bounce(
            f"Failed to deliver to '{PERSON}'\nLOCAL module(account paula) reports:\n account is full (quota "
            f"exceeded)\n",
            subject="Undeliverable mail: Issue 12",
        ),
        "soft",
        "mailboxfull",
    ),
    Form(
        "GroupWise",
        a_plain_bounce(
            f"The message that you sent was undeliverable to the following:\n\t{PERSON} (550 5.1.1 unknown)\n\n"
            "Possibly truncated original message follows:\n\n" + RETURNED,
            subject="Message status - undeliverable",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "Domino",
        a_plain_bounce(
            f"Your message\n\n  Subject: Issue 12\n\nwas not delivered to:\n\n  {PERSON}\n\nbecause:\n\n"
            f"  User paula ({PERSON}) not listed in Domino Directory\n",
            subject="DELIVERY FAILURE: User paula not listed in Domino Directory",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "InterScan",
        a_plain_bounce(
            "****** Message from InterScan Messaging Security ******\n\nUnable to deliver message to <"
            + PERSON
            + f">\n\nSent <<< RCPT TO:<{PERSON}>\nReceived >>> 550 5.1.1 <{PERSON}>... no such recipient\n\n"
            "****** End of message ******\n",
            subject="Mail could not be delivered",
            sender="postmaster@relay.example",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "failed addresses box",
        a_plain_bounce(
            f"|------------------------- Message log follows: -------------------------"
            f"|\n no valid recipients were found\n"
            f"|------------------------- Failed addresses follow: ---------------------"
            f"|\n <{PERSON}> ... unknown user\n"
            "|------------------------- Message text follows: ------------------------|\n" + RETURNED,
            subject="mail failed, returning to sender",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "X.400 gateway",
        a_plain_bounce(
            "This is an automatic non-delivery report from the X.400 gateway.\n\nYour message was not delivered "
            "to:\n"
            f"  {PERSON}\n  for the following reason:\n  Unable to transfer: Recipient unknown at this address.\n",
            subject="Non-Delivery Report",
            sender="MTA <postmaster@x400.example>",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "Exchange German",
        a_plain_bounce(
            f"Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\n{PERSON}\nDie "
            f"eingegebene E-Mail-Adresse"
            " konnte nicht gefunden werden. Bitte überprüfen Sie sie.\n\nDiagnoseinformationen für "
            "Administratoren:\n\n"
            f"Generierender Server: mx.reader.example\n\n{PERSON}\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not "
            f"found ##\n",
            subject="Unzustellbar: Issue 12",
            sender="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@reader.example>",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "Exchange French full",
        a_plain_bounce(
            f"Échec de la remise pour ces destinataires ou groupes :\n\n{PERSON}\nLa boîte aux lettres du "
            f"destinataire est pleine et"
            f" ne peut pas accepter de messages.\n\n{PERSON}\nRemote Server returned '554 5.2.2 mailbox full'\n",
            subject="Non remis : Issue 12",
            sender="postmaster@reader.example",
        ),
        "soft",
        "mailboxfull",
    ),
    Form(
        "Spanish words only",
        a_plain_bounce(
            f"No se ha podido entregar su mensaje al siguiente destinatario:\n\n<{PERSON}>\n\nEl buzón está "
            f"lleno.\n",
            subject="No se puede entregar: Issue 12",
        ),
        "soft",
        "mailboxfull",
    ),
    Form(
        "Russian words only",
        a_plain_bounce(
            f"Ваше письмо не доставлено следующему получателю:\n\n  {PERSON}\n    пользователь не найден\n",
            subject="Недоставленное сообщение",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "Chinese words only",
        a_plain_bounce(
            f"很抱歉，您的邮件无法投递。\n\n收件人：<{PERSON}>\n退信原因：收件人邮箱不存在。\n", subject="系统退信"
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "Japanese carrier",
        a_plain_bounce(
            f"次のあて先へのメッセージはエラーのため送信できませんでした。\n\n<{PERSON}>\n\n宛先のメールアドレスが存在しません。\n",
            subject="メール送信エラー",
        ),
        "hard",
        "userunknown",
    ),
    Form(
        "AOL style reply list",
        a_plain_bounce(
            "Your mail to the following recipients could not be delivered because they are not\naccepting mail "
            "from you:\n\n"
            f"  {PERSON}\n",
            subject="Mail Delivery Problem",
        ),
        "policy",
    ),
    Form(
        "greylist gave up",
        a_plain_bounce(
            "The following message could not be delivered because the recipient's server was unreachable for 5 "
            "days.\n\n"
            f"To: <{PERSON}>\nThe server said: 451 4.7.1 Greylisting in action, please come back later\n",
            subject="Delivery failure",
        ),
        "soft",
    ),
    Form(
        "relaying denied",
        a_plain_bounce(
            f"Delivery to {PERSON} failed.\n\nThe mail server answered: 554 5.7.1 <{PERSON}>: Relay access "
            f"denied\n"
        ),
        "policy",
        "norelaying",
    ),
    Form(
        "HTML only",
        a_plain_bounce(
            f"<html><head><style>p {{}}</style></head><body><p>Your message to <b>{PERSON}</b> couldn't be "
            f"delivered.</p>"
            f"<p>The remote server returned:</p><p>550 5.1.1 &lt;{PERSON}&gt; user does not "
            f"exist</p></body></html>",
            subject="Undeliverable: Issue 12",
        ).replace(b"text/plain", b"text/html"),
        "hard",
        "userunknown",
    ),
    Form(
        "status pasted as text",
        a_plain_bounce(
            "Your message was not delivered.\n\nReporting-MTA: dns; relay.example\n\n"
            f"Final-Recipient: rfc822;{PERSON}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no "
            f"such\n account\n"
        ),
        "hard",
        "userunknown",
    ),
)
