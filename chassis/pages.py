"""What batch and list RPCs have in common: how many items a call may hold and how a list is asked for."""

import datetime
from collections.abc import Sized
from typing import Any, TypeVar

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chassis import errors
from chassis.querying.query import DEFAULT_SIZE, MAX_SIZE, Page, Query
from chassis.querying.refusals import PageInvalid, PageSizeInvalid, ValueInvalid
from chassis.records import record

Response = TypeVar("Response", bound=Message)

MAX_BATCH = 1000

# Older and later than anything of ours: a bound that was not given.
BEGINNING = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
END = datetime.datetime(9000, 1, 1, tzinfo=datetime.UTC)


@record
class Paging:
    """Which page of a list, and whether the total is wanted."""

    size: int = DEFAULT_SIZE
    token: str = ""
    number: int | None = None
    with_total: bool = False

    def of(self, query: Query) -> Query:
        """That page of this list; raises PageInvalid."""
        if self.number is not None:
            if self.token:
                raise PageInvalid("a page is named by its token or by its number, not by both")
            query = query.paginate(self.number, self.size)
        else:
            query = query.limit(self.size).after(self.token)
        return query.with_count() if self.with_total else query


@record
class Created:
    """When something was made: from a moment on, and before another."""

    since: datetime.datetime = BEGINNING
    before: datetime.datetime = END


def check_batch(items: Sized) -> None:
    """Raise InvalidArgument for more than MAX_BATCH items."""
    if len(items) > MAX_BATCH:
        raise errors.InvalidArgument(f"at most {MAX_BATCH} items", reason="BATCH_TOO_LARGE")


def page_size(asked: int) -> int:
    """How many a page holds: 0 means the default, more than the maximum is cut (AIP-158). Negative is refused."""
    if asked < 0:
        raise PageSizeInvalid("page_size must not be negative")
    return min(asked or DEFAULT_SIZE, MAX_SIZE)


def paging(request: Any) -> Paging:
    """From a list request: page_size, page_token, page and with_total. Raises PageSizeInvalid."""
    return Paging(
        size=page_size(request.page_size),
        token=request.page_token,
        number=request.page if request.HasField("page") else None,
        with_total=request.with_total,
    )


def created(request: Any) -> Created | None:
    """From a list request: created_from and created_before, None when neither is given. Raises ValueInvalid."""
    bounded = [request.HasField(name) for name in ("created_from", "created_before")]
    if not any(bounded):
        return None
    return Created(
        since=_moment(request.created_from) if bounded[0] else BEGINNING,
        before=_moment(request.created_before) if bounded[1] else END,
    )


def answered(response: Response, page: Page) -> Response:
    """The response of a list with the next page's token and the total, if that was asked."""
    said = {"next_page_token": page.next_token} | ({} if page.total is None else {"total_size": page.total})
    response.MergeFrom(type(response)(**said))
    return response


def _moment(timestamp: Timestamp) -> datetime.datetime:
    try:
        return timestamp.ToDatetime(tzinfo=datetime.UTC)
    except (ValueError, OverflowError) as error:
        raise ValueInvalid("not a moment of this calendar") from error
