"""`python -m simulator`: the simulator by itself."""

import argparse
import sys
from pathlib import Path

import uvloop

from simulator.server import serve
from simulator.setup import SetUpMissing, read_setup
from simulator.simulation import Settings, Simulation


def main() -> int:
    """Serve until stopped; 2 where the port cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--webhook-retry-scale", type=float, default=1.0, help="0.001 to 1: shortens waits")
    parser.add_argument("--setup", type=Path, help="a JSON list of {path, body}: what is posted to it at its start")
    given = parser.parse_args()

    async def run() -> None:
        simulation = Simulation(Settings(webhook_retry_scale=given.webhook_retry_scale))
        await serve(given.host, given.port, simulation, read_setup(given.setup) if given.setup else ())

    try:
        uvloop.run(run())
    except SetUpMissing as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"cannot listen on {given.host}:{given.port}: {error.strerror}; choose another --port", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
