"""The checker: pure functions over a snapshot, one file for each subject."""

from tests.chaos import check_events, check_messages, check_replies, check_sends, check_statuses, check_trips
from tests.chaos.looking import Look
from tests.chaos.snapshot import Snapshot
from tests.chaos.verdict import Verdict

# What is still under way, by the words of tests/mesh/audit.py, and what it is a sign of.
_SUBJECT_OF = {
    "messages pending": "messages",
    "messages counted as pending": "messages",
    "conversations leased": "messages",
    "conversations to be run alone": "messages",
    "in spools": "messages",
    "webhooks_waiting": "messages",
    "replies not settled": "replies",
    "replies counted in lanes": "replies",
    "lanes held": "replies",
    "statuses pending": "statuses",
    "statuses_waiting": "statuses",
    "events not acknowledged": "events",
    "mailboxes taken": "events",
}


def examine(snapshot: Snapshot) -> Verdict:
    """Everything that is wrong with a run."""
    verdict = Verdict()
    look = Look(snapshot)
    for what, count in snapshot.in_flight.items():
        verdict.note(_SUBJECT_OF.get(what, "messages"), "stuck", f"{what}: {count}")
    for person in snapshot.people:
        if person.waits_for:
            verdict.note("replies", "stuck", f"{person.role} {person.name} waits for {person.waits_for}")
    verdict.each("processes", "wrong", "crash", snapshot.crashed)
    for kind, reason in snapshot.dead_letters:
        verdict.note("messages" if kind == "message" else "replies", "lost", f"dead letter: {reason}")
    for check in (check_messages, check_replies, check_sends, check_statuses, check_trips, check_events):
        check.check(look, verdict)
    _count(snapshot, verdict)
    verdict.deeds = snapshot.deeds
    return verdict


def _count(snapshot: Snapshot, verdict: Verdict) -> None:
    kinds = [item.kind for item in snapshot.items]
    verdict.counts.update(
        {
            "people": len(snapshot.people),
            "messages": len(snapshot.written),
            "messages given up by the provider": sum(one.given_up for one in snapshot.written),
            "replies": len(snapshot.replies),
            "sends": len(snapshot.sends),
            "extra sends": len(verdict.extra_sends),
            "trips": len(snapshot.trips),
            "trips completed": sum(one.state == check_trips.COMPLETED for one in snapshot.trips),
            "events": kinds.count("event"),
            "statuses": kinds.count("status"),
            "forged posts": snapshot.forged,
            "dead letters": len(snapshot.dead_letters),
            "faults": len(snapshot.shocks),
        }
    )
