"""Exports of other systems with invented people, in the columns that each of them writes."""

from __future__ import annotations

from typing import Final

MAILCHIMP: Final = (
    '"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,'
    "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS{more}\n"
)
MAILCHIMP_ROW: Final = (
    '{email},Ada,Example,2,"2019-03-04 10:11:12",192.0.2.7,"2019-03-04 10:15:00",192.0.2.8,,,,,,,,'
    '"2020-01-01 00:00:00",1234,ab12cd34ef,,{more}\n'
)
LISTMONK: Final = (
    "uuid,email,name,attributes,status,created_at,updated_at\n"
    '0b1c,on@example.org,On,"{""lang"":""de""}",enabled,2021-05-01T10:00:00.123456Z,2021-06-01T10:00:00Z\n'
    "0b1d,off@example.org,Off,{},disabled,2021-05-02 10:00:00.123456 +0000 UTC,2021-06-01T10:00:00Z\n"
    "0b1e,never@example.org,Never,{},blocklisted,2021-05-03T10:00:00Z,2021-06-01T10:00:00Z\n"
)
LISTMONK_WITH_OPTIN: Final = (
    "uuid,email,name,attributes,status,created_at,updated_at,subscription_status\n"
    "1,yes@example.org,,{},enabled,2021-05-01T10:00:00Z,,confirmed\n"
    "2,not-yet@example.org,,{},enabled,2021-05-01T10:00:00Z,,unconfirmed\n"
    "3,left@example.org,,{},enabled,2021-05-01T10:00:00Z,,unsubscribed\n"
    "4,blocked@example.org,,{},blocklisted,2021-05-01T10:00:00Z,,confirmed\n"
)
SUBSTACK: Final = (
    "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
    "free@example.org,false,,other,false,2022-02-03T04:05:06.789Z,\n"
    "paid@example.org,true,2027-01-01T00:00:00.000Z,yearly,false,2022-02-04T04:05:06.789Z,2022-03-01T00:00:00.000Z\n"
    "gone@example.org,false,,other,true,2022-02-05T04:05:06.789Z,\n"
)
SUBSTACK_DASHBOARD: Final = (
    "Email,Name,Stripe plan,Subscription type,Created at,Activity,Revenue,Subscription source (free)\n"
    "free@example.org,Free,,Free,2026-05-01T10:00:00.000000000+00:00,4,0,import\n"
    "left@example.org,Left,,Unsubscribed,2026-05-02T10:00:00Z,0,0,direct\n"
)
BUTTONDOWN: Final = (
    "email,notes,metadata,tags,subscriber_type,source,creation_date,unsubscription_date,ip_address,referrer_url\n"
    'r@example.org,,"{""language"": ""pt_BR""}",club,regular,embedded_form,2023-01-02T03:04:05.678901Z,,192.0.2.9,'
    "https://example.org/join\n"
    "p@example.org,,{},,premium,api,2023-01-03 03:04:05+00:00,,,\n"
    "n@example.org,,{},,unactivated,api,2023-01-04,,,\n"
    "u@example.org,,{},,unsubscribed,api,2023-01-05,2024-02-03T00:00:00Z,,\n"
    "d@example.org,,{},,undeliverable,api,2023-01-06,,,\n"
    "c@example.org,,{},,complained,api,2023-01-06,,,\n"
    "x@example.org,,{},,something-new,api,2023-01-06,,,\n"
)
TINYLETTER: Final = (
    "Email Address,Name,Date Subscribed\nt@example.org,Tess,2018-09-10 11:12:13\ns@example.org,,2018-09-11\n"
)
MAILMAN_3: Final = (
    "Address,Display Name,Delivery Mode,Delivery Status,Role,Subscribed On\n"
    "m@example.org,Mae,regular,enabled,member,2020-10-11 12:13:14\n"
    "h@example.org,Hal,mime_digests,by_user,member,2020-10-11 12:13:14\n"
    "b@example.org,Bo,regular,by_bounces,member,2020-10-11 12:13:14\n"
    "o@example.org,Ola,regular,enabled,owner,2020-10-11 12:13:14\n"
)
ROSTER: Final = (
    "# members of the list\n"
    "ada@example.org\n"
    "\n"
    "Eve Example <eve@example.org>\n"
    '"Lovelace, Bo" <bo@example.org>\n'
    "not an address\n"
    "info@b\u00fccher.example\n"
)
POSTORIUS: Final = "ada@example.org,Ada\neve@example.org,\n"
MAILMAN_2: Final = """\
[----- start pickle file -----]
<----- start object 1 ----->
{   'accept_these_nonmembers': [],
    'bounce_info': {   'dead@example.org': <Mailman.Bouncer._BounceInfo instance at 0x7f2a>},
    'delivery_status': {   'dead@example.org': (4, 1500000000.0),
                           'quiet@example.org': (2, 1500000000.0)},
    'digest_members': {   'digest@example.org': 0},
    'language': {   'ada@example.org': 'de', 'digest@example.org': 'en'},
    'members': {   'ada@example.org': 'Ada@Example.org',
                   'dead@example.org': 0,
                   'quiet@example.org': 0},
    'real_name': 'Club {',
    'usernames': {   'ada@example.org': u'Ada } "x"'}}
[----- end pickle file -----]
"""
