"""Everything that the stand-in knows, in one place, so that a reset is a new one."""

from simulator.simulation import Simulation
from simulator.telegram.bots import Bots
from simulator.telegram.chats import Chats
from simulator.telegram.courier import Couriers, Execute
from simulator.telegram.files import Files
from simulator.telegram.limits import Limits


class State:
    """Bots, chats, files, limits and the couriers that post; `require_https` refuses webhooks on plain http."""

    def __init__(self, simulation: Simulation, execute: Execute) -> None:
        self.simulation = simulation
        self.bots = Bots()
        self.chats = Chats()
        self.files = Files(simulation.shelf)
        self.limits = Limits()
        self.couriers = Couriers(simulation, execute)
        self.require_https = False
