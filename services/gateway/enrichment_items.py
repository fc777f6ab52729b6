"""The REST API of what was understood from a user's messages: what there is, yes or no to it, and letting it count.

The user of a token is the person who writes SMS from the number that the user has proved (phone_numbers.py); whoever
has proved none, or never wrote, has nothing here. Each request that changes something may name one item or several,
each of which has its own outcome.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis import errors
from chassis.instruments import Counter
from hailwire.profile.v1 import enrichments_pb2 as pb
from hailwire.profile.v1 import numbers_pb2
from services.gateway import enrichment_json as told
from services.gateway.clients.batching import again
from services.gateway.clients.enrichments import Enrichments
from services.gateway.clients.numbers import Numbers
from services.gateway.tokens import Tokens
from services.gateway.user_api import COMMON, Declined, UserApi, done

PATH = "/api/enrichment-items"

_DECISIONS = frozenset({"confirmed", "rejected"})
_MOST_AT_ONCE = 100
_MOST_ON_A_PAGE = 100

# Every refusal that has a code: status and what a developer reads.
_REFUSALS: dict[str, tuple[int, str]] = {
    **COMMON,
    "INVALID_STATUS": (400, "status must be pending, confirmed, rejected or applied; confirmed or rejected to decide"),
    "INVALID_SOURCE": (400, "source must be text or caption, together with a status"),
    "INVALID_PAGE": (400, "page_size must be 1 to 100, and page_token one that was given for this list"),
    "INVALID_IDS": (400, "ids must be a list of 1 to 100 ids of items"),
    "PERSON_NOT_FOUND": (404, "The user has proved no number from which somebody writes to us"),
    "ITEM_NOT_FOUND": (404, "The user has no such item"),
    "ITEM_NOT_CONFIRMED": (409, "Confirm the item first"),
    "ITEM_APPLIED": (409, "The item was applied before"),
    "NOTHING_TO_APPLY": (409, "The item would change nothing"),
    "TIME_IN_PAST": (409, "That time is over"),
    "TOO_MANY_KEPT": (409, "The user has as many of these as can be kept"),
    "PAYEE_UNKNOWN": (409, "No wallet of somebody else has that code"),
    "INTERNAL": (500, "Something went wrong on our side"),
}

# What the profile service refuses, in the words of this API.
_REASONS = {
    "OWNER_INVALID": "UNAUTHORIZED",
    "NUMBER_NOT_FOUND": "PERSON_NOT_FOUND",
    "FILTERS_NOT_SERVED": "INVALID_SOURCE",
    "PAGE_TOKEN_INVALID": "INVALID_PAGE",
    "PLACES_TOO_MANY": "TOO_MANY_KEPT",
    "NOTES_TOO_MANY": "TOO_MANY_KEPT",
    "TRANSFER_TO_SELF": "PAYEE_UNKNOWN",
    **{
        reason: reason
        for reason in (
            *("PERSON_NOT_FOUND", "ITEM_NOT_FOUND", "ITEM_NOT_CONFIRMED", "ITEM_APPLIED"),
            *("NOTHING_TO_APPLY", "TIME_IN_PAST", "PAYEE_UNKNOWN", "INTERNAL"),
        )
    },
}

Change = Callable[[int], Awaitable[pb.ItemChange]]


class EnrichmentItems:
    """The routes and what they need."""

    def __init__(self, *, tokens: Tokens, numbers: Numbers, enrichments: Enrichments, answers: Counter) -> None:
        self._api = UserApi(tokens, answers, refusals=_REFUSALS, reasons=_REASONS)
        self._numbers = numbers
        self._enrichments = enrichments

    def routes(self) -> list[Route]:
        """For the application that serves them."""
        answering = self._api.answering
        return [
            Route(PATH, answering("list", self._list), methods=["GET"]),
            Route(PATH, answering("decide", self._decide_several), methods=["PATCH"]),
            Route(f"{PATH}/apply", answering("apply", self._apply_several), methods=["POST"]),
            Route(f"{PATH}/{{item_id}}", answering("decide", self._decide), methods=["PATCH"]),
            Route(f"{PATH}/{{item_id}}/apply", answering("apply", self._apply), methods=["POST"]),
        ]

    async def _list(self, request: Request, user: str) -> Response:
        asked = request.query_params
        wanted = pb.ListItemsRequest(
            status=_known(told.STATUSES, asked.get("status", ""), "INVALID_STATUS"),
            source=_known(told.SOURCES, asked.get("source", ""), "INVALID_SOURCE"),
            page_size=_page_size(asked.get("page_size", "")),
            page_token=asked.get("page_token", ""),
        )
        wanted.person_id = await self._person(user)
        page = await again(lambda: self._enrichments.page(wanted))
        items = [told.item(one) for one in page.items]
        return done(200, {"items": items, "next_page_token": page.next_page_token})

    async def _decide(self, request: Request, user: str) -> Response:
        status = _decision(await self._api.fields(request))
        item_id = _item_id(request)
        return done(200, told.change(await self._deciding(await self._person(user), status)(item_id)))

    async def _decide_several(self, request: Request, user: str) -> Response:
        fields = await self._api.fields(request)
        status, ids = _decision(fields), _ids(fields)
        return await self._several(ids, self._deciding(await self._person(user), status))

    async def _apply(self, request: Request, user: str) -> Response:
        item_id = _item_id(request)
        return done(200, told.change(await self._applying(await self._person(user))(item_id)))

    async def _apply_several(self, request: Request, user: str) -> Response:
        ids = _ids(await self._api.fields(request))
        return await self._several(ids, self._applying(await self._person(user)))

    async def _person(self, user: str) -> int:
        found = await self._numbers.person(numbers_pb2.GetPersonRequest(owner=numbers_pb2.Owner(user=user)))
        return found.person_id

    def _deciding(self, person_id: int, status: pb.ItemStatus.ValueType) -> Change:
        def change(item_id: int) -> Awaitable[pb.ItemChange]:
            request = pb.DecideItemRequest(
                request_id=uuid.uuid4().hex, person_id=person_id, item_id=item_id, status=status
            )
            return again(lambda: self._enrichments.decide(request))

        return change

    def _applying(self, person_id: int) -> Change:
        def change(item_id: int) -> Awaitable[pb.ItemChange]:
            request = pb.ApplyItemRequest(request_id=uuid.uuid4().hex, person_id=person_id, item_id=item_id)
            return again(lambda: self._enrichments.apply(request))

        return change

    async def _several(self, ids: Sequence[int], change: Change) -> Response:
        """Each by itself, all in one call to the service; what is refused for one says nothing of the others."""
        results = await asyncio.gather(*map(change, ids), return_exceptions=True)
        items: list[dict[str, Any]] = []
        for item_id, result in zip(ids, results, strict=True):
            if isinstance(result, pb.ItemChange):
                items.append(told.change(result))
            elif isinstance(result, errors.HailwireError):
                items.append({"id": item_id, **self._api.refusal_of_one(result)})
            else:
                raise result
        return done(200, {"items": items})


def _known(words: Mapping[str, Any], word: str, refused: str) -> Any:
    """The value of a word; that of none is 0. Raises Declined."""
    if word and word not in words:
        raise Declined(refused)
    return words.get(word, 0)


def _decision(fields: Mapping[str, Any]) -> pb.ItemStatus.ValueType:
    status = fields.get("status")
    if not isinstance(status, str) or status not in _DECISIONS:
        raise Declined("INVALID_STATUS")
    return told.STATUSES[status]


def _ids(fields: Mapping[str, Any]) -> list[int]:
    """Each once, in this order; raises Declined."""
    given = fields.get("ids")
    if not isinstance(given, list) or not 1 <= len(given) <= _MOST_AT_ONCE:
        raise Declined("INVALID_IDS")
    # True is an int of Python and no id.
    if not all(type(one) is int and 0 < one < 2**63 for one in given):
        raise Declined("INVALID_IDS")
    return list(dict.fromkeys(given))


def _item_id(request: Request) -> int:
    """Of the path; what cannot be one is nobody's."""
    text = str(request.path_params["item_id"])
    if not (text.isascii() and text.isdecimal() and len(text) <= 18 and int(text)):
        raise Declined("ITEM_NOT_FOUND")
    return int(text)


def _page_size(text: str) -> int:
    if not text:
        return _MOST_ON_A_PAGE
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= _MOST_ON_A_PAGE):
        raise Declined("INVALID_PAGE")
    return int(text)
