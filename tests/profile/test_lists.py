"""Lists of people through the front door: by language, by when they first wrote, page by page."""

import datetime
from typing import Any

import asyncpg
import grpc
import pytest

from hailwire.profile.v1 import profile_pb2 as pb
from services.profile.person import Identity, IdentityKind
from services.profile.rows import PeopleRows
from tests.profile.seals import SEALER

FILL = """
    INSERT INTO profile.person (person_id, language, merged_into, created_at, updated_at)
    SELECT 10000 + n, (ARRAY['', 'en', 'fr'])[1 + n % 3], CASE WHEN n % 10 = 0 THEN 10000 + n - 1 END,
           timestamptz '2001-01-01T00:00Z' + (100 - n) / 2 * interval '1 hour', now()
    FROM generate_series(1, 50) n;
"""
YEAR = {"created_from": 0, "created_before": 24 * 365}


def model(language: str | None = None) -> list[int]:
    """The people of FILL in the order in which they first wrote; the greater the id, the earlier."""
    kept = [n for n in range(1, 51) if n % 10 and (language is None or ["", "en", "fr"][n % 3] == language)]
    return [10000 + n for n in sorted(kept, key=lambda n: ((100 - n) // 2, n))]


@pytest.fixture(scope="module")
def filled(database_url: str) -> None:
    """Fifty people of long ago, five of them merged into others."""
    from tests.conftest import run_apart

    async def fill() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute(FILL)
        known = (Identity(IdentityKind.WHATSAPP_NUMBER, "+15550001"), Identity(IdentityKind.WHATSAPP_USER, "US.1"))
        await connection.executemany(
            "INSERT INTO profile.identity (kind, value_hash, value_sealed, person_id) VALUES ($1, $2, $3, 10001)",
            list(zip(*PeopleRows(SEALER).contents(known), strict=True)),
        )
        await connection.close()

    run_apart(fill())


def _request(**asked: Any) -> pb.ListPeopleRequest:
    request = pb.ListPeopleRequest(**{name: value for name, value in asked.items() if name not in YEAR})
    for name in YEAR.keys() & asked.keys():
        moment = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(hours=asked[name])
        getattr(request, name).FromDatetime(moment)
    return request


@pytest.mark.parametrize("language", [None, "", "en", "fr"])
async def test_by_language_and_time(profile: Any, filled: None, language: str | None) -> None:
    """People of a language who first wrote within a time, by token, with their total; nobody who was merged."""
    asked = {**YEAR, **({} if language is None else {"language": language})}
    ids, token = [], ""
    while True:
        page = await profile.ListPeople(_request(page_size=4, page_token=token, with_total=True, **asked))
        ids += [person.person_id for person in page.people]
        assert page.total_size == len(model(language))
        token = page.next_page_token
        if not token:
            break
    assert ids == model(language)
    third = await profile.ListPeople(_request(page_size=4, page=3, **asked))
    assert [person.person_id for person in third.people] == model(language)[8:12]


async def test_bounds_are_from_and_before(profile: Any, filled: None) -> None:
    """The first moment belongs to the list, the last one does not."""
    page = await profile.ListPeople(_request(created_from=25, created_before=26))
    assert [person.person_id for person in page.people] == [10049]
    (person,) = page.people
    assert person.create_time.ToJsonString() == "2001-01-02T01:00:00Z"


async def test_a_language_alone(profile: Any, filled: None) -> None:
    """Without a time everybody of the language comes, whole: identities and merged people with them."""
    page = await profile.ListPeople(_request(language="en", page_size=1000))
    by_id = {person.person_id: person for person in page.people}
    assert [one for one in by_id if 10000 < one <= 10050] == model("en")
    everybody = await profile.ListPeople(_request(page_size=1000))
    assert [identity.value for identity in by_id[10001].identities] == ["+15550001", "US.1"]
    merged = {person.person_id: list(person.merged_person_ids) for person in everybody.people}
    assert merged[10009] == [10010]


@pytest.mark.parametrize(
    "asked",
    [
        {"page": 0},
        {"page": -1},
        {"page": 2, "page_token": "x"},
        {"page_size": -1},
        {"language": "e\0n"},
        {"language": "'; DROP TABLE profile.person; --", "page_token": "x"},
    ],
)
async def test_what_is_refused(profile: Any, asked: dict[str, Any]) -> None:
    """A list that makes no sense is an INVALID_ARGUMENT."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await profile.ListPeople(_request(**asked))
    assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT
