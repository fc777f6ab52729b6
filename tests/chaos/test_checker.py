"""The checker catches what it is there for: each kind of fault is planted into a clean run and found by its name."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hailwire.trips.v1 import events_pb2
from tests.chaos import reading
from tests.chaos.checker import examine
from tests.chaos.conftest import Clean
from tests.chaos.planted import PLANTS
from tests.chaos.plants import a_message, a_reply, a_send, changed, rows_of, with_notes, with_rows, without
from tests.chaos.snapshot import Item, Shock
from tests.mesh.audit import connected

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_clean_run_is_clean(clean: Clean) -> None:
    """Nothing is found where nothing was planted, and there was something to find faults in."""
    verdict = examine(clean.snapshot)
    assert verdict.findings == []
    assert verdict.counts["trips completed"] >= 3
    assert verdict.counts["forged posts"] >= 3
    assert verdict.counts["extra sends"] == 0


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_fault_is_found(clean: Clean, name: str) -> None:
    """Each kind of fault, planted alone into a clean run, is called by its name."""
    plant, kind, words = PLANTS[name]
    findings = [str(one) for one in examine(plant(clean.snapshot)).findings]
    assert any(one.startswith(f"{kind}: ") and words in one for one in findings), findings[:10]


def test_a_second_send_with_a_cause_is_listed_and_no_finding(clean: Clean) -> None:
    """A copy that follows the death of its sender is told with that cause, and is nobody's fault."""
    left = clean.snapshot
    send = a_send(left)
    copied = replace(
        left,
        sends=(*left.sends, replace(send, number=10**9, at=send.at + 4)),
        replies=changed(left.replies, a_reply(left), attempts=2),
    )
    for shock, cause in (
        (Shock("kill", "", ("gateway-1",), send.at, send.at + 1), "the sender was killed"),
        (Shock("pause", "", ("gateway-2",), send.at, send.at + 1), "the sender was paused"),
        (Shock("kill", "", ("postgres",), send.at, send.at + 1), "the database was killed"),
        (Shock("cut", "deaf", ("gateway-1>simulator",), send.at, send.at + 1), "the answer was cut off"),
        (Shock("cut", "hang", ("gateway-1>postgres",), send.at, send.at + 1), "the record was cut off"),
    ):
        verdict = examine(replace(copied, shocks=(shock,)))
        assert verdict.findings == []
        assert [one.cause for one in verdict.extra_sends] == [cause]
    for shock in (
        Shock("kill", "", ("profile-1",), send.at, send.at + 1),
        Shock("cut", "hang", ("gateway-1>trips-1",), send.at, send.at + 1),
        Shock("kill", "", ("gateway-1",), send.at + 5, send.at + 6),  # after the second copy
        Shock("kill", "", ("gateway-1",), send.at - 20, send.at - 19),
    ):
        assert "without a cause" in str(examine(replace(copied, shocks=(shock,))).findings)
    verdict = examine(replace(copied, muffled=frozenset({send.message_id})))
    assert [one.cause for one in verdict.extra_sends] == ["the provider took it and did not say so"]


def test_a_note_to_somebody_who_waited_is_no_finding(clean: Clean) -> None:
    """Who is told once that it takes longer, and then answered, has lost nothing and got nothing twice."""
    assert examine(with_notes(clean.snapshot, a_message(clean.snapshot))).findings == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_row_is_lost_is_missed(clean: Clean, data: st.DataObject) -> None:
    """Of messages, events, replies, sends, trips and steps no single row can go without a finding."""
    left = clean.snapshot
    table = data.draw(st.sampled_from(["items", "replies", "sends", "trips", "changes"]))
    rows = rows_of(left, table)
    if table == "items":
        rows = tuple(item for item in rows if item.kind in {"message", "event"} and not _needless(item))
    if table == "changes":
        # A driver may say twice that they accept: the second time changes nothing.
        rows = tuple(one for one in rows if one.step in {"create", "advance", "drop", "retry"} and not one.refused)
    row = rows[data.draw(st.integers(0, len(rows) - 1))]
    assert examine(with_rows(left, table, without(rows_of(left, table), row))).findings, f"{table}: {row}"


def _needless(item: Item) -> bool:
    """Which a passenger may hear or not, as far as the checker can know."""
    return item.told is not None and item.told.kind in {
        events_pb2.EVENT_KIND_OFFERS_EXHAUSTED,
        events_pb2.EVENT_KIND_OFFER_CLOSED,
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_row_is_doubled_is_noticed(clean: Clean, data: st.DataObject) -> None:
    """Of messages, events, replies, sends and trips no row can be there twice without a finding."""
    left = clean.snapshot
    table = data.draw(st.sampled_from(["items", "replies", "sends", "trips"]))
    rows = rows_of(left, table)
    if table == "items":
        rows = tuple(item for item in rows if item.kind in {"message", "event"})
    row = rows[data.draw(st.integers(0, len(rows) - 1))]
    assert examine(with_rows(left, table, (*rows_of(left, table), row))).findings, f"{table}: {row}"


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("DELETE FROM gateway.inbox WHERE inbox_id = (SELECT max(inbox_id) FROM gateway.inbox WHERE kind = 'message')",
         "messages lost"),
        ("DELETE FROM gateway.outbox WHERE outbox_id = (SELECT max(outbox_id) FROM gateway.outbox)", "replies wrong"),
        ("UPDATE gateway.outbox SET delivery = 'sent' WHERE outbox_id = (SELECT max(outbox_id) FROM gateway.outbox)",
         "statuses lost"),
        ("UPDATE gateway.outbox SET address = 'wa:+250799999999' WHERE outbox_id = 5", "replies wrong"),
        ("INSERT INTO gateway.pending (conversation_id, seq, inbox_id, stored_on) VALUES (1, 999, 1, now())",
         "messages stuck"),
        ("UPDATE gateway.conversation SET pending = 1 WHERE conversation_id = 1", "messages stuck"),
        ("UPDATE gateway.lane SET queued = -1 WHERE conversation_id = 1", "replies stuck"),
        ("UPDATE trips.trip SET state = 3 WHERE trip_id = (SELECT min(trip_id) FROM trips.trip WHERE state = 6)",
         "trips stuck"),
        ("UPDATE trips.offer SET state = 3 WHERE offer_id = (SELECT min(offer_id) FROM trips.offer WHERE state = 2)",
         "trips wrong"),
        ("DELETE FROM trips.request WHERE request_id LIKE '%:advance'", "trips wrong"),
        ("INSERT INTO trips.event (recipient_id, kind, payload) VALUES (1, 1, '')", "events stuck"),
        ("INSERT INTO gateway.dead_letter (kind, reason) VALUES ('reply', 'test')", "replies lost"),
        ("UPDATE gateway.alias SET address = 'wa:+1' WHERE address = (SELECT min(address) FROM gateway.alias)",
         "messages wrong"),
    ],
)  # fmt: skip
async def test_a_fault_in_the_database_is_found(clean: Clean, sql: str, kind: str) -> None:
    """What is broken in the tables themselves is read and found, and gone when it is undone."""
    async with connected(clean.dsn) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(sql)
        broken = replace(clean.snapshot, **await reading.stored(connection))
        await transaction.rollback()
        assert broken != clean.snapshot
        assert any(str(one).startswith(kind) for one in examine(broken).findings)
        again = replace(clean.snapshot, **await reading.stored(connection))
    assert examine(again).findings == []
