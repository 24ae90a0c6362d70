"""The same mails with and without mitmilter: the same SMTP replies, the same delivered mails.

Postfix plays everything over inet, Sendmail everything over unix sockets (where it is three times quicker:
over TCP its packets written apart wait for acknowledgements); the other pairs play what could differ there.
"""
from testbed import scenarios
from testbed.comparing import same_through_proxy, some
from testbed.milters import ActionMilter, OpenDKIM

MAIN = some("plain", "several-recipients", "several-mails", "resets", "unknown-commands", "pipelined", "body-200k",
            "blanks", "many-fields", "act-everything", "act-replacebody-long", "act-addheader-many", "act-macros",
            "verdict-mail-reject", "verdict-rcpt-lines", "verdict-rcpt-accept", "verdict-header-tempfail",
            "verdict-body-skip", "verdict-body-discard", "verdict-eom-reply4", "verdict-data-shutdown")
# A verdict where none was asked for puts the two sides out of step, with us or without.
WITHOUT_REPLIES = {name: scenario for name, scenario in MAIN.items()
                   if not name.startswith("verdict-") or name.startswith("verdict-eom-")}
OPTIONS = {
    "WithoutReplies": "nr", "LeadingSpace": "leadspace", "OwnMacros": "symlist", "RefusedRecipients": "rcptrej",
    "LeftOutStages": "nohelo,nobody,noeoh,nounknown,nodata", "Passive": "passive", "LargeChunks": "bigbody,leadspace",
    "Classic": "classic", "Version2": "v2",
}

PostfixInet = same_through_proxy("PostfixInet", "postfix", "inet", ActionMilter, scenarios.ALL)
PostfixUnix = same_through_proxy("PostfixUnix", "postfix", "unix", ActionMilter, MAIN)
SendmailUnix = same_through_proxy("SendmailUnix", "sendmail", "unix", ActionMilter, scenarios.ALL)
SendmailInet = same_through_proxy("SendmailInet", "sendmail", "inet", ActionMilter, MAIN)

PostfixSigned = same_through_proxy("PostfixSigned", "postfix", "inet", lambda: OpenDKIM("sign"), scenarios.FLOWS)
SendmailSigned = same_through_proxy("SendmailSigned", "sendmail", "unix", lambda: OpenDKIM("sign"), scenarios.FLOWS)

for mta, kind in (("postfix", "inet"), ("sendmail", "unix")):
    for name, options in OPTIONS.items():
        made = same_through_proxy(f"{mta.capitalize()}{name}", mta, kind, lambda options=options: ActionMilter(options),
                                  WITHOUT_REPLIES if options == "nr" else MAIN)
        globals()[made.__name__] = made
for mta in ("postfix", "sendmail"):
    for verdict in ("reject", "tempfail", "accept", "discard", "reply4", "shutdown"):
        made = same_through_proxy(f"{mta.capitalize()}Connect{verdict.capitalize()}", mta, "unix",
                                  lambda verdict=verdict: ActionMilter(connect=verdict),
                                  {"plain": scenarios.until_hung_up(scenarios.FLOWS["plain"])})
        globals()[made.__name__] = made
del made
