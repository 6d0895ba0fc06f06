"""A helpdesk without limits that holds as many tickets as are asked for.

Run as `python -m tests.bench.desk`.
"""

import argparse
import sys

from tests.bench.virtual import chance
from tools.freshdesk.sandbox import loader
from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.clock import RealClock
from tools.freshdesk.sandbox.serve import run

ASKED = "<p>Hello, how do I return an item, and how long do I have?</p>"


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.desk", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--tickets", type=int, required=True, help="numbered from 1")
    parser.add_argument("--customers", type=int, default=1000)
    asked = parser.parse_args(arguments)
    tickets = [
        {
            "id": number,
            "subject": "A question",
            "description": ASKED,
            "from": f"kim{number % asked.customers}@example.com",
            "age": "1h",
        }
        for number in range(1, asked.tickets + 1)
    ]
    desk = loader.load({"tickets": tickets}, clock=RealClock(), rng=chance(1))
    run(create_app(desk, api_key=asked.key, plan="none"), "127.0.0.1", asked.port)


if __name__ == "__main__":
    main(sys.argv[1:])
