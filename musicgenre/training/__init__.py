"""Table -> model: configurations, folds, metrics, networks, export; the only room with TensorFlow."""
