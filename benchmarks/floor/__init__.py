"""The floor: one ASGI function that does for a webhook only what nobody can leave out."""
