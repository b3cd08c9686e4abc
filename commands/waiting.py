"""How long somebody who keeps a connection waits after it failed."""

from structlog.stdlib import BoundLogger

from adapters.errors import Again, NotPermitted, OutsideError

_FIRST_SECONDS = 1.0
_LONGEST_SECONDS = 30.0


class Waiting:
    """Seconds until the next try: 1 doubling to 30, at once the longest where a person has to mend something."""

    def __init__(self, log: BoundLogger, event: str) -> None:
        self._log = log
        self._event = event
        self._delay = 0.0

    def end(self) -> None:
        """It works again."""
        self._delay = 0.0

    def after(self, error: Exception) -> float:
        """How long to wait after this error; never shorter than it asks for."""
        self._delay = min(max(_FIRST_SECONDS, self._delay * 2), _LONGEST_SECONDS)
        if isinstance(error, NotPermitted):
            self._delay = _LONGEST_SECONDS
        asked = error.after.total_seconds() if isinstance(error, Again) and error.after else 0.0
        wait = max(self._delay, asked)
        problem = str(error) if isinstance(error, OutsideError) else type(error).__name__
        self._log.warning(self._event, problem=problem, seconds=wait)
        return wait
