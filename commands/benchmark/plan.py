"""How much is measured: rates, lengths and counts of one run."""

from dataclasses import dataclass, replace

ACKS_FOR_A_TURN = 2.5
"""The front door is measured at 50 webhooks a second where turns are at 20."""


@dataclass(frozen=True)
class Plan:
    """One run; rates are per second, and each side gets the same."""

    seed: int = 1
    rate: float = 20.0
    seconds: float = 20.0
    rounds: int = 3
    ack_seconds: float = 20.0
    saturation_seconds: float = 10.0
    in_flight: int = 32
    conversations: int = 100
    warm_up: int = 40
    history_conversations: int = 10
    history_turns: int = 5
    cached: int = 400
    cold_conversations: int = 10
    cold_events: int = 1000
    visitors: int = 40

    @property
    def ack_rate(self) -> float:
        """Webhooks a second while the bot is stopped."""
        return self.rate * ACKS_FOR_A_TURN

    def quick(self) -> "Plan":
        """The same in about a minute: enough to see that all of it works, too little to rely on."""
        return replace(
            self,
            seconds=min(self.seconds, 5.0),
            rounds=1,
            ack_seconds=min(self.seconds, 5.0),
            saturation_seconds=min(self.seconds, 4.0),
            in_flight=16,
            conversations=30,
            warm_up=10,
            history_conversations=3,
            history_turns=2,
            cached=40,
            cold_conversations=2,
            cold_events=200,
            visitors=5,
        )
