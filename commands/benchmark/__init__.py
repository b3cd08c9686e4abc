"""The parts of the benchmark: a bare workflow as the floor, the product beside it, the load on both, the figures."""
