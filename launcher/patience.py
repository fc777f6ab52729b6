"""Tells whoever waits what they are waiting for, once it takes longer than one expects of a command."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator

PATIENCE_SECONDS = 2.0


@contextlib.contextmanager
def waiting_for(what: str, tell: Callable[[str], None] | None = None) -> Iterator[None]:
    """Say `waiting for ...` when the block takes longer than two seconds, and again later.

    `tell` is called in another thread; without it standard error hears it.
    """
    over = threading.Event()

    def keep_telling() -> None:
        pause = PATIENCE_SECONDS
        while not over.wait(pause):
            (tell or _on_standard_error)(f"waiting for {what}")
            pause *= 2

    teller = threading.Thread(target=keep_telling, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _on_standard_error(words: str) -> None:
    print(f"{words} ...", file=sys.stderr, flush=True)
