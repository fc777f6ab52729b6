"""What makes two deliveries of an item one item."""

from hashlib import blake2b

from services.gateway.messages import Provider


def item_key(provider: Provider, sort: str, identity: str | bytes, state: str = "") -> bytes:
    """16 bytes over the provider, the sort of item, its id and, where one id comes in several states, the state.

    `identity` is the provider's id as text, or the canonical bytes of an item that has none. Context that depends on
    the batch (the contacts beside a message) is no part of it.
    """
    by_content = isinstance(identity, bytes)
    head = f"{provider}|{sort}|{'content' if by_content else 'id'}|{len(state)}|{state}|"
    tail = identity if isinstance(identity, bytes) else identity.encode("utf-8", "surrogatepass")
    return blake2b(head.encode("utf-8", "surrogatepass") + tail, digest_size=16).digest()
