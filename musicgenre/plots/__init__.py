"""Data -> Figure; figures are returned, not shown."""
