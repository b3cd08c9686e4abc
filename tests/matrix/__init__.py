"""The same claims for every platform, against the simulator over HTTP: what a platform lacks stands in its row."""
