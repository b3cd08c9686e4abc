"""The client's own runtime: what it says where it cannot be."""

import socket

import pytest

from adapters.faults import CommandFailed
from adapters.temporal.client import metered
from settings import Settings


def test_a_port_for_metrics_that_is_taken_is_named_with_the_remedy(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        given = settings.model_copy(update={"metrics_host": "127.0.0.1", "metrics_port": port})
        with pytest.raises(CommandFailed, match=rf"127.0.0.1:{port}.* Choose another METRICS_PORT"):
            metered(given)
