"""What the batch methods that change something have in common: a result per item, the first one for repeats."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

from google.protobuf.message import Message

from chassis import changes, errors, ledger, pages

Item = TypeVar("Item")
Result = TypeVar("Result", bound=Message)
Outcomes = list[bytes | errors.HailwireError]


async def changed(
    items: Sequence[Any],
    translate: Callable[[Any], Item],
    actor: str,
    change: Callable[[Sequence[changes.Request[Item]]], Awaitable[Outcomes]],
    result: type[Result],
    unkept: Collection[str] = (),
) -> Iterable[Result]:
    """One result per item. An item without a usable request id is refused and not kept; all else the store keeps.

    `actor` is the field that names who acts; empty when the people are what the change is about. `unkept` are fields
    that leave no trace in the digest by which a repeat is known.
    """
    pages.check_batch(items)
    outcomes: list[bytes | errors.HailwireError | None] = []
    requests: list[changes.Request[Item]] = []
    for item in items:
        try:
            ledger.check_request_id(item.request_id)
            requests.append(changes.Request(item.request_id, _fingerprint(item, actor, unkept), translate(item)))
            outcomes.append(None)
        except errors.HailwireError as refusal:
            outcomes.append(refusal)
    changed = iter(await change(requests))
    return [_result(next(changed) if outcome is None else outcome, result) for outcome in outcomes]


def _fingerprint(item: Message, actor: str, unkept: Collection[str]) -> bytes:
    """What was asked, whoever asks: a repeat may name the person whom the first one was merged into."""
    asked = type(item)()
    asked.CopyFrom(item)
    for field in filter(None, (actor, *unkept)):
        asked.ClearField(field)
    return ledger.fingerprint(asked)


def _result(outcome: bytes | errors.HailwireError, result: type[Result]) -> Result:
    if isinstance(outcome, bytes):
        return result.FromString(outcome)
    return result(error=errors.to_status(outcome))
