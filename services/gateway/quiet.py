"""The quiet routes (rest.py) for whoever asks first: their framework is imported then, or by the warmup before."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from chassis.later import in_a_thread

if TYPE_CHECKING:
    from services.gateway.phone_numbers import PhoneNumbers

Probe = Callable[[], Awaitable[None]]

# Those whose answer is the same for everybody and never changes while the process runs.
UNCHANGING = ("/openapi.json", "/docs")


class QuietRoutes:
    """An ASGI app; `required` and `informative` as in rest.py, `phone_numbers` imports and makes what serves those."""

    def __init__(
        self,
        *,
        required: Mapping[str, Probe],
        informative: Mapping[str, Probe],
        phone_numbers: "Callable[[], PhoneNumbers]",
    ) -> None:
        self._required = required
        self._informative = informative
        self._phone_numbers = phone_numbers
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

        return rest.application(
            required=self._required, informative=self._informative, phone_numbers=self._phone_numbers()
        )
