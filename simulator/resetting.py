"""An HTTP server whose applications can cut the connection instead of answering."""

from starlette.types import Receive, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_KEY = "hailwire.transport"


class ResettableProtocol(HttpToolsProtocol):
    """uvicorn's own protocol, which tells the application by which connection a request came."""

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope[_KEY] = self.transport  # type: ignore[literal-required]


async def reset(scope: Scope, receive: Receive) -> None:
    """Cut the connection; the caller then returns without an answer."""
    scope[_KEY].abort()
    while (await receive())["type"] != "http.disconnect":
        pass
