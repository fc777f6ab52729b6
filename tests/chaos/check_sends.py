"""What providers accepted: every reply, in order, as it was written, and again only where that could not be helped."""

import itertools
from collections import defaultdict

from tests.chaos.looking import Look, bare
from tests.chaos.snapshot import Send, Shock
from tests.chaos.verdict import ExtraSend, Verdict
from tests.mesh.phones import folded

# A send may have been under way for so long when its end was cut off: what a provider is given to answer.
_UNDER_WAY_SECONDS = 26.0
# A clock of the provider and ours are the same here, but noting and happening are not the same moment.
_BEFORE_SECONDS = 1.0


def check(look: Look, verdict: Verdict) -> None:
    _every_reply(look, verdict)
    _in_order(look, verdict)
    for outbox_id, copies in look.sends_by_reply.items():
        reply = look.reply_by_id.get(outbox_id)
        if reply is None:
            verdict.note("replies", "wrong", f"a send of reply {outbox_id}, which is not there")
            continue
        if len(copies) > reply.attempts:
            verdict.note(
                "replies", "doubled", f"reply {outbox_id} sent {len(copies)} times in {reply.attempts} attempts"
            )
        for copy in copies:
            if copy.to != bare(reply.address):
                verdict.note("replies", "wrong", f"reply {outbox_id} was sent to {copy.to} instead of {reply.address}")
            if _plain(reply.words) not in _plain(copy.words):
                verdict.note("replies", "wrong", f"reply {outbox_id} was sent in other words")
        for before, after in itertools.pairwise(copies):
            cause = _cause(look, before, after)
            if cause:
                verdict.extra_sends.append(ExtraSend(outbox_id, cause))
            else:
                verdict.note("replies", "doubled", f"reply {outbox_id} was sent again without a cause")


def _every_reply(look: Look, verdict: Verdict) -> None:
    verdict.each(
        "replies",
        "lost",
        "accepted as we say, and never sent",
        (
            reply.outbox_id
            for reply in look.snapshot.replies
            if reply.state == "accepted" and reply.outbox_id not in look.sends_by_reply
        ),
    )


def _in_order(look: Look, verdict: Verdict) -> None:
    """First copies, phone by phone."""
    firsts: dict[str, list[int]] = defaultdict(list)
    for copies in sorted(look.sends_by_reply.values(), key=lambda one: one[0].number):
        firsts[copies[0].to].append(copies[0].outbox_id)
    for to, order in firsts.items():
        for before, after in itertools.pairwise(order):
            if after < before:
                verdict.note("replies", "reordered", f"{to} got reply {before} before {after}")


def _cause(look: Look, before: Send, after: Send) -> str:
    """Why a copy that the provider had was followed by another: something between the two; empty for no good reason."""
    if before.message_id in look.snapshot.muffled:
        return "the provider took it and did not say so"
    since, until = before.at - _BEFORE_SECONDS, min(before.at + _UNDER_WAY_SECONDS, after.at)
    causes = [
        _words(shock)
        for shock in look.snapshot.shocks
        if shock.began <= until and shock.ended >= since and _words(shock)
    ]
    return causes[0] if causes else ""


def _words(shock: Shock) -> str:
    """What a fault does to a send: nothing, when it hits neither its sender, nor its way, nor its record."""
    ends = {end.partition("-")[0] for target in shock.targets for end in target.split(">")}
    if shock.kind == "cut":
        pairs = {tuple(end.partition("-")[0] for end in target.split(">")) for target in shock.targets}
        if ("gateway", "simulator") in pairs:
            return "the answer was cut off"
        return "the record was cut off" if ("gateway", "postgres") in pairs else ""
    how = {"kill": "killed", "stop": "stopped", "pause": "paused"}[shock.kind]
    for end, name in (("gateway", "the sender"), ("simulator", "the provider"), ("postgres", "the database")):
        if end in ends:
            return f"{name} was {how}"
    return ""


def _plain(words: str) -> str:
    """Letters and digits, as they survive any channel."""
    return "".join(one for one in folded(words).lower() if one.isascii() and one.isalnum())[:400]
