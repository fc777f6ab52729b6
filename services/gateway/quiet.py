"""The quiet routes (rest.py) for whoever asks first: their framework is imported then, or by the warmup before."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chassis.later import in_a_thread

if TYPE_CHECKING:
    from services.gateway.user_api import Routed

Probe = Callable[[], Awaitable[None]]

# Those whose answer is the same for everybody and never changes while the process runs.
UNCHANGING = ("/openapi.json", "/docs")


class QuietRoutes:
    """An ASGI app; `required` and `informative` as in rest.py, `user_apis` imports and makes what serves those."""

    def __init__(
        self,
        *,
        required: Mapping[str, Probe],
        informative: Mapping[str, Probe],
        user_apis: "Callable[[], Sequence[Routed]]",
    ) -> None:
        self._required = required
        self._informative = informative
        self._user_apis = user_apis
        self._app: Any = None

    async def load(self) -> None:
        """Make the routes now instead of at the first request."""
        self._app = self._app or await in_a_thread(self._make)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Called by the server for each request."""
        if self._app is None:
            await self.load()
        await self._app(scope, receive, send)

    def _make(self) -> Any:
        from services.gateway import rest

        return rest.application(required=self._required, informative=self._informative, user_apis=self._user_apis())
