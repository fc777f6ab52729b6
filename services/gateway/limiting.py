"""Judges each message of a person by the limits of its sender, before anything is asked of a service.

The clock is the time of storing, as for everything that a turn decides: messages that had to wait for a service are not
taken for a flood. Events are not their recipient's messages, and what nobody answers costs nothing: neither counts.
"""

from dataclasses import replace
from datetime import datetime

from chassis.records import record
from chassis.telemetry import Telemetry
from services.gateway.conversations.limited import vital
from services.gateway.limits import Counts, LimitSettings, expensive, ordinary
from services.gateway.messages import Channel, Message, MessageKind


@record
class Admission:
    """What becomes of a message, and the sender's counts after it.

    `refused` is the limit that it met, empty when it may pass; `first`: its sender was not told yet that this lasts
    `until`. `mute`: it takes effect without a word.
    """

    counts: Counts
    refused: str = ""
    first: bool = False
    until: datetime | None = None
    mute: bool = False


class Limiting:
    """The limits of every sender, and how often they were met."""

    def __init__(self, telemetry: Telemetry, settings: LimitSettings) -> None:
        self._ordinary = ordinary(settings)
        self._expensive = expensive(settings)
        self._limited = telemetry.counter("limited_messages", "messages that were refused by a rate limit, by limit")
        self._reached = telemetry.counter("limits_reached", "senders who were told of a rate limit, by limit")

    def admit(self, counts: Counts, message: Message, channel: Channel, now: datetime) -> Admission:
        """Whether the message may pass, counted when it does."""
        if not message.answerable:
            return Admission(counts)
        if vital(message, channel):
            return self._vital(counts, now)
        after = counts
        if self._ordinary is not None:
            passes, count = self._ordinary.admit(counts.ordinary, now)
            after = replace(after, ordinary=count)
            if not passes:
                before = self._ordinary.refused_until(counts.ordinary, now)
                return self._refused("ordinary", after, before, count.until)
        if self._expensive is not None and message.kind is MessageKind.MEDIA:
            passes, count = self._expensive.admit(counts.expensive, now)
            if not passes:
                before = self._expensive.refused_until(counts.expensive, now)
                return self._refused("expensive", replace(counts, expensive=count), before, count.until)
            after = replace(after, expensive=count)
        return Admission(after)

    def given_up(self, counts: Counts, now: datetime) -> Counts:
        """The counts after a message that ended in the dead letters: its apology is an answer like any other."""
        if self._ordinary is None:
            return counts
        return replace(counts, ordinary=self._ordinary.admit_vital(counts.ordinary, now)[1])

    def _vital(self, counts: Counts, now: datetime) -> Admission:
        if self._ordinary is None:
            return Admission(counts)
        spoken, count = self._ordinary.admit_vital(counts.ordinary, now)
        return Admission(replace(counts, ordinary=count), mute=not spoken)

    def _refused(self, limit: str, counts: Counts, told: datetime | None, until: datetime | None) -> Admission:
        self._limited.add(1, limit=limit)
        if told is None:
            self._reached.add(1, limit=limit)
        return Admission(counts, refused=limit, first=told is None, until=until)
