"""Who speaks through the REST API: a JSON Web Token that we can check, whose `sub` is the user.

The algorithm is the configuration's, never the token's: HS256 with JWT_SECRET, or RS256 and ES256 with the keys of
JWT_JWKS_URL. Why a token is refused is in no answer.
"""

from typing import TYPE_CHECKING, Any

import jwt

from chassis import errors
from chassis.settings import Secret
from services.gateway.signing_keys import ALGORITHMS

if TYPE_CHECKING:
    from services.gateway.signing_keys import SigningKeys

# Clocks of two machines.
_LEEWAY_SECONDS = 10
_MOST_CHARACTERS = 8192
_MOST_SUB = 255


class TokenRefused(errors.Unauthenticated):
    """No token, or none of which we can say whose it is."""

    reason = "TOKEN_REFUSED"


class Tokens:
    """Checks bearer tokens."""

    def __init__(self, *, secret: Secret, keys: "SigningKeys | None", issuer: str | None, audience: str | None) -> None:
        """With `keys` the secret is not looked at. An issuer or audience that is set must be named by the token."""
        self._secret = secret
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    async def user(self, authorization: str) -> str:
        """The user whom an Authorization header speaks for; raises TokenRefused, or KeysUnavailable."""
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(token) > _MOST_CHARACTERS:
            raise TokenRefused
        try:
            claims = await self._claims(token)
        except jwt.PyJWTError:
            raise TokenRefused from None
        user = claims["sub"]
        if not isinstance(user, str) or not user or len(user) > _MOST_SUB or not user.isprintable():
            raise TokenRefused
        return user

    async def _claims(self, token: str) -> dict[str, Any]:
        key: Any = self._secret.reveal()
        algorithms = ["HS256"]
        if self._keys is not None:
            header = jwt.get_unverified_header(token)
            key_id = header.get("kid")
            key = await self._keys.key(key_id) if isinstance(key_id, str) else None
            if key is None or header.get("alg") not in ALGORITHMS:
                raise TokenRefused
            # The key says how it signs; a token that says otherwise is refused below.
            algorithms = [key.algorithm_name]
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            issuer=self._issuer,
            audience=self._audience,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "sub"]},
        )
        return claims
