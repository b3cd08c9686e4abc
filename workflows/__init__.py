"""Workflows remember: order and waiting, and nothing else."""
