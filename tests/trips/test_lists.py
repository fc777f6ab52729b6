"""Lists of trips through the front door: filters, pages, totals, and what is not served."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
import grpc
import pytest

from chassis import errors
from hailwire.trips.v1 import trips_pb2 as pb

FILL = """
    INSERT INTO trips.trip (trip_id, state, passenger_id, driver_id, vehicle, latitude, longitude, created_at,
                            updated_at, expires_at)
    SELECT n, 1 + n % 8, 1 + n % 3, CASE WHEN n % 2 = 0 THEN 10 + n % 3 END, 1 + n % 2, -1.5, 30.5,
           timestamptz '2026-01-01T00:00Z' + n / 2 * interval '1 hour', now(), now() + interval '1 day'
    FROM generate_series(1, 60) n;
"""


def model(**filters: Any) -> list[int]:
    """The ids that FILL makes, newest first; two and two were made at the same moment."""
    made = {
        n: {"state": 1 + n % 8, "passenger": 1 + n % 3, "driver": 10 + n % 3 if n % 2 == 0 else None,
            "vehicle": 1 + n % 2, "hour": n // 2}
        for n in range(1, 61)
    }  # fmt: skip
    kept = [n for n, trip in made.items() if all(trip[name] in wanted for name, wanted in filters.items())]
    return sorted(kept, key=lambda n: (made[n]["hour"], n), reverse=True)


@pytest.fixture
async def filled(fresh_database_url: str) -> None:
    """Sixty trips of three passengers, every second one with one of three drivers."""
    connection = await asyncpg.connect(fresh_database_url)
    # One open trip each is all that a person may have.
    await connection.execute("DROP INDEX trips.trip_open_of_passenger; DROP INDEX trips.trip_open_of_driver;" + FILL)
    await connection.close()


def _hours(request: pb.ListTripsRequest, since: int | None, before: int | None) -> pb.ListTripsRequest:
    for field, hour in ((request.created_from, since), (request.created_before, before)):
        if hour is not None:
            field.FromJsonString(f"2026-01-0{1 + hour // 24}T{hour % 24:02}:00:00Z")
    return request


LISTS = [
    ({"person_id": 1}, None, None, {"passenger": [1]}),
    ({"person_id": 10}, None, None, {"driver": [10]}),
    ({"person_id": 1, "role": 1}, None, None, {"passenger": [1]}),
    ({"person_id": 1, "role": 2}, None, None, {"driver": [1]}),
    ({"person_id": 11, "role": 2, "states": [3, 7, 3]}, None, None, {"driver": [11], "state": [3, 7]}),
    ({"person_id": 2, "states": [6]}, 5, 20, {"passenger": [2], "state": [6], "hour": range(5, 20)}),
    ({"person_id": 2, "role": 1}, 5, None, {"passenger": [2], "hour": range(5, 99)}),
    ({"everyone": True}, None, None, {}),
    ({"everyone": True}, None, 7, {"hour": range(7)}),
    ({"everyone": True, "vehicle": 1, "states": [7]}, None, None, {"vehicle": [1], "state": [7]}),
    ({"everyone": True, "vehicle": 2, "states": [8]}, 3, 29, {"vehicle": [2], "state": [8], "hour": range(3, 29)}),
]


@pytest.mark.parametrize(("asked", "since", "before", "expected"), LISTS)
async def test_filters_and_pages(
    replica: Any, filled: None, asked: dict[str, Any], since: int | None, before: int | None, expected: dict[str, Any]
) -> None:
    """Every list that is served, by token and by number, is what a model says, newest first, with its total."""
    ids, token = [], ""
    while True:
        request = _hours(pb.ListTripsRequest(page_size=7, page_token=token, with_total=True, **asked), since, before)
        page = await replica.trips.ListTrips(request)
        ids += [trip.trip_id for trip in page.trips]
        assert page.total_size == len(model(**expected))
        token = page.next_page_token
        if not token:
            break
    assert ids == model(**expected)
    request = _hours(pb.ListTripsRequest(page_size=4, page=2, **asked), since, before)
    page = await replica.trips.ListTrips(request)
    assert [trip.trip_id for trip in page.trips] == model(**expected)[4:8]
    assert not page.HasField("total_size")


async def _reason(replica: Any, request: pb.ListTripsRequest) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await replica.trips.ListTrips(request)
    assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    return _info(failure.value.trailing_metadata())


def _info(metadata: Any) -> str:
    from google.rpc import status_pb2

    (packed,) = (value for key, value in metadata if key == "grpc-status-details-bin")
    return errors.from_status(status_pb2.Status.FromString(packed)).reason


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({}, "PERSON_INVALID"),
        ({"person_id": -1}, "PERSON_INVALID"),
        ({"person_id": 1, "everyone": True}, "VALUE_INVALID"),
        ({"person_id": 1, "vehicle": 1}, "FILTERS_NOT_SERVED"),
        ({"everyone": True, "states": [6]}, "FILTERS_NOT_SERVED"),
        ({"everyone": True, "vehicle": 1, "states": [6, 7]}, "FILTERS_NOT_SERVED"),
        ({"everyone": True, "role": 1}, "FILTERS_NOT_SERVED"),
        ({"person_id": 1, "states": [0]}, "VALUE_INVALID"),
        ({"person_id": 1, "states": [99]}, "VALUE_INVALID"),
        ({"everyone": True, "vehicle": 77}, "VALUE_INVALID"),
        ({"person_id": 1, "role": 3}, "VALUE_INVALID"),
        ({"person_id": 1, "page": 0}, "PAGE_INVALID"),
        ({"person_id": 1, "page": -3}, "PAGE_INVALID"),
        ({"person_id": 1, "page": 300}, "PAGE_INVALID"),
        ({"person_id": 1, "page": 1, "page_token": "x"}, "PAGE_INVALID"),
        ({"person_id": 1, "page_size": -1}, "PAGE_SIZE_INVALID"),
        ({"person_id": 1, "page_token": "x"}, "PAGE_TOKEN_INVALID"),
    ],
)
async def test_what_is_refused(replica: Any, asked: dict[str, Any], reason: str) -> None:
    """A list that makes no sense, or that no index answers, is an INVALID_ARGUMENT with its reason."""
    assert await _reason(replica, pb.ListTripsRequest(**asked)) == reason


async def test_a_token_goes_with_its_filters(replica: Any, filled: None) -> None:
    """A page's token is refused with other filters; other sizes are fine, since they change nothing of the order."""
    first = await replica.trips.ListTrips(pb.ListTripsRequest(person_id=1, role=pb.TRIP_ROLE_PASSENGER, page_size=2))
    token = first.next_page_token
    second = await replica.trips.ListTrips(
        pb.ListTripsRequest(person_id=1, role=pb.TRIP_ROLE_PASSENGER, page_size=5, page_token=token)
    )
    assert [trip.trip_id for trip in second.trips] == model(passenger=[1])[2:7]
    others: Sequence[dict[str, Any]] = [{"person_id": 2, "role": 1}, {"person_id": 1}, {"everyone": True}]
    reasons = await asyncio.gather(
        *(_reason(replica, pb.ListTripsRequest(page_token=token, **other)) for other in others)
    )
    assert reasons == ["PAGE_TOKEN_INVALID"] * 3
