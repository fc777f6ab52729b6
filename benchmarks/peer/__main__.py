"""Serves the peer: `python -m benchmarks.peer PORT PROCESSES`."""

import sys

import uvicorn

if __name__ == "__main__":
    port, processes = (int(text) for text in sys.argv[1:3])
    uvicorn.run(
        "benchmarks.peer.app:app",
        host="127.0.0.1",
        port=port,
        workers=processes,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        date_header=False,
        log_level="warning",
    )
