"""Delivery statuses: each row says the furthest that its provider has told, never less and never more.

Every message that a provider took is delivered here sooner or later, and told so: a row that does not say it has lost
a status, wherever that was.
"""

from collections import defaultdict

from services.gateway.messages import Delivery
from tests.chaos.looking import Look
from tests.chaos.verdict import Verdict

_RANKS = {
    "sent": Delivery.SENT.rank,
    "failed": Delivery.FAILED.rank,
    "undelivered": Delivery.FAILED.rank,
    "delivered": Delivery.DELIVERED.rank,
    "read": Delivery.READ.rank,
}


def check(look: Look, verdict: Verdict) -> None:
    reply_of = {send.message_id: send.outbox_id for send in look.snapshot.sends}
    told: dict[int, int] = defaultdict(int)
    for item in look.snapshot.items:
        if item.kind == "status":
            outbox_id = item.outbox_id or reply_of.get(item.message_id)
            if outbox_id is None or outbox_id not in look.reply_by_id:
                verdict.note("statuses", "wrong", f"a status of {item.message_id}, which we never sent")
            else:
                if item.delivery in {"failed", "undelivered"}:
                    verdict.note("statuses", "wrong", f"a failure of reply {outbox_id}, which no provider told")
                told[outbox_id] = max(told[outbox_id], _RANKS.get(item.delivery, 0))
    for reply in look.snapshot.replies:
        rank = _RANKS.get(reply.delivery, 0)
        if rank < told[reply.outbox_id]:
            verdict.note("statuses", "lost", f"reply {reply.outbox_id} is {reply.delivery or 'nowhere'} by its row")
        elif rank > told[reply.outbox_id]:
            verdict.note("statuses", "wrong", f"reply {reply.outbox_id} is {reply.delivery}, which nobody told")
        elif reply.outbox_id in look.sends_by_reply and rank < Delivery.DELIVERED.rank:
            verdict.note("statuses", "lost", f"reply {reply.outbox_id} was delivered, and its row does not know")
