"""aiocache as far as we need it: without redis-py, which it imports wherever that is installed.

That import takes a third of the processor time of a cold start, and a service without REDIS_URL has no use for it.
"""

import sys

_lacking = "redis" not in sys.modules
if _lacking:
    sys.modules["redis"] = None  # type: ignore[assignment] # to Python this means: there is no such module
try:
    from aiocache.base import BaseCache
    from aiocache.serializers import NullSerializer
finally:
    if _lacking:
        del sys.modules["redis"]

__all__ = ["BaseCache", "NullSerializer"]
