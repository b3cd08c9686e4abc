"""Errors as the user reads them: one sentence that says what is wrong, and what to do about it."""

import traceback

from adapters.faults import CommandFailed
from adapters.vault import KeyMissing
from settings import environment


def ended(error: Exception) -> tuple[str, int]:
    """What is said of an error that ends a command, and the exit code; with LOG_LEVEL=DEBUG, where it came from too."""
    if environment().get("LOG_LEVEL", "").upper() == "DEBUG":
        traceback.print_exception(error)
    known = told(error)
    if known is not None:
        return str(known).strip(), known.code
    remedy = "Run it again with LOG_LEVEL=DEBUG to see where it came from, and report it."
    return f"Something went wrong that nobody foresaw ({type(error).__name__}). {remedy}", 1


def told(error: Exception) -> CommandFailed | None:
    """The error in words; None for one that nobody foresaw."""
    if isinstance(error, CommandFailed):
        return error
    if isinstance(error, KeyMissing):
        return CommandFailed(_sentence(str(error)), "Correct SECRET_KEY.", code=2)
    return _of_database(error) or _of_temporal(error) or _of_machine(error)


def _of_database(error: Exception) -> CommandFailed | None:
    import psycopg
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as PoolExhausted

    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        return CommandFailed(
            "The database has not the schema of this version.", "Bring it up to date with: chat-orchestrator migrate."
        )
    if isinstance(cause, psycopg.errors.InsufficientPrivilege):
        sentence = f"The user of DATABASE_URL may not do that: {_sentence(str(cause))}"
        return CommandFailed(sentence, "Use the database's owner, or grant it the right.")
    if isinstance(cause, psycopg.OperationalError | PoolExhausted):
        return CommandFailed(
            f"The database cannot be used: {_sentence(str(cause))}",
            "Check DATABASE_URL, and that PostgreSQL runs and accepts this user.",
        )
    return None


def _of_temporal(error: Exception) -> CommandFailed | None:
    from temporalio.service import RPCError, RPCStatusCode

    remedy = "Check TEMPORAL_ADDRESS and the other TEMPORAL_… variables, and that the server runs."
    if isinstance(error, RPCError):
        away = error.status in (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
        what = "Temporal does not answer" if away else f"Temporal refused ({error.status.name.lower()})"
        return CommandFailed(f"{what}: {_sentence(error.message)}", remedy)
    if isinstance(error, RuntimeError) and str(error).startswith("Failed client connect"):
        # The SDK has no type of its own for a connection that cannot be made.
        return CommandFailed(f"Temporal does not answer{_address()}.", remedy)
    return None


def _of_machine(error: Exception) -> CommandFailed | None:
    if not isinstance(error, OSError) or error.filename is None:
        return None
    sentence = f"{str(error.filename)!r} cannot be used: {error.strerror or type(error).__name__}."
    return CommandFailed(sentence, "Check that it exists and that this user may use it.")


def _address() -> str:
    from commands.config import read

    address = read().temporal_address
    return f" at {address}" if address else ""


def _sentence(text: str) -> str:
    first = (text.strip().splitlines() or ["no reason given"])[0].strip().rstrip(".")
    return f"{first}."
