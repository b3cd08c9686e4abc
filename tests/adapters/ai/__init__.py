"""Model providers, over HTTP against the simulator."""
