"""Reads the state log back after a death: the simulator knows again what a provider would not have forgotten."""

import asyncio
from typing import Any

from simulator import misbehaviour
from simulator.clock import Clock
from simulator.journeys import Journey
from simulator.letters import Letter
from simulator.mailroom import Mailroom
from simulator.meta_statuses import MetaStatuses
from simulator.mischief import Deed, Mischief
from simulator.outbox import Outbox, Received
from simulator.pair_limit import PairLimit
from simulator.phones import PhoneBook, readable
from simulator.state_log import StateLog
from simulator.twilio_keywords import OptOuts
from simulator.twilio_log import TwilioLog, TwilioMessage
from simulator.twilio_statuses import TwilioStatuses
from simulator.writing import Writer


class Restorer:
    """Applies each line of the log to whoever wrote it, without anything going out; then lets everything go on."""

    def __init__(
        self,
        clock: Clock,
        mischief: Mischief,
        outbox: Outbox,
        phones: PhoneBook,
        log: TwilioLog,
        opt_outs: OptOuts,
        pair_limit: PairLimit,
        mailroom: Mailroom,
        meta: MetaStatuses,
        twilio: TwilioStatuses,
        writer: Writer,
    ) -> None:
        self._clock = clock
        self._mischief = mischief
        self._outbox = outbox
        self._phones = phones
        self._log = log
        self._opt_outs = opt_outs
        self._pair_limit = pair_limit
        self._mailroom = mailroom
        self._meta = meta
        self._twilio = twilio
        self._writer = writer
        self._letters: dict[int, Letter] = {}

    async def restore(self, state: StateLog) -> int:
        """Returns how many lines there were."""
        lines = 0
        for lines, line in enumerate(state.replay(), 1):
            getattr(self, f"_{line.pop('what')}")(**line)
            if lines % 1000 == 0:
                await asyncio.sleep(0)
        self._letters.clear()
        self._mailroom.resume()
        self._meta.journeys.resume()
        self._twilio.journeys.resume()
        return lines

    def _wrote(
        self,
        phone: dict[str, Any],
        key: str,
        nth: int,
        content: dict[str, Any],
        letter: dict[str, Any],
        message: dict[str, Any] | None,
    ) -> None:
        written = self._known(letter)
        played = self._phones.take(written.provider, phone["address"], phone["bsuid"])
        played.name = phone["name"] or played.name
        self._mischief.had(f"message {written.provider}:{key}", nth)
        listed = TwilioMessage(**message) if message is not None else None
        heard = self._opt_outs.hear(played.address, listed.body) if listed is not None else None
        self._writer.remember(played, written, content, listed, heard)

    def _sent(self, received: dict[str, Any], journey: dict[str, Any], message: dict[str, Any] | None = None) -> None:
        sent = Received(**{**received, "payload": received["payload"].encode()})
        self._outbox.remember(sent)
        self._phones.receive(sent, readable(sent))
        way = Journey(**journey)
        self._mischief.had(f"accepted {way.provider}:{way.key}", way.nth)
        if message is not None:
            self._log.add(TwilioMessage(**message))
            self._twilio.journeys.remember(way)
            return
        self._pair_limit.admit(way.key, sent.at)
        if self._meta.is_on:
            self._meta.journeys.remember(way)

    def _letter(self, letter: dict[str, Any]) -> None:
        known = self._known(letter)
        if known.about != "statuses" or known.copy:
            return
        if known.provider == "whatsapp":
            self._phones.advance(known.subject, known.state)
            self._meta.journeys.was_told(known.subject, known.state)
            return
        message = self._log.get(known.subject)
        code = known.content.get("ErrorCode")
        if message is not None:
            self._twilio.reached(message, known.state, int(code) if code else None, known.at)
        self._twilio.journeys.was_told(known.subject, known.state)

    def _known(self, kept: dict[str, Any]) -> Letter:
        letter = Letter(**kept)
        self._letters[letter.number] = letter
        self._mailroom.remember(letter)
        return letter

    def _tried(self, letters: list[tuple[int, int, float]]) -> None:
        for number, attempts, began in letters:
            if number in self._letters:
                self._letters[number].attempts, self._letters[number].began = attempts, began

    def _went(self, letters: list[tuple[int, int]], way: Any, at: float) -> None:
        for number, attempts in letters:
            letter = self._letters.pop(number, None)
            if letter is not None:
                letter.attempts = attempts
                self._mailroom.went(letter, way, at)

    def _counted(self, key: str, nth: int) -> None:
        self._mischief.had(key, nth)

    def _did(self, deed: dict[str, Any]) -> None:
        self._mischief.remember(Deed(**deed))

    def _misbehaviour(self, profile: dict[str, Any]) -> None:
        self._mischief.profile = misbehaviour.read(profile, 0)

    def _clock_shifted(self, seconds: float) -> None:
        self._clock.shift = seconds

    def _outbox_cleared(self) -> None:
        self._outbox.clear()
