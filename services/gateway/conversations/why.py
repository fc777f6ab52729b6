"""Why a driver was not asked: how they stand now, and the latest requests that went past them."""

from hailwire.trips.v1 import matches_pb2
from services.gateway.conversations import guidance, menus, quiet_words, wording
from services.gateway.conversations.turn import Outcome, Turn

# Reasons of the contract -> key of their words.
REASONS = {
    matches_pb2.MATCH_REASON_NOT_AMONG_NEAREST: "why-others-nearer",
    matches_pb2.MATCH_REASON_STALE: "why-stale",
    matches_pb2.MATCH_REASON_TOO_FAR: "why-too-far",
    matches_pb2.MATCH_REASON_BUSY: "why-busy",
    matches_pb2.MATCH_REASON_OFFLINE: "why-offline",
    matches_pb2.MATCH_REASON_OTHER_VEHICLE: "why-other-vehicle",
    matches_pb2.MATCH_REASON_QUIET: "why-quiet",
}


async def explain(turn: Turn) -> Outcome:
    """`why`: nothing of it says whose the requests were."""
    presence = await turn.world.presence(fresh=True)
    # Whoever has quiet hours has a presence, and no vehicle while they never drove.
    if presence is None or not presence.vehicle:
        return await guidance.guide(turn, turn.say("why-never-drove"))
    if not presence.online:
        now = turn.say("why-now-offline")
    elif presence.trip_id:
        now = turn.say("why-now-busy")
    elif quiet := quiet_words.now(turn):
        now = quiet
    else:
        seconds = (turn.now - wording.utc(presence.location_time)).total_seconds()
        now = turn.say("why-now-online", age=wording.age(turn.language, seconds))
    lines = [_line(turn, missed) for missed in await turn.world.missed_trips()]
    missed = menus.body(turn.say("why-missed"), "\n".join(lines)) if lines else turn.say("why-none-missed")
    return await guidance.guide(turn, menus.body(now, missed))


def _line(turn: Turn, missed: matches_pb2.MissedTrip) -> str:
    candidate = missed.candidate
    reason = turn.say(
        REASONS.get(candidate.reason, "why-others-nearer"),
        age=wording.age(turn.language, candidate.location_age_seconds),
        distance=wording.distance(turn.language, candidate.distance_meters),
    )
    when = wording.moment(turn.language, wording.utc(missed.create_time), turn.zone)
    return turn.say("why-line", when=when, reason=reason)
