"""Activities on real servers, against the simulator."""
