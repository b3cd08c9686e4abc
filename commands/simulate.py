"""`chat-orchestrator simulate`: the simulator as a process of its own."""

from adapters.faults import PortTaken
from simulator.server import serve


async def simulate(port: int) -> int:
    """Serves until stopped; raises `PortTaken`."""
    try:
        await serve(port=port)
    except OSError as error:
        sentence = f"Port {port} cannot be listened on: {error.strerror or error}."
        raise PortTaken(sentence, "Choose another with --port, or 0 for a free one.") from error
    return 0
