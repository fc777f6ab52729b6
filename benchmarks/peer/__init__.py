"""The peer that Hailwire is measured against: what a good team would write first, with the same promises.

FastAPI, uvicorn, uvloop and asyncpg with prepared statements; a pool of ten; one transaction for each webhook, which is
answered after its commit. It shares Hailwire's signature check, parser, handlers, words and tables, so that what
differs is how the work is organised: one statement after the other here, batches there.
"""
