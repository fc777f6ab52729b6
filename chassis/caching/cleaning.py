"""Lets go of entries that nobody asked for again: they would hold memory until somebody needs their place."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from chassis.periodic import repeating

# Well below every time to live that is worth remembering for, and rare enough to cost nothing.
_CLEANUP_SECONDS = 10.0


def cleaning_up(cleanup: Callable[[], int]) -> AbstractAsyncContextManager[None]:
    """Call `cleanup` now and then until the block ends."""

    async def work() -> int:
        cleanup()
        return 0  # there is nothing more to do at once, however much it was

    return repeating("cleanup of caches", _CLEANUP_SECONDS, work)
