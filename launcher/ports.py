"""Ports of this machine: is one free, and which one can be had.

Free ones are taken from below the range that systems use for outgoing connections. Inside it, a client that keeps
dialling a server which is down can be given the server's own port as its source: it then talks to itself, and the
server cannot come back.
"""

import contextlib
import itertools
import random
import socket

# From here to there; tests share the range out among their workers.
LOWEST = 15_000
HIGHEST = 31_999


def is_free(port: int) -> bool:
    """Whether a server could listen there on 127.0.0.1 now; ports of stopped servers are free at once."""
    with contextlib.suppress(OSError), socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        return True
    return False


def choose(count: int) -> list[int]:
    """That many different ports that are free now."""
    candidates = random.sample(range(LOWEST, HIGHEST + 1), 50 * count)
    found = list(itertools.islice(filter(is_free, candidates), count))
    if len(found) < count:
        raise OSError(f"no {count} free ports between {LOWEST} and {HIGHEST}")
    return found
