"""Recording -> prediction."""
