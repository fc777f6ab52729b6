"""Tells whoever waits what they are waiting for, once it takes longer than one expects of a command."""

import contextlib
import sys
import threading
from collections.abc import Iterator

PATIENCE_SECONDS = 2.0


@contextlib.contextmanager
def waiting_for(what: str) -> Iterator[None]:
    """Say `waiting for ...` on standard error when the block takes longer than two seconds, and again later."""
    over = threading.Event()

    def tell() -> None:
        pause = PATIENCE_SECONDS
        while not over.wait(pause):
            print(f"waiting for {what} ...", file=sys.stderr, flush=True)
            pause *= 2

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()
