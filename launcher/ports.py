"""Ports of this machine: is one free, and which one can be had.

Free ones are taken from below the range that systems use for outgoing connections. Inside it, a client that keeps
dialling a server which is down can be given the server's own port as its source: it then talks to itself, and the
server cannot come back.
"""

import contextlib
import itertools
import random
import socket
import sys

_LOWEST, _HIGHEST = 10_000, 14_999

# What this process has promised to somebody who will listen there only moments later.
_reserved: list[socket.socket] = []


def is_free(port: int) -> bool:
    """Whether a server could listen there on 127.0.0.1 now; ports of stopped servers are free at once."""
    with contextlib.suppress(OSError), socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        return True
    return False


def choose(count: int) -> list[int]:
    """That many different ports that are free now and that no other process of this kind chooses while we live."""
    candidates = random.sample(range(_LOWEST, _HIGHEST + 1), 50 * count)
    found = list(itertools.islice(filter(_reserve, candidates), count))
    if len(found) < count:
        raise OSError(f"no {count} free ports between {_LOWEST} and {_HIGHEST}")
    return found


def _reserve(port: int) -> bool:
    """Take the port's name, which only one process can hold and which the kernel takes back when that one ends."""
    if sys.platform != "linux":
        return is_free(port)
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0hailwire-port-{port}")
    except OSError:
        name.close()
        return False
    if not is_free(port):
        name.close()
        return False
    _reserved.append(name)
    return True
