"""What is on record of a turn's prompt, where there is more to say of it than that it was all there was."""

from pydantic import Field

from domain.models import Frozen


class PromptUsed(Frozen):
    """The prompt of the workspace that stood in place of the bot's instructions."""

    name: str
    version: int


class Told(Frozen):
    """What the model was told in a turn."""

    generation: int = 1
    prompt: PromptUsed | None = None
    trimmed: bool = Field(False, description="Older messages did not fit, or long ones were cut.")
    messages: int = Field(0, description="How many messages it saw.")
    estimated_tokens: int = 0
    summary: bool = Field(False, description="A summary stood for older messages.")
    facts: int = Field(0, description="How many facts of the contact it was told.")

    @property
    def is_ordinary(self) -> bool:
        """Whether there is nothing to say of it."""
        return not (self.trimmed or self.prompt or self.summary or self.facts)
