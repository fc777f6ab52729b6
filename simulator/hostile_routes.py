"""The doors through which the misbehaviour is commanded: planned by count, or by a seeded profile."""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator import misbehaviour
from simulator.addresses import canonical
from simulator.clock import rfc3339
from simulator.faults import Faults, Plan
from simulator.json_doors import asked_object, refused
from simulator.letters import Letter
from simulator.misbehaviour import Misbehaviour
from simulator.mischief import Mischief

_PLAN = {"provider", "kind", "count", "to", "retry_after", "of"}
_MOST_LISTED = 5000


def fault_routes(faults: Faults) -> list[BaseRoute]:
    """`POST /faults` plans, `GET /faults` shows what is left, `DELETE /faults` forgets, `GET /faults/kinds` lists."""

    async def plan(request: Request) -> Response:
        asked = await asked_object(request)
        to = canonical(str(asked["to"])) if asked is not None and asked.get("to") else None
        if asked is None or asked.get("provider") not in {"whatsapp", "twilio"} or (asked.get("to") and to is None):
            return refused(
                "provider (whatsapp or twilio), kind, and optionally count, to, of and parameters are needed"
            )
        count, retry_after = asked.get("count", 1), asked.get("retry_after")
        if not _is_whole(count) or not (retry_after is None or _is_whole(retry_after)):
            return refused("count and retry_after must be whole numbers")
        if asked.get("of") not in {None, "messages", "statuses", "any"}:
            return refused("of must be messages, statuses or any")
        values = {name: value for name, value in asked.items() if name not in _PLAN}
        try:
            faults.plan(
                Plan(asked["provider"], str(asked.get("kind", "")), count, to, retry_after, values, asked.get("of"))
            )
        except ValueError as error:
            return refused(str(error))
        return Response(status_code=204)

    async def show(request: Request) -> Response:
        del request
        outages = [
            {"provider": provider, "kind": "outage", "left": 1, "parameters": {"seconds": seconds}}
            for provider, seconds in faults.outages().items()
        ]
        return JSONResponse([*(plan.rendered() for plan in faults.plans), *outages])

    async def forget(request: Request) -> Response:
        del request
        faults.forget()
        return Response(status_code=204)

    async def kinds(request: Request) -> Response:
        del request
        return JSONResponse(Mischief.kinds())

    return [
        Route("/faults", plan, methods=["POST"]),
        Route("/faults", show, methods=["GET"]),
        Route("/faults", forget, methods=["DELETE"]),
        Route("/faults/kinds", kinds, methods=["GET"]),
    ]


def misbehaviour_routes(mischief: Mischief, record: Callable[[Misbehaviour], None]) -> list[BaseRoute]:
    """`GET`, `PUT` and `DELETE /misbehaviour`; `GET /misbehaviour/deeds?after=&limit=` tells each misdeed."""

    async def show(request: Request) -> Response:
        del request
        return JSONResponse(mischief.rendered())

    async def put(request: Request) -> Response:
        asked = await asked_object(request)
        if asked is None:
            return refused("a JSON object is needed")
        try:
            mischief.profile = misbehaviour.read(asked, mischief.profile.seed)
        except ValueError as error:
            return refused(str(error))
        record(mischief.profile)
        return JSONResponse(mischief.rendered())

    async def forget(request: Request) -> Response:
        del request
        mischief.profile = Misbehaviour(mischief.profile.seed)
        record(mischief.profile)
        return Response(status_code=204)

    async def deeds(request: Request) -> Response:
        try:
            after = int(request.query_params.get("after", "0"))
            limit = min(int(request.query_params.get("limit", "1000")), _MOST_LISTED)
        except ValueError:
            return refused("after and limit must be whole numbers")
        found = [deed for deed in mischief.deeds if deed.number > after]
        return JSONResponse([deed.rendered() for deed in found[: max(limit, 0)]])

    return [
        Route("/misbehaviour", show, methods=["GET"]),
        Route("/misbehaviour", put, methods=["PUT"]),
        Route("/misbehaviour", forget, methods=["DELETE"]),
        Route("/misbehaviour/deeds", deeds, methods=["GET"]),
    ]


def written_routes(messages: Sequence[Letter] | deque[Letter]) -> list[BaseRoute]:
    """`GET /phones/written?after=&limit=`: what phones wrote and what became of each, by running number."""

    async def written(request: Request) -> Response:
        try:
            after = int(request.query_params.get("after", "0"))
            limit = min(int(request.query_params.get("limit", "1000")), _MOST_LISTED)
        except ValueError:
            return refused("after and limit must be whole numbers")
        found = (letter for letter in messages if letter.number > after)
        return JSONResponse([_written(letter) for letter in islice(found, max(limit, 0))])

    return [Route("/phones/written", written, methods=["GET"])]


def _written(letter: Letter) -> dict[str, Any]:
    return {
        "number": letter.number,
        "provider": letter.provider,
        "from": letter.phone,
        "id": letter.subject,
        "at": rfc3339(letter.at),
        "state": letter.way,
        "taken_at": None if letter.taken_at is None else rfc3339(letter.taken_at),
        "attempts": letter.attempts,
    }


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
