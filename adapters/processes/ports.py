"""TCP ports of this machine: which are free, and which to take."""

import errno
import secrets
import socket

LOOPBACK = "127.0.0.1"
# Below the ports that Linux (32768) and macOS (49152) lend to outgoing connections: a client that calls a port
# of that range while its server restarts can be lent the very port, and so keep the server from coming back.
_PORTS_TO_CHOOSE = range(20000, 32000)


def is_taken(port: int) -> bool:
    """Whether something listens on `port` of the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port with nothing but connections that are running out counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise
    return False


def free_port() -> int:
    """A port that is free now and that no outgoing connection is lent."""
    while True:
        port = secrets.choice(_PORTS_TO_CHOOSE)
        if not is_taken(port):
            return port
