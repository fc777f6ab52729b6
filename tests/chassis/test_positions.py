"""Which copies a replica believes: never one that lacks a change that it heard of, or made, or could not hear of."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chassis.caching.positions import POSITION, Floors, Position, changed_by
from tests.chassis import polling

KEYS = (1, 2, 3)
KEY = st.sampled_from(KEYS)
WHO = st.integers(0, 1)


@dataclass
class Replica:
    """What a replica must see at least, by key, and what is on its way to it."""

    floors: Floors = field(default_factory=lambda: Floors(most=4))
    listening: bool = False
    on_its_way: deque[tuple[int, int, int | None]] = field(default_factory=deque)
    least: dict[int, int] = field(default_factory=lambda: dict.fromkeys(KEYS, 0))


@dataclass(frozen=True)
class Copy:
    """Somebody's reading of a key."""

    key: int
    version: int
    position: Position


class Believing(RuleBasedStateMachine):
    """A database with transactions that end in any order, two replicas that hear of them late, and old copies."""

    def __init__(self) -> None:
        super().__init__()
        self.lineage = 1
        self.next_xid = 100
        self.ended = 99  # the highest
        self.running: dict[int, tuple[int, int] | None] = {}  # transaction -> (key, writer), None without a change
        self.versions = dict.fromkeys(KEYS, 0)
        self.replicas = [Replica(), Replica()]
        self.copies: list[Copy] = []
        self.readings: list[tuple[int, int, int, Position]] = []  # (replica, key, mark, position)

    def position(self) -> Position:
        """As PostgreSQL makes a snapshot: `xmax` is one above the highest that has ended."""
        xmax = self.ended + 1
        return Position(f"line {self.lineage}", min([*self.running, xmax]), xmax)

    @rule(key=KEY, who=WHO)
    def change_begins(self, key: int, who: int) -> None:
        if all(one is None or one[0] != key for one in self.running.values()):  # rows are locked
            self.running[self.next_xid] = (key, who)
            self.next_xid += 1

    @rule()
    def something_else_begins(self) -> None:
        self.running[self.next_xid] = None
        self.next_xid += 1

    @precondition(lambda self: self.running)
    @rule(which=st.integers(0, 9), tells_when=st.booleans())
    def ends(self, which: int, *, tells_when: bool) -> None:
        xid = sorted(self.running)[which % len(self.running)]
        change = self.running.pop(xid)
        self.ended = max(self.ended, xid)
        if change is None:
            return
        key, writer = change
        self.versions[key] += 1
        for replica in self.replicas:
            if replica.listening:
                replica.on_its_way.append((key, self.versions[key], xid if tells_when else None))
        # Whoever made it knows at once.
        self.replicas[writer].floors.forgotten([key])
        self.replicas[writer].least[key] = self.versions[key]

    @rule(who=WHO)
    def hears(self, who: int) -> None:
        replica = self.replicas[who]
        if replica.on_its_way:
            key, version, xid = replica.on_its_way.popleft()
            replica.floors.heard([key], xid)
            replica.least[key] = max(replica.least[key], version)

    @rule(who=WHO)
    def loses_its_listener(self, who: int) -> None:
        self.replicas[who].listening = False
        self.replicas[who].on_its_way.clear()

    @rule(who=WHO)
    def listens(self, who: int) -> None:
        replica = self.replicas[who]
        replica.floors.anything()
        replica.on_its_way.clear()
        replica.listening = True
        replica.least = dict(self.versions)

    @rule(who=WHO, key=KEY)
    def asks_for_the_position(self, who: int, key: int) -> None:
        self.readings.append((who, key, self.replicas[who].floors.mark(), self.position()))

    @precondition(lambda self: self.readings)
    @rule(which=st.integers(0, 9))
    def reads_and_lends(self, which: int) -> None:
        who, key, mark, position = self.readings.pop(which % len(self.readings))
        if position.lineage == f"line {self.lineage}":
            self.replicas[who].floors.learned(position, mark, [key])
            self.copies.append(Copy(key, self.versions[key], position))

    @rule()
    def another_server_takes_over(self) -> None:
        """What was running is gone and its numbers are given out again; every connection is lost."""
        self.lineage += 1
        self.next_xid = min([*self.running, self.ended + 1])
        self.ended = self.next_xid - 1
        self.running.clear()
        for who in range(2):
            self.loses_its_listener(who)
            self.replicas[who].floors.anything()

    @invariant()
    def no_copy_lacks_what_is_known(self) -> None:
        for replica in self.replicas:
            for copy in self.copies:
                believed = replica.floors.believes(copy.position.lineage, copy.position.xmin, [copy.key])
                if believed and replica.listening:
                    assert copy.version >= replica.least[copy.key]

    def teardown(self) -> None:
        """Once all is quiet, what is read is believed by whoever listens."""
        while self.running:
            self.ends(0, tells_when=True)
        for who in range(2):
            self.listens(who)
            for key in KEYS:
                self.asks_for_the_position(who, key)
                who_asked, _, mark, position = self.readings.pop()
                self.replicas[who_asked].floors.learned(position, mark, [key])
        now = self.position()
        for replica in self.replicas:
            assert all(replica.floors.believes(now.lineage, now.xmin, [key]) for key in KEYS)


TestBelieving = Believing.TestCase
TestBelieving.settings = examples(max_examples=300, stateful_step_count=60, deadline=None)


def test_a_notification_names_its_transaction() -> None:
    """Behind the ids; what has none, or is of an older version, is known not to say."""
    assert changed_by("1,22,@7781") == 7781
    assert [changed_by(payload) for payload in ("", "*", "1,22", "1,@", "@x", "1,@12,3", "1,@-5")] == [None] * 7


def test_a_change_while_the_position_is_on_its_way() -> None:
    """Of something changed by us, a change that is heard while the position is on its way counts, too."""
    floors = Floors()
    floors.learned(Position("a", 10, 10), floors.mark(), [])
    floors.forgotten([1])
    mark = floors.mark()
    floors.heard([1], 25)
    floors.learned(Position("a", 20, 20), mark, [1])
    assert not floors.believes("a", 25, [1])
    assert floors.believes("a", 26, [1])


@pytest.mark.parametrize("role", ["owner", "anybody"])
async def test_the_position_of_a_real_database(database_url: str, role: str) -> None:
    """Any role may ask; it moves on with transactions, an open one holds `xmin` back, and history has a name."""
    one: Any = await asyncpg.connect(database_url)
    other: Any = await asyncpg.connect(database_url)
    try:
        if role == "anybody":
            await one.execute("CREATE ROLE nobody_special; SET ROLE nobody_special")
        before = await one.fetchrow(POSITION.sql)
        transaction = other.transaction()
        await transaction.start()
        xid = await other.fetchval("SELECT pg_current_xact_id()::text::bigint")
        during = await one.fetchrow(POSITION.sql)
        await transaction.commit()

        async def moved_on() -> Any:
            # Whoever else works on this server, be it a vacuum, holds `xmin` back as well.
            found = await one.fetchrow(POSITION.sql)
            return found if min(found["xmin"], found["xmax"]) > xid else None

        after = await polling.found(moved_on)
        assert before["xmin"] <= during["xmin"] <= xid
        assert during["xmin"] <= during["xmax"]
        assert before["lineage"] == after["lineage"]
        assert before["lineage"].count("-") == 2
    finally:
        if role == "anybody":
            await one.execute("RESET ROLE; DROP ROLE nobody_special")
        await one.close()
        await other.close()
