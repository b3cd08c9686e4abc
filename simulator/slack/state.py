"""Everything that the stand-in knows, in one place, so that a reset is a new one."""

from simulator.shelf import Kept
from simulator.simulation import Simulation
from simulator.slack.apps import Apps
from simulator.slack.channels import Channels
from simulator.slack.courier import Courier
from simulator.slack.files import File, Files
from simulator.slack.limits import Limits
from simulator.slack.responses import Responses


class State:
    """Apps, channels, files, limits, and the courier that calls the apps."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.apps = Apps()
        self.channels = Channels()
        self.files = Files()
        self.courier = Courier(simulation)
        self.limits = Limits()
        self.responses = Responses()
        self.names: dict[str, str] = {}

    def shelve(self, file: File) -> None:
        """Let whoever looks at messages have a file's bytes."""
        if file.content is not None:
            self.simulation.shelf.keep(f"slack-{file.id}", Kept(file.name, file.mime_type, file.content))
